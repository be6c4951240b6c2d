import {translate} from '@docusaurus/Translate';
import {type ReactNode, useEffect, useState} from 'react';
import {useFeature} from '../Footnote/feature';
import type {SearchDialogProps} from './SearchDialog';
import './searchBar.css';

const fetchDialog = () => import('./SearchDialog');

/** The button in the navbar that opens the search box. Nothing is fetched before the reader shows intent. */
export default function SearchBar(): ReactNode {
  const {Component: Dialog, call, close, button} = useFeature<SearchDialogProps>(fetchDialog, 'k');
  // The server cannot know.
  const [key, setKey] = useState('Ctrl');
  useEffect(() => {
    if (/^(Mac|iP)/.test(navigator.platform)) setKey('⌘');
  }, []);

  return (
    <>
      <button {...button} className="navbar__search-input footnote-search" aria-keyshortcuts="Control+K Meta+K">
        <span>{translate({id: 'footnote.search', message: 'Search'})}</span>
        <kbd aria-hidden>{key} K</kbd>
      </button>
      {call && Dialog && <Dialog onClose={close} />}
    </>
  );
}

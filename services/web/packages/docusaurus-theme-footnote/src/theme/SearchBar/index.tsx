import {translate} from '@docusaurus/Translate';
import {type ReactNode, useCallback, useEffect, useState} from 'react';
import {useHotkey, useLazy} from '../Footnote/lazy';
import type {SearchDialogProps} from './SearchDialog';
import './searchBar.css';

const fetchDialog = () => import('./SearchDialog');

/** The button in the navbar that opens the search box. Nothing is fetched before the reader shows intent. */
export default function SearchBar(): ReactNode {
  const {Component: Dialog, load} = useLazy<SearchDialogProps>(fetchDialog);
  const [open, setOpen] = useState(false);
  const show = useCallback(() => {
    load();
    setOpen(true);
  }, [load]);
  const close = useCallback(() => setOpen(false), []);
  useHotkey('k', show);
  // The server cannot know.
  const [key, setKey] = useState('Ctrl');
  useEffect(() => {
    if (/^(Mac|iP)/.test(navigator.platform)) setKey('⌘');
  }, []);

  return (
    <>
      <button
        type="button"
        className="navbar__search-input footnote-search"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        onPointerEnter={load}
        onFocus={load}
        onClick={show}>
        <span>{translate({id: 'footnote.search', message: 'Search'})}</span>
        <kbd aria-hidden>{key} K</kbd>
      </button>
      {open && Dialog && <Dialog onClose={close} />}
    </>
  );
}

import {translate} from '@docusaurus/Translate';
import {type ReactNode, useEffect} from 'react';
import type {AssistantProps} from './Assistant';
import {ASK_EVENT, OPEN_KEY, useFeature} from './feature';
import './launcher.css';

const fetchAssistant = () => import('./Assistant');

/**
 * The assistant's launcher, on every page. Nothing else is loaded before the reader shows intent;
 * a panel that was open before a reload counts as intent.
 */
export default function Footnote(): ReactNode {
  const {Component: Assistant, failed, call, open, close, button} = useFeature<AssistantProps>(fetchAssistant, 'i');

  useEffect(() => {
    if (wasOpen()) open({byReader: false});
    const onAsk = ({detail}: CustomEventInit<string>) => open({byReader: true, ...(detail && {question: detail})});
    document.addEventListener(ASK_EVENT, onAsk);
    return () => document.removeEventListener(ASK_EVENT, onAsk);
  }, []);

  return (
    <aside className="footnote-launcher" aria-label={translate({id: 'footnote.region', message: 'Assistant'})} hidden={call !== null && Assistant !== null}>
      <button {...button} aria-expanded={call !== null} aria-busy={call !== null && Assistant === null} aria-keyshortcuts="Control+I Meta+I">
        {failed
          ? translate({id: 'footnote.launcher.failed', message: 'Could not load, try again'})
          : translate({id: 'footnote.launcher', message: 'Ask'})}
        <sup aria-hidden>1</sup>
      </button>
      {Assistant && <Assistant call={call} onClose={close} />}
    </aside>
  );
}

function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(OPEN_KEY) !== null;
  } catch {
    return false; // The reader's browser forbids storage.
  }
}

import {translate} from '@docusaurus/Translate';
import {type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState} from 'react';
import type {AssistantProps} from './Assistant';
import {ASK_EVENT, useHotkey, useLazy} from './lazy';
import './launcher.css';

const OPEN_KEY = 'footnote.open';

const fetchAssistant = () => import('./Assistant');

/**
 * The assistant's launcher, on every page. Nothing else is loaded before the reader shows intent;
 * a panel that was open before a reload counts as intent.
 */
export default function Footnote(): ReactNode {
  const {Component: Assistant, failed, load} = useLazy<AssistantProps>(fetchAssistant);
  const [open, setOpen] = useState(false);
  const [takeFocus, setTakeFocus] = useState(false);
  const [question, setQuestion] = useState<AssistantProps['question']>(null);
  const launcher = useRef<HTMLButtonElement>(null);
  const returnFocus = useRef(false);

  const show = useCallback((byReader: boolean) => {
    setTakeFocus(byReader);
    setOpen(true);
    rememberOpen(true);
    load();
  }, [load]);

  const close = useCallback((focusLauncher: boolean) => {
    returnFocus.current = focusLauncher;
    setOpen(false);
    rememberOpen(false);
  }, []);

  useEffect(() => {
    if (wasOpen()) show(false);
    function onAsk({detail}: CustomEventInit<string>) {
      if (detail) setQuestion({text: detail});
      show(true);
    }
    document.addEventListener(ASK_EVENT, onAsk);
    return () => document.removeEventListener(ASK_EVENT, onAsk);
  }, [show]);

  useEffect(() => {
    if (failed) setOpen(false);
  }, [failed]);

  useHotkey('i', useCallback(() => (open ? close(true) : show(true)), [open, show, close]));

  useLayoutEffect(() => {
    // Only now is the launcher visible again and able to take the focus.
    if (!open && returnFocus.current) {
      returnFocus.current = false;
      launcher.current?.focus();
    }
  }, [open]);

  return (
    <aside className="footnote-launcher" aria-label={translate({id: 'footnote.region', message: 'Assistant'})} hidden={open && Assistant !== null}>
      <button
        ref={launcher}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-busy={open && Assistant === null}
        aria-keyshortcuts="Control+I Meta+I"
        onPointerEnter={load}
        onFocus={load}
        onClick={() => show(true)}>
        <svg aria-hidden="true" viewBox="0 0 24 24">
          <path d="M4 8h9M4 13h8M4 18h15M17 6l2.5-2v8" />
        </svg>
        {failed
          ? translate({id: 'footnote.launcher.failed', message: 'Could not load, try again'})
          : translate({id: 'footnote.launcher', message: 'Ask'})}
      </button>
      {Assistant && <Assistant open={open} takeFocus={takeFocus} question={question} onClose={close} />}
    </aside>
  );
}

function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(OPEN_KEY) === '1';
  } catch {
    return false; // The reader's browser forbids storage.
  }
}

function rememberOpen(value: boolean): void {
  try {
    if (value) sessionStorage.setItem(OPEN_KEY, '1');
    else sessionStorage.removeItem(OPEN_KEY);
  } catch {
    // The reader's browser forbids storage: the panel is then closed after a reload.
  }
}

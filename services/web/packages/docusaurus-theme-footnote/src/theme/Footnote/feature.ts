import {type ComponentType, useEffect, useState} from 'react';

/** A reader's wish to see a feature; a new object each time. */
export interface Call {
  /** False when the panel was open before a reload: the reader's keys then belong to the page. */
  byReader: boolean;
  /** Asked in a new conversation. */
  question?: string;
}

/** A part of ours whose code is fetched when the reader shows intent, and the properties of the button that opens it. */
export interface Feature<P> {
  /** Null until its code has arrived. */
  Component: ComponentType<P> | null;
  /** Its code could not be fetched; the next call tries again. */
  failed: boolean;
  /** Null while it is closed. */
  call: Call | null;
  open(call: Call): void;
  close(): void;
  button: {type: 'button'; 'aria-haspopup': 'dialog'; onPointerEnter(): void; onFocus(): void; onClick(): void};
}

/** Opens a feature by its button, and opens and closes it by Ctrl or Cmd with a letter. `fetchCode` must be a constant. */
export function useFeature<P>(fetchCode: () => Promise<{default: ComponentType<P>}>, letter: string): Feature<P> {
  const [Component, setComponent] = useState<ComponentType<P> | null>(null);
  const [failed, setFailed] = useState(false);
  const [call, setCall] = useState<Call | null>(null);
  const close = () => setCall(null);

  function load(): void {
    fetchCode().then(
      (module) => {
        setComponent(() => module.default);
        setFailed(false);
      },
      (error: unknown) => {
        console.error(error);
        setFailed(true);
        close();
      },
    );
  }

  function open(next: Call): void {
    setCall(next);
    load();
  }

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== letter) return;
      event.preventDefault();
      load();
      setCall((current) => (current ? null : {byReader: true}));
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);

  const button = {type: 'button', 'aria-haspopup': 'dialog', onPointerEnter: load, onFocus: load, onClick: () => open({byReader: true})} as const;
  return {Component, failed, call, open, close, button};
}

/** Name of the document's event that asks a question (its `detail`) in a new conversation. */
export const ASK_EVENT = 'footnote:ask';

/** Name in the tab's storage that tells, before the panel's code is there, that the panel was open. */
export const OPEN_KEY = 'footnote.open';

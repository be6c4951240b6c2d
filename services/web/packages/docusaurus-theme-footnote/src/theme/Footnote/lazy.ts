import {type ComponentType, useCallback, useLayoutEffect, useState} from 'react';

/** A component whose code is fetched when the reader shows intent, and what became of fetching it. */
export interface Lazy<P> {
  Component: ComponentType<P> | null;
  failed: boolean;
  load(): void;
}

/** Fetches a component's code on `load`. `fetchCode` must be a constant of the module. */
export function useLazy<P>(fetchCode: () => Promise<{default: ComponentType<P>}>): Lazy<P> {
  const [Component, setComponent] = useState<ComponentType<P> | null>(null);
  const [failed, setFailed] = useState(false);
  const load = useCallback(() => {
    fetchCode().then(
      (module) => {
        setComponent(() => module.default);
        setFailed(false);
      },
      (error: unknown) => {
        console.error(error);
        setFailed(true);
      },
    );
  }, [fetchCode]);
  return {Component, failed, load};
}

/** Answers Ctrl or Cmd with a letter, everywhere on the page, by what the reader sees at that moment. */
export function useHotkey(letter: string, onPress: () => void): void {
  useLayoutEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === letter) {
        event.preventDefault();
        onPress();
      }
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [letter, onPress]);
}

/** Name of the document's event that asks a question (its `detail`) in a new conversation. */
export const ASK_EVENT = 'footnote:ask';

import {useCallback, useEffect, useState} from 'react';

/** A longer selection is no passage to ask about but half a page; the API bounds a question, too. */
const MAX_LENGTH = 2000;

/** The words that the reader has selected in the page's text, until they are dropped. */
export function useSelectedText(active: boolean): [text: string, drop: () => void] {
  const [text, setText] = useState('');
  const drop = useCallback(() => setText(''), []);
  useEffect(() => {
    if (!active) return undefined;
    function read() {
      const selection = document.getSelection();
      const main = document.querySelector('main');
      // Typing a question moves the selection into its field: what was selected before still counts.
      if (!selection?.anchorNode || !main?.contains(selection.anchorNode)) return;
      setText(selection.toString().trim().slice(0, MAX_LENGTH));
    }
    read();
    document.addEventListener('selectionchange', read);
    return () => document.removeEventListener('selectionchange', read);
  }, [active]);
  return [text, drop];
}

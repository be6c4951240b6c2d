import {useState} from 'react';

const COPIED_MS = 1600;

/** Copies text and tells so for a moment. The function is null where the browser offers no clipboard: on a page without TLS. */
export function useCopy(): [copied: boolean, copy: ((text: string) => void) | null] {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return [false, null];
  return [
    copied,
    async (text) => {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_MS);
    },
  ];
}

import {useSyncExternalStore} from 'react';

export type ColorMode = 'light' | 'dark';

/**
 * The site's colour mode, read from `<html data-theme>`.
 * The theme's own hook is not usable above the layout, where the assistant is mounted.
 */
export function useColorMode(): ColorMode {
  return useSyncExternalStore(subscribe, read, () => 'light');
}

function read(): ColorMode {
  return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light';
}

function subscribe(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, {attributeFilter: ['data-theme']});
  return () => observer.disconnect();
}

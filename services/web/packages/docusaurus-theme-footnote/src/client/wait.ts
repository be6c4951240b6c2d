/** Calls back after a time; returns what cancels it. */
export type Wait = (seconds: number, done: () => void) => () => void;

/** Waits on the browser's clock. The end of being offline ends every wait. */
export const waitInBrowser: Wait = (seconds, done) => {
  const timer = setTimeout(finish, seconds * 1000);
  function cancel() {
    clearTimeout(timer);
    window.removeEventListener('online', finish);
  }
  function finish() {
    cancel();
    done();
  }
  window.addEventListener('online', finish);
  return cancel;
};

/** A browser has begun to store the file by then. */
const GRACE_MS = 10_000;

/** Gives a text file to the reader's browser, which stores it among the downloads. */
export function saveFile(name: string, text: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GRACE_MS);
}

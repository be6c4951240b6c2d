/** Small values that live as long as the browser tab, so that they survive a reload. */
export interface TabStorage {
  read(key: string): string | null;
  write(key: string, value: string | null): void;
}

/** Opens the tab's storage; where the reader's browser forbids it, values live as long as the page. */
export function openTabStorage(prefix: string): TabStorage {
  const storage = accessStorage();
  if (!storage) {
    const values = new Map<string, string>();
    return {
      read: (key) => values.get(key) ?? null,
      write: (key, value) => (value === null ? values.delete(key) : values.set(key, value)),
    };
  }
  return {
    read: (key) => storage.getItem(prefix + key),
    write: (key, value) => (value === null ? storage.removeItem(prefix + key) : storage.setItem(prefix + key, value)),
  };
}

function accessStorage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

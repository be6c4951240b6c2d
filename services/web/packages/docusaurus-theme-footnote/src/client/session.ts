import {parseAnswer, readApiError} from './errors';

/** Where the client secret lives between requests. */
export interface SecretStore {
  read(): string | null;
  write(secret: string): void;
}

export type GetClientSecret = (existing: string | null) => Promise<string>;

/**
 * Makes the function that asks the API for a client secret.
 * Passing the previous secret, even an expired one, keeps the reader's conversations theirs.
 */
export function makeGetClientSecret(apiUrl: string, fetcher: typeof fetch = (...args) => fetch(...args)): GetClientSecret {
  return async (existing) => {
    const response = await fetcher(`${apiUrl}/api/chatkit/session`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({existing}),
      credentials: 'omit',
    });
    if (!response.ok) throw await readApiError(response);
    return parseAnswer<{client_secret: string}>(await response.text(), response.status).client_secret;
  };
}

/**
 * Wraps `fetch` so that every request carries the client secret.
 *
 * The first request obtains one; concurrent requests share that call. A 401 renews it once and sends
 * the request again, which is safe because the API refuses before it does anything. A second 401 is returned.
 */
export function withClientSecret(
  getClientSecret: GetClientSecret,
  store: SecretStore = memoryStore(),
  fetcher: typeof fetch = (...args) => fetch(...args),
): typeof fetch {
  let pending: Promise<string> | null = null;

  function obtain(existing: string | null): Promise<string> {
    pending ??= getClientSecret(existing)
      .then((secret) => {
        store.write(secret);
        return secret;
      })
      .finally(() => {
        pending = null;
      });
    return pending;
  }

  function send(input: RequestInfo | URL, init: RequestInit | undefined, secret: string): Promise<Response> {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${secret}`);
    return fetcher(input, {...init, headers, credentials: 'omit'});
  }

  return async (input, init) => {
    const used = store.read() ?? (await obtain(null));
    const response = await send(input, init, used);
    if (response.status !== 401) return response;
    const current = store.read();
    return send(input, init, current !== null && current !== used ? current : await obtain(used));
  };
}

/** Forgets the secret with the page. */
export function memoryStore(): SecretStore {
  let secret: string | null = null;
  return {
    read: () => secret,
    write: (value) => {
      secret = value;
    },
  };
}

import {type ApiError, parseAnswer, readApiError, unreachable} from './errors';

/** Where the client secret lives between requests. */
export interface SecretStore {
  read(): string | null;
  write(secret: string): void;
}

export type GetClientSecret = (existing: string | null) => Promise<string>;

interface Proof {
  challenge: string;
  nonce: string;
}

/**
 * Makes the function that asks the API for a client secret, and does the work that an API under attack asks for.
 * Passing the previous secret, even an expired one, keeps the reader's conversations theirs.
 */
export function makeGetClientSecret(apiUrl: string, fetcher: typeof fetch = (...args) => fetch(...args)): GetClientSecret {
  function request(existing: string | null, proof?: Proof): Promise<Response> {
    return fetcher(`${apiUrl}/api/chatkit/session`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({existing, proof}),
      credentials: 'omit',
    });
  }

  return async (existing) => {
    let response = await request(existing);
    if (response.status === 401) response = await request(existing, await prove(await readApiError(response)));
    if (!response.ok) throw await readApiError(response);
    return parseAnswer<{client_secret: string}>(await response.text(), response.status).client_secret;
  };
}

/** Solves the challenge of a refusal. Throws the refusal if that is none of ours, or takes too long. */
async function prove(refusal: ApiError): Promise<Proof> {
  const {challenge, bits, algorithm} = (refusal.details ?? {}) as Record<string, unknown>;
  if (typeof challenge !== 'string' || typeof bits !== 'number' || algorithm !== 'SHA-256') throw refusal;
  // Its code is not there when a new version of the site was published meanwhile.
  const {solveProof} = await import('./proofOfWork').catch(() => Promise.reject(unreachable()));
  const nonce = await solveProof(challenge, bits);
  if (nonce === null) throw refusal;
  return {challenge, nonce};
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
    const used = store.read() ?? (await unlessStopped(obtain(null), init?.signal));
    const response = await send(input, init, used);
    if (response.status !== 401) return response;
    const current = store.read();
    return send(input, init, current !== null && current !== used ? current : await unlessStopped(obtain(used), init?.signal));
  };
}

/** Waits for work that others may wait for, too: whoever stops only stops waiting. */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
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

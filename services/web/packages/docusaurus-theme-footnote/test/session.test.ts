import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {describe, it} from 'node:test';
import {ApiError} from '../src/client/errors';
import {makeGetClientSecret, memoryStore, withClientSecret} from '../src/client/session';

const URL = 'https://api.example.com/api/chatkit';

/** An API that accepts one secret at a time and counts the sessions it opened. */
function fakeApi() {
  const api = {
    valid: 'none',
    sessions: [] as (string | null)[],
    bearers: [] as (string | null)[],
    fetch: (async (_input: unknown, init?: RequestInit) => {
      const bearer = new Headers(init?.headers).get('authorization');
      api.bearers.push(bearer);
      return new Response(null, {status: bearer === `Bearer ${api.valid}` ? 200 : 401});
    }) as typeof fetch,
    getSecret: async (existing: string | null) => {
      api.sessions.push(existing);
      await new Promise((resolve) => setTimeout(resolve, 5));
      api.valid = `secret-${api.sessions.length}`;
      return api.valid;
    },
  };
  return api;
}

describe('fetch with a client secret', () => {
  it('opens one session for requests that start together', async () => {
    const api = fakeApi();
    const send = withClientSecret(api.getSecret, memoryStore(), api.fetch);
    const responses = await Promise.all([send(URL), send(URL), send(URL)]);
    assert.deepEqual(responses.map((response) => response.status), [200, 200, 200]);
    assert.deepEqual(api.sessions, [null]);
  });

  it('renews an expired secret once, for all requests that met it', async () => {
    const api = fakeApi();
    const store = memoryStore();
    store.write('expired');
    const send = withClientSecret(api.getSecret, store, api.fetch);
    const responses = await Promise.all([send(URL), send(URL)]);
    assert.deepEqual(responses.map((response) => response.status), [200, 200]);
    assert.deepEqual(api.sessions, ['expired'], 'the old secret is shown, so that its owner stays the same');
    assert.equal(store.read(), 'secret-1');
  });

  it('gives the second 401 to the caller', async () => {
    const api = fakeApi();
    const send = withClientSecret(async () => 'never valid', memoryStore(), api.fetch);
    assert.equal((await send(URL)).status, 401);
    assert.equal(api.bearers.length, 2);
  });

  it('asks again after a session that could not be opened', async () => {
    const api = fakeApi();
    let attempts = 0;
    const send = withClientSecret(async (existing) => {
      attempts += 1;
      if (attempts === 1) throw new TypeError('Failed to fetch');
      return api.getSecret(existing);
    }, memoryStore(), api.fetch);
    await assert.rejects(send(URL), TypeError);
    assert.equal((await send(URL)).status, 200);
  });

  it('keeps the headers and the body of the request and sends no cookies', async () => {
    let seen: RequestInit | undefined;
    const send = withClientSecret(async () => 's', memoryStore(), async (_input, init) => {
      seen = init;
      return new Response();
    });
    await send(URL, {method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'});
    assert.equal(new Headers(seen?.headers).get('content-type'), 'application/json');
    assert.equal(seen?.body, '{}');
    assert.equal(seen?.credentials, 'omit');
  });
});

describe('a reader who stops', () => {
  it('waits no longer for a session, which others go on waiting for', async () => {
    let open = (_secret: string) => {};
    const send = withClientSecret(() => new Promise((resolve) => (open = resolve)), memoryStore(), async () => new Response());
    const stopping = new AbortController();
    const stopped = send(URL, {signal: stopping.signal});
    const waiting = send(URL);
    stopping.abort();
    await assert.rejects(stopped, {name: 'AbortError'});
    open('secret');
    assert.equal((await waiting).status, 200);
  });
});

const asks = (details: unknown) => Response.json({code: 'proof_required', message: 'Prove it.', details}, {status: 401});

/** An API under attack, which checks what it is sent; returns the bodies of the requests. */
function askingForProof(details: unknown) {
  const bodies: {existing: string | null; proof?: {challenge: string; nonce: string}}[] = [];
  const fetcher = (async (_input: unknown, init?: RequestInit) => {
    bodies.push(JSON.parse(init?.body as string));
    const proof = bodies.at(-1)?.proof;
    if (!proof) return asks(details);
    const [first] = createHash('sha256').update(`${proof.challenge}:${proof.nonce}`).digest();
    return first === 0 ? Response.json({client_secret: 'new', expires_at: '2026-01-01T00:00:00Z'}) : asks(details);
  }) as typeof fetch;
  return {bodies, getSecret: makeGetClientSecret('', fetcher)};
}

describe('the session request to an API under attack', () => {
  it('is sent again with the proof of work that is asked for', async () => {
    const {bodies, getSecret} = askingForProof({challenge: 'p1.x', bits: 8, algorithm: 'SHA-256'});
    assert.equal(await getSecret('old'), 'new');
    assert.equal(bodies.length, 2);
    assert.equal(bodies[1]?.existing, 'old');
    assert.equal(bodies[1]?.proof?.challenge, 'p1.x');
  });

  it('reports a proof that is not accepted', async () => {
    const {bodies, getSecret} = askingForProof({challenge: 'p1.x', bits: 0, algorithm: 'SHA-256'});
    await assert.rejects(getSecret(null), {name: 'ApiError', code: 'proof_required', status: 401});
    assert.equal(bodies.length, 2);
  });

  for (const details of [null, 'p1.x', {challenge: 'p1.x', bits: 8, algorithm: 'SHA-3'}, {challenge: 7, bits: 8, algorithm: 'SHA-256'}]) {
    it(`reports a challenge of a kind it does not know: ${JSON.stringify(details)}`, async () => {
      const {bodies, getSecret} = askingForProof(details);
      await assert.rejects(getSecret(null), {name: 'ApiError', code: 'proof_required'});
      assert.equal(bodies.length, 1);
    });
  }
});

describe('the session request', () => {
  it('sends the existing secret and reads the new one', async () => {
    let body: unknown;
    const getSecret = makeGetClientSecret('https://api.example.com', async (input, init) => {
      assert.equal(input, 'https://api.example.com/api/chatkit/session');
      body = JSON.parse(init?.body as string);
      return Response.json({client_secret: 'new', expires_at: '2026-01-01T00:00:00Z'});
    });
    assert.equal(await getSecret('old'), 'new');
    assert.deepEqual(body, {existing: 'old'});
  });

  it('reports a refusal in the words of the API', async () => {
    const getSecret = makeGetClientSecret('', async () =>
      Response.json({code: 'rate_limited', message: 'Too many questions.', details: null}, {status: 429}),
    );
    await assert.rejects(getSecret(null), new ApiError('rate_limited', 'Too many questions.', 429));
  });

  it('reports a proxy that answers with a page', async () => {
    const getSecret = makeGetClientSecret('', async () => new Response('<h1>Bad gateway</h1>', {status: 502}));
    await assert.rejects(getSecret(null), new ApiError('unreachable', 'The assistant cannot be reached at the moment.', 0));
  });
});

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {CHATKIT_SCRIPT, ChatKitUnavailable, ProofOfLife, chooseDrawing, loadChatKit} from '../src/client/chatkitLoader';

const publicHost = {ui: 'auto' as const, domainKey: undefined, hostname: 'docs.example.com', verdict: null};

describe('who draws', () => {
  for (const [name, situation, drawing] of [
    ['own panel where it is set', {...publicHost, ui: 'local', domainKey: 'k', hostname: 'localhost', verdict: 'alive'}, 'local'],
    ['own panel on a public host without a key', publicHost, 'local'],
    ['a try on a public host with a key', {...publicHost, domainKey: 'k'}, 'trying'],
    ['a try on localhost', {...publicHost, hostname: 'localhost'}, 'trying'],
    ['ChatKit after it proved alive', {...publicHost, domainKey: 'k', verdict: 'alive'}, 'chatkit'],
    ['own panel after it proved dead', {...publicHost, ui: 'chatkit', domainKey: 'k', verdict: 'dead'}, 'local'],
    ['ChatKit where it is set', {...publicHost, ui: 'chatkit', domainKey: 'k'}, 'chatkit'],
    ['own panel where ChatKit is set but cannot work', {...publicHost, ui: 'chatkit'}, 'local'],
  ] as const) {
    it(name, () => assert.equal(chooseDrawing(situation), drawing));
  }
});

/** A page whose element registry and script are in the test's hands. */
function fakePage({defined = false} = {}) {
  const scripts: {src?: string; onerror?: () => void; removed?: boolean; remove(): void}[] = [];
  let define = () => {};
  const whenDefined = new Promise<void>((resolve) => (define = resolve));
  const page = {
    defaultView: {customElements: {get: () => (defined ? class {} : undefined), whenDefined: () => whenDefined}},
    createElement: () => ({
      remove() {
        Object.assign(this, {removed: true});
      },
    }),
    head: {append: (script: (typeof scripts)[number]) => scripts.push(script)},
  };
  return {page: page as unknown as Document, scripts, define};
}

describe('loading ChatKit', () => {
  it('adds OpenAI’s script and waits for the element', async () => {
    const {page, scripts, define} = fakePage();
    const loading = loadChatKit(page);
    assert.equal(scripts[0]?.src, CHATKIT_SCRIPT);
    define();
    await loading;
  });

  it('asks for nothing where the element exists', async () => {
    const {page, scripts} = fakePage({defined: true});
    await loadChatKit(page);
    assert.deepEqual(scripts, []);
  });

  it('gives up a blocked script at once', async () => {
    const {page, scripts} = fakePage();
    const loading = loadChatKit(page);
    scripts[0]?.onerror?.();
    await assert.rejects(loading, ChatKitUnavailable);
    assert.equal(scripts[0]?.removed, true);
  });

  it('gives up a script that loads but defines nothing', async () => {
    await assert.rejects(loadChatKit(fakePage().page, 0.01), ChatKitUnavailable);
  });
});

describe('the proof of life', () => {
  it('needs the ready event and a sign from inside the frame, in any order', () => {
    for (const order of [['markReady', 'markAlive'], ['markAlive', 'markReady']] as const) {
      let proved = 0;
      const proof = new ProofOfLife(() => (proved += 1));
      proof[order[0]]();
      assert.equal(proved, 0);
      proof[order[1]]();
      assert.equal(proved, 1);
    }
  });
});

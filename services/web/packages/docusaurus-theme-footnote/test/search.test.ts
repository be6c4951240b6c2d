import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {Searcher, groupHits, splitAtWords} from '../src/client/search';

const hit = (url: string, title = 'Page') => ({url, title, heading: 'Heading', excerpt: 'Text'});
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A searcher with a clock that the test moves by `pass`, and a server that the test answers for. */
function setUp() {
  const waits = new Map<() => void, number>();
  const requests: {url: URL; signal: AbortSignal; answer(response: Response | Error): Promise<unknown>}[] = [];
  const searcher = new Searcher(
    'https://api.example',
    (seconds, done) => {
      waits.set(done, seconds);
      return () => waits.delete(done);
    },
    (input, init) =>
      new Promise((resolve, reject) => {
        const signal = init?.signal as AbortSignal;
        signal.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
        requests.push({
          url: new URL(String(input)),
          signal,
          answer: (response) => {
            if (response instanceof Response) resolve(response);
            else reject(response);
            return tick();
          },
        });
      }),
  );
  const pass = () => {
    const due = [...waits];
    waits.clear();
    for (const [done] of due) done();
    return due.map(([, seconds]) => seconds);
  };
  return {searcher, requests, pass, found: () => searcher.snapshot().groups.flatMap(({hits}) => hits.map(({url}) => url))};
}

describe('the searcher', () => {
  it('asks once for words that are typed without a pause', async () => {
    const {searcher, requests, pass, found} = setUp();
    for (const text of ['d', 'do', 'doc', ' docs ']) searcher.type(text, {version: '2.0', locale: 'fr'});
    assert.equal(requests.length, 0);
    pass();
    assert.equal(requests.length, 1);
    assert.equal(requests[0]?.url.href, 'https://api.example/api/search?q=docs&limit=10&version=2.0&locale=fr');
    await requests[0]?.answer(Response.json({hits: [hit('/a')]}));
    assert.deepEqual(found(), ['/a']);
    assert.equal(searcher.snapshot().query, 'docs');
  });

  it('gives up a search that is out of date and never shows its result', async () => {
    const {searcher, requests, pass, found} = setUp();
    searcher.type('a', {});
    pass();
    searcher.type('ab', {});
    assert.equal(requests[0]?.signal.aborted, true);
    pass();
    await requests[1]?.answer(Response.json({hits: [hit('/new')]}));
    await requests[0]?.answer(Response.json({hits: [hit('/old')]}));
    assert.deepEqual(found(), ['/new']);
  });

  it('asks nothing twice, but again for another version', async () => {
    const {searcher, requests, pass, found} = setUp();
    searcher.type('a', {});
    pass();
    await requests[0]?.answer(Response.json({hits: [hit('/a')]}));
    searcher.type('', {});
    assert.deepEqual(found(), []);
    searcher.type(' a', {});
    assert.deepEqual(found(), ['/a']);
    assert.deepEqual(pass(), []);
    searcher.type('a', {version: '1.0'});
    pass();
    assert.equal(requests.length, 2);
  });

  it('tells a failure and recovers by itself, when the API says', async () => {
    const {searcher, requests, pass, found} = setUp();
    searcher.type('a', {});
    pass();
    const limited = Response.json({code: 'rate_limited', message: 'Wait.', details: null}, {status: 429, headers: {'retry-after': '7'}});
    await requests[0]?.answer(limited);
    assert.deepEqual(searcher.snapshot().failure, {code: 'rate_limited', message: 'Wait.'});
    assert.deepEqual(pass(), [7]);
    await requests[1]?.answer(new TypeError('Failed to fetch'));
    assert.equal(searcher.snapshot().failure?.code, 'unreachable');
    assert.deepEqual(pass(), [4]);
    await requests[2]?.answer(Response.json({hits: [hit('/a')]}));
    assert.deepEqual(found(), ['/a']);
    assert.equal(searcher.snapshot().failure, null);
  });

  it('does not repeat what was refused for its content', async () => {
    const {searcher, requests, pass} = setUp();
    searcher.type('a', {});
    pass();
    await requests[0]?.answer(Response.json({code: 'request_invalid', message: 'No.', details: null}, {status: 422}));
    assert.equal(searcher.snapshot().failure?.message, 'No.');
    assert.deepEqual(pass(), []);
  });

  it('puts the hits of a page together, under its best one', () => {
    const groups = groupHits([hit('/a#1', 'A'), hit('/b', 'B'), hit('/a#2', 'A')]);
    assert.deepEqual(groups.map(({title, hits}) => [title, hits.map(({url}) => url)]), [['A', ['/a#1', '/a#2']], ['B', ['/b']]]);
  });
});

describe('marking', () => {
  for (const [text, query, pieces] of [
    ['Configure the site', 'config', ['', 'Configure', ' the site']],
    ['reconfigure', 'config', ['reconfigure']],
    ['C++ (and c)', 'c++ (', ['', 'C', '++ (and ', 'c', ')']],
    ['a <b>bold</b> word', '<b>', ['a <', 'b', '>', 'bold', '</', 'b', '> word']],
    ['ドキュメントの検索', '検索', ['ドキュメントの', '検索', '']],
    ['Nothing here', '***', ['Nothing here']],
    ['to be or not', 'a be', ['to ', 'be', ' or not']],
  ] as const) {
    it(`finds “${query}” in “${text}”`, () => assert.deepEqual(splitAtWords(text, query), pieces));
  }
});

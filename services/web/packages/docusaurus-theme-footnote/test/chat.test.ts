import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ChatKitApi} from '../src/client/api';
import {Chat} from '../src/client/chat';
import {ApiError} from '../src/client/errors';

const item = (id: string, type: 'user_message' | 'assistant_message', text: string) => ({
  id,
  type,
  content: [type === 'user_message' ? {type: 'input_text', text} : {type: 'output_text', text, annotations: []}],
});
const thread = {id: 'thr_1', created_at: '2026-01-01T00:00:00Z', items: {data: [], has_more: false}};
const created = {type: 'thread.created', thread};
const asked = {type: 'thread.item.done', item: item('msg_1', 'user_message', 'Why?')};
const answered = {type: 'thread.item.done', item: item('msg_2', 'assistant_message', 'So.')};
const started = {type: 'thread.item.added', item: item('msg_2', 'assistant_message', 'Beca')};

function stream(...events: unknown[]): Response {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return new Response(body, {headers: {'content-type': 'text/event-stream; charset=utf-8'}});
}

const refusal = (status: number, message = 'No.', headers = {}) => Response.json({code: 'x', message, details: null}, {status, headers});

function setUp(answers: ((init: RequestInit) => Response | Promise<Response>)[], threadId: string | null = null, unfinished = false) {
  const sent: {type: string; params: Record<string, unknown>; metadata?: object}[] = [];
  const stored = {threadId, unfinished};
  const waits = new Map<() => void, number>();
  const place = {page: '/docs/a', version: '2.0'};
  const chat = new Chat(
    new ChatKitApi('', async (_input, init = {}) => {
      sent.push(JSON.parse(init.body as string));
      const next = answers.shift();
      assert.ok(next, `unexpected request ${sent.at(-1)?.type}`);
      return next(init);
    }),
    {
      read: () => stored.threadId,
      write: (value) => (stored.threadId = value),
      isUnfinished: () => stored.unfinished,
      markUnfinished: (value) => (stored.unfinished = value),
    },
    (seconds, done) => {
      waits.set(done, seconds);
      return () => waits.delete(done);
    },
    () => place,
  );
  /** Lets the time pass that the chat waits for; returns how long that was. */
  const pass = async () => {
    const due = [...waits];
    waits.clear();
    for (const [done] of due) done();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return due.map(([, seconds]) => seconds);
  };
  const texts = () => chat.snapshot().conversation.items.map((entry) => ('content' in entry ? entry.content[0]?.text : ''));
  return {chat, sent, stored, texts, pass};
}

describe('the chat', () => {
  it('starts a conversation, continues it and remembers it', async () => {
    const {chat, sent, stored, texts} = setUp([() => stream(created, asked, answered), () => stream(asked, answered)]);
    await chat.ask('  Why?  ');
    assert.deepEqual(texts(), ['Why?', 'So.']);
    assert.equal(stored.threadId, 'thr_1');
    await chat.ask('And then?');
    assert.deepEqual(sent.map(({type}) => type), ['threads.create', 'threads.add_user_message']);
    assert.equal(chat.snapshot().phase, 'idle');
  });

  it('says of an answer that broke off with the page before that it did', async () => {
    const half = Response.json({...thread, items: {data: [asked.item, answered.item], has_more: false}});
    const {chat, sent, stored, texts} = setUp([() => half, () => stream(answered)], 'thr_1', true);
    await chat.restore();
    assert.equal(chat.snapshot().conversation.failure?.code, 'cut_off');
    assert.equal(stored.unfinished, true);
    await chat.retry();
    assert.deepEqual([sent.at(-1)?.type, sent.at(-1)?.params.item_id], ['threads.retry_after_item', 'msg_1']);
    assert.deepEqual(texts(), ['Why?', 'So.']);
    assert.equal(stored.unfinished, false);
  });

  it('knows from its first moment on that an answer may break off', async () => {
    let release = (_: Response) => {};
    const {chat, stored} = setUp([() => new Promise<Response>((resolve) => (release = resolve)), () => stream(created, asked, started)]);
    const asking = chat.ask('Why?');
    assert.equal(stored.unfinished, true);
    release(stream(created, asked, answered));
    await asking;
    assert.equal(stored.unfinished, false);
    await chat.ask('Why?');
    assert.equal(stored.unfinished, true, 'it broke off');
    chat.startNew();
    assert.equal(stored.unfinished, false);
  });

  it('does not ask an empty question, or two at once', async () => {
    let release = (_: Response) => {};
    const {chat, sent} = setUp([() => new Promise<Response>((resolve) => (release = resolve))]);
    await chat.ask('   ');
    const first = chat.ask('Why?');
    await chat.ask('Why not?');
    release(stream(created, asked, answered));
    await first;
    assert.equal(sent.length, 1);
  });

  it('says so when the stream ends too early, and answers again in place', async () => {
    const {chat, sent, texts} = setUp([() => stream(created, asked, started), () => stream(answered)]);
    await chat.ask('Why?');
    assert.equal(chat.snapshot().conversation.failure?.retry, true);
    assert.deepEqual(texts(), ['Why?', 'Beca'], 'what came is kept');
    await chat.retry();
    assert.deepEqual(sent[1], {
      type: 'threads.retry_after_item',
      params: {thread_id: 'thr_1', item_id: 'msg_1'},
      metadata: {page: '/docs/a', version: '2.0'},
    });
    assert.deepEqual(texts(), ['Why?', 'So.']);
    assert.equal(chat.snapshot().conversation.failure, null);
  });

  it('keeps the question when the API cannot be reached, and asks it again', async () => {
    const {chat, texts} = setUp([() => Promise.reject(new TypeError('Failed to fetch')), () => stream(created, asked, answered)]);
    await chat.ask('Why?');
    assert.equal(chat.snapshot().conversation.failure?.retry, true);
    assert.deepEqual(texts(), ['Why?']);
    await chat.retry();
    assert.deepEqual(texts(), ['Why?', 'So.']);
  });

  it('shows the words of a refusal; asking again helps only where the cause may pass', async () => {
    for (const [status, retry] of [[422, false], [413, false], [500, true]] as const) {
      const {chat} = setUp([() => refusal(status, `Because ${status}.`)]);
      await chat.ask('Why?');
      assert.deepEqual(chat.snapshot().conversation.failure, {code: 'x', message: `Because ${status}.`, retry});
    }
  });

  it('overcomes a network that answers in the place of the API', async () => {
    const page = () => new Response('<h1>Log in</h1>', {headers: {'content-type': 'text/html'}});
    const garbage = () => new Response('data: <h1>\n\n', {headers: {'content-type': 'text/event-stream'}});
    const {chat, texts} = setUp([page, garbage, () => stream(created, asked, answered), page]);
    await chat.ask('Why?');
    assert.equal(chat.snapshot().conversation.failure?.retry, true);
    await chat.retry();
    assert.equal(chat.snapshot().conversation.failure?.retry, true);
    await chat.retry();
    assert.deepEqual(texts(), ['Why?', 'So.']);
    await chat.open('thr_2');
    assert.equal(chat.snapshot().conversation.failure?.retry, true);
  });

  it('keeps what came when the reader stops', async () => {
    const {chat, texts} = setUp([
      (init) => {
        const body = new ReadableStream({
          start(controller) {
            const events = [created, asked, started].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
            controller.enqueue(new TextEncoder().encode(events));
            init.signal?.addEventListener('abort', () => controller.error(new DOMException('Stopped', 'AbortError')));
          },
        });
        return new Response(body, {headers: {'content-type': 'text/event-stream'}});
      },
    ]);
    const asking = chat.ask('Why?');
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(chat.snapshot().phase, 'answering');
    chat.stop();
    await asking;
    assert.deepEqual(texts(), ['Why?', 'Beca']);
    assert.equal(chat.snapshot().stopped, 'msg_2');
    assert.equal(chat.snapshot().conversation.failure, null);
    assert.equal(chat.snapshot().phase, 'idle');
  });

  it('restores the conversation of the last page, all of its pages', async () => {
    const first = {...thread, items: {data: [asked.item], has_more: true, after: 'msg_1'}};
    const {chat, texts} = setUp([() => Response.json(first), () => Response.json({data: [answered.item], has_more: false})], 'thr_1');
    await chat.restore();
    assert.deepEqual(texts(), ['Why?', 'So.']);
  });

  it('forgets a conversation that no longer exists', async () => {
    const {chat, stored} = setUp([() => refusal(404)], 'thr_1');
    await chat.restore();
    assert.equal(stored.threadId, null);
    assert.equal(chat.snapshot().conversation.failure, null);
  });

  it('asks in a new conversation when the old one was deleted meanwhile', async () => {
    const {chat, sent} = setUp([() => stream(created, asked, answered), () => refusal(404), () => stream(created, asked, answered)]);
    await chat.ask('Why?');
    await chat.ask('And then?');
    await chat.retry();
    assert.deepEqual(sent.map(({type}) => type), ['threads.create', 'threads.add_user_message', 'threads.create']);
  });

  it('takes a vote back when it could not be stored', async () => {
    const {chat} = setUp([() => stream(created, asked, answered), () => refusal(500), () => Response.json({})]);
    await chat.ask('Why?');
    await chat.vote('msg_2', 'positive');
    assert.deepEqual(chat.snapshot().votes, {});
    await chat.vote('msg_2', 'negative');
    assert.deepEqual(chat.snapshot().votes, {msg_2: 'negative'});
  });

  it('tells why the reader votes so, and passes on that it could not be told', async () => {
    const opinion = {reason: 'outdated', comment: null} as const;
    const {chat, sent} = setUp([() => stream(created, asked, answered), () => new Response(null, {status: 204}), () => refusal(503)]);
    await chat.ask('Why?');
    await chat.explain('msg_2', 'negative', opinion);
    assert.deepEqual(sent.at(-1), {thread_id: 'thr_1', item_id: 'msg_2', kind: 'negative', ...opinion});
    assert.deepEqual(chat.snapshot().votes, {msg_2: 'negative'});
    await assert.rejects(chat.explain('msg_2', 'negative', opinion), new ApiError('x', 'No.', 503));
    chat.startNew();
    await assert.rejects(chat.explain('msg_2', 'negative', opinion), ApiError);
  });

  it('asks in a new conversation although another is still being loaded', async () => {
    let release = (_: Response) => {};
    const {chat, sent, texts} = setUp([() => new Promise<Response>((resolve) => (release = resolve)), () => stream(created, asked, answered)], 'thr_0');
    const restoring = chat.restore();
    await chat.askAnew('Why?');
    release(Response.json({...thread, id: 'thr_0', items: {data: [], has_more: false}}));
    await restoring;
    assert.deepEqual(sent.map(({type}) => type), ['threads.get_by_id', 'threads.create']);
    assert.deepEqual(texts(), ['Why?', 'So.']);
  });

  it('sends where the reader is and what is quoted, and again when it is tried again', async () => {
    const {chat, sent, pass} = setUp([() => refusal(503), () => stream(created, asked, answered)]);
    await chat.ask('Why?', 'these words');
    await pass();
    assert.deepEqual(sent.map(({metadata}) => metadata), [{page: '/docs/a', version: '2.0'}, {page: '/docs/a', version: '2.0'}]);
    for (const {params} of sent) assert.equal((params.input as {quoted_text: string}).quoted_text, 'these words');
  });

  it('recovers by itself from what passes, as late as the API says', async () => {
    const {chat, texts, pass} = setUp([
      () => refusal(429, 'Wait.', {'retry-after': '9'}),
      () => refusal(503),
      () => Promise.reject(new TypeError('Failed to fetch')),
      () => stream(created, asked, answered),
    ]);
    await chat.ask('Why?');
    assert.deepEqual(chat.snapshot().conversation.failure, {code: 'x', message: 'Wait.', retry: true, recovers: true});
    assert.deepEqual(await pass(), [9]);
    assert.deepEqual(await pass(), [4]);
    assert.deepEqual(await pass(), [8]);
    assert.deepEqual(texts(), ['Why?', 'So.']);
    assert.deepEqual(await pass(), []);
  });

  it('resumes an answer that broke off, but not for ever', async () => {
    const cut = () => stream(asked, started);
    const {chat, sent, pass} = setUp([() => stream(created, asked, started), cut, cut, cut]);
    await chat.ask('Why?');
    while ((await pass()).length > 0);
    assert.deepEqual(sent.map(({type}) => type), ['threads.create', ...Array(3).fill('threads.retry_after_item')]);
    assert.equal(chat.snapshot().conversation.failure?.recovers, undefined);
  });

  it('stops recovering when the reader does something else', async () => {
    const {chat, pass} = setUp([() => refusal(503)]);
    await chat.ask('Why?');
    chat.startNew();
    assert.deepEqual(await pass(), []);
  });

  it('loads a conversation later when the API is away', async () => {
    const {chat, texts, pass} = setUp([() => refusal(503), () => Response.json({...thread, items: {data: [asked.item, answered.item], has_more: false}})], 'thr_1');
    await chat.restore();
    await pass();
    assert.deepEqual(texts(), ['Why?', 'So.']);
  });
});

describe('the API', () => {
  const answering = (answer: () => Response) => {
    const sent: [unknown, RequestInit?][] = [];
    const api = new ChatKitApi('https://api.example', async (...request) => {
      sent.push(request);
      return answer();
    });
    return {api, sent};
  };

  it('gives all conversations', async () => {
    const conversations = [{id: 'thr_1', title: 'Why?', messages: []}];
    const {api, sent} = answering(() => Response.json({exported_at: '2026-01-01T00:00:00Z', conversations}));
    assert.deepEqual(await api.exportConversations(), {exported_at: '2026-01-01T00:00:00Z', conversations});
    assert.equal(sent[0]?.[0], 'https://api.example/api/conversations/export');
    assert.equal(sent[0]?.[1]?.method ?? 'GET', 'GET');
  });

  for (const [what, answer, code] of [
    ['is refused', () => refusal(429), 'x'],
    ['is a page of something in between', () => new Response('<h1>Log in</h1>'), 'unreadable'],
    ['breaks off', () => new Response(new ReadableStream({start: (controller) => controller.error(new TypeError('cut'))})), 'unreachable'],
  ] as const) {
    it(`says so when the export ${what}`, async () => {
      const {api} = answering(answer);
      await assert.rejects(api.exportConversations(), {name: 'ApiError', code});
    });
  }
});

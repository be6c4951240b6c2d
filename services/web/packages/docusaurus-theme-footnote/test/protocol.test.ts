import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
  type AssistantMessage,
  type Conversation,
  type StreamEvent,
  addQuestion,
  emptyConversation,
  fromThread,
  pruneAfter,
  reduce,
  request,
} from '../src/client/protocol';

const thread = {id: 'thr_1', created_at: '2026-01-01T00:00:00Z', items: {data: [], has_more: false}};
const source = {type: 'url' as const, url: 'https://docs.example.com/a#b', title: 'A › B'};
const annotation = {type: 'annotation' as const, index: 10, source};
const part = (text: string, annotations = [annotation]) => ({type: 'output_text' as const, text, annotations});
const question = {type: 'user_message' as const, id: 'msg_1', content: [{type: 'input_text', text: 'Why?'}]};
const update = (value: Extract<StreamEvent, {type: 'thread.item.updated'}>['update']): StreamEvent => ({
  type: 'thread.item.updated',
  item_id: 'msg_2',
  update: value,
});

const ANSWER: StreamEvent[] = [
  {type: 'thread.created', thread},
  {type: 'thread.item.done', item: question},
  {type: 'progress_update', text: 'Searching the docs…'},
  {type: 'thread.item.added', item: {type: 'assistant_message', id: 'msg_2', content: []}},
  update({type: 'assistant_message.content_part.added', content_index: 0, content: part('', [])}),
  update({type: 'assistant_message.content_part.text_delta', content_index: 0, delta: 'Because '}),
  update({type: 'assistant_message.content_part.text_delta', content_index: 0, delta: 'so.'}),
  update({type: 'assistant_message.content_part.annotation_added', content_index: 0, annotation_index: 0, annotation}),
];

const play = (events: StreamEvent[], from: Conversation = emptyConversation) => events.reduce(reduce, from);
const answerOf = (state: Conversation) => state.items.at(-1) as AssistantMessage;

describe('the conversation', () => {
  it('grows from the events of an answer', () => {
    const asked = addQuestion(emptyConversation, {text: 'Why?'}, 'local_1');
    const state = play(ANSWER, asked);
    assert.deepEqual(state.items.map((item) => item.id), ['msg_1', 'msg_2'], 'the confirmed question replaces the local one');
    assert.deepEqual(answerOf(state).content, [part('Because so.')]);
    assert.equal(state.threadId, 'thr_1');
    assert.equal(state.progress, null);
    assert.equal(state.finished.has('msg_2'), false);
  });

  it('shows progress until the first word', () => {
    assert.equal(play(ANSWER.slice(0, 3)).progress?.text, 'Searching the docs…');
  });

  it('takes the final item as it is', () => {
    const state = play([...ANSWER, {type: 'thread.item.done', item: {type: 'assistant_message', id: 'msg_2', content: [part('Because it is.')]}}]);
    assert.equal(answerOf(state).content[0]?.text, 'Because it is.');
    assert.equal(state.finished.has('msg_2'), true);
  });

  it('never changes a state in place', () => {
    const before = play(ANSWER.slice(0, 5));
    const copy = structuredClone(before);
    play(ANSWER.slice(5), before);
    assert.deepEqual(before, copy);
  });

  it('keeps at most four suggestions, and only text', () => {
    const effect = (questions: unknown): StreamEvent => ({type: 'client_effect', name: 'suggestions', data: {questions}});
    assert.deepEqual(play([effect(['a', 1, 'b', 'c', 'd', 'e'])]).suggestions, ['a', 'b', 'c', 'd']);
    assert.deepEqual(play([effect('a')]).suggestions, []);
    assert.deepEqual(play([{type: 'client_effect', name: 'other', data: {questions: ['a']}}]).suggestions, []);
  });

  it('keeps what was said when an error event comes', () => {
    const state = play([...ANSWER, {type: 'error', code: 'custom', message: 'Busy.', allow_retry: true}]);
    assert.deepEqual(state.failure, {message: 'Busy.', retry: true});
    assert.equal(answerOf(state).content[0]?.text, 'Because so.');
  });

  it('knows an error event by its reason', () => {
    const event: StreamEvent = {type: 'error', code: 'custom', reason: 'upstream_error', message: 'Busy.', allow_retry: true};
    assert.deepEqual(play([event]).failure, {code: 'upstream_error', message: 'Busy.', retry: true});
  });

  it('ignores events that it does not know, and removed items', () => {
    const state = play(ANSWER);
    assert.equal(reduce(state, {type: 'stream_options'} as never), state);
    assert.deepEqual(reduce(state, {type: 'thread.item.removed', item_id: 'msg_2'}).items, [question]);
  });

  it('drops the old answer when a question is answered again', () => {
    assert.deepEqual(pruneAfter(play(ANSWER), 'msg_1').items, [question]);
  });

  it('offers to answer a stored question that has no answer', () => {
    assert.equal(fromThread({...thread, items: {data: [question], has_more: false}}).failure?.retry, true);
    assert.equal(fromThread(thread).failure, null);
  });
});

describe('the requests', () => {
  it('carry the fields that the protocol requires', () => {
    assert.deepEqual(request.addMessage('thr_1', {text: 'Why?'}, {page: '/docs/a'}), {
      type: 'threads.add_user_message',
      params: {
        thread_id: 'thr_1',
        input: {content: [{type: 'input_text', text: 'Why?'}], attachments: [], inference_options: {}},
      },
      metadata: {page: '/docs/a'},
    });
  });
});

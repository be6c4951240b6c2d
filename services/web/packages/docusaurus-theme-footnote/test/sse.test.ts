import assert from 'node:assert/strict';
import {ReadableStream as NodeStream} from 'node:stream/web';
import {describe, it} from 'node:test';
import {EventStreamParser, readEventStream} from '../src/client/sse';

const STREAM = ': ping\ndata: {"a":"é€😀"}\r\n\r\nevent: x\rdata: one\rdata:two\r\rdata\n\n: ping\n\ndata: cut off';
const EVENTS = ['{"a":"é€😀"}', 'one\ntwo', ''];

const bodyOf = (chunks: Uint8Array[]) => NodeStream.from(chunks) as unknown as ReadableStream<Uint8Array>;

async function collect(chunks: Uint8Array[]): Promise<string[]> {
  const events: string[] = [];
  for await (const batch of readEventStream(bodyOf(chunks))) events.push(...batch);
  return events;
}

describe('the event stream reader', () => {
  it('reads every line ending, skips comments and drops what is cut off', async () => {
    assert.deepEqual(await collect([new TextEncoder().encode(STREAM)]), EVENTS);
  });

  it('gives the same events when the bytes are split anywhere', async () => {
    const bytes = new TextEncoder().encode(STREAM);
    for (let at = 0; at <= bytes.length; at += 1) {
      assert.deepEqual(await collect([bytes.slice(0, at), bytes.slice(at)]), EVENTS, `split at byte ${at}`);
    }
    assert.deepEqual(await collect([...bytes].map((byte) => Uint8Array.of(byte))), EVENTS);
  });

  it('gives the events of one read together', async () => {
    const parser = new EventStreamParser();
    assert.deepEqual(parser.push('data: 1\n\ndata: 2\n\nda'), ['1', '2']);
    assert.deepEqual(parser.push('ta: 3\n\n'), ['3']);
  });

  it('frees the stream when the consumer stops early', async () => {
    const body = bodyOf([new TextEncoder().encode('data: 1\n\ndata: 2\n\n')]);
    for await (const _ of readEventStream(body)) break;
    assert.equal(body.locked, false);
  });
});

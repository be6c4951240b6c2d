/**
 * Reads the `data` of each event of a `text/event-stream` body.
 *
 * Yields one array per network read, so that a burst of events costs its consumer one update.
 * Comments (heartbeats) and other fields are skipped; an event cut off by the end of the body is dropped.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const {done, value} = await reader.read();
      const events = parser.push(decoder.decode(value, {stream: !done}));
      if (events.length > 0) yield events;
      if (done) return;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Incremental parser: text in, in pieces of any size; complete events out. */
export class EventStreamParser {
  private rest = '';
  private data: string[] = [];

  push(text: string): string[] {
    this.rest += text;
    const events: string[] = [];
    let start = 0;
    for (;;) {
      const end = this.rest.slice(start).search(/[\r\n]/);
      if (end < 0) break;
      const stop = start + end;
      const carriageReturn = this.rest[stop] === '\r';
      // A CR at the very end may be half of a CRLF: wait for what follows.
      if (carriageReturn && stop + 1 === this.rest.length) break;
      const event = this.endLine(this.rest.slice(start, stop));
      if (event !== null) events.push(event);
      start = stop + (carriageReturn && this.rest[stop + 1] === '\n' ? 2 : 1);
    }
    this.rest = this.rest.slice(start);
    return events;
  }

  private endLine(line: string): string | null {
    if (line === '') {
      if (this.data.length === 0) return null;
      const event = this.data.join('\n');
      this.data = [];
      return event;
    }
    if (line === 'data') this.data.push('');
    else if (line.startsWith('data:')) this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
    return null;
  }
}

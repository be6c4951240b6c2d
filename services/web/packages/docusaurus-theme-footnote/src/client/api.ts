import {connected, parseAnswer, readApiError, unreachable, unreadable} from './errors';
import type {Request, StreamEvent, VoteReport} from './protocol';
import {readEventStream} from './sse';

/** Speaks to the API's ChatKit endpoint, and to those for what ChatKit has no request for: reasons of votes, and the export. Every method throws `ApiError`, or `AbortError` when stopped. */
export class ChatKitApi {
  constructor(
    private readonly apiUrl: string,
    private readonly fetcher: typeof fetch,
  ) {}

  /** Sends a request whose answer is JSON. */
  async send<T>(body: Request): Promise<T> {
    const response = await this.post('/api/chatkit', body, 'application/json');
    return parseAnswer<T>(await connected(response.text()), response.status);
  }

  /** Sends a request whose answer is a stream; yields the events of each network read together. */
  async *stream(body: Request, signal: AbortSignal): AsyncGenerator<StreamEvent[]> {
    const response = await this.post('/api/chatkit', body, 'text/event-stream', signal);
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream') || !response.body) throw unreadable(response.status);
    try {
      for await (const events of readEventStream(response.body)) {
        yield events.map((event) => parseAnswer<StreamEvent>(event, response.status));
      }
    } catch (error) {
      throw error instanceof TypeError ? unreachable() : error;
    }
  }

  async report(report: VoteReport): Promise<void> {
    await this.post('/api/feedback', report, 'application/json');
  }

  /** All conversations of the reader, in the form that the API gives them. */
  async exportConversations(): Promise<unknown> {
    const response = await this.request('/api/conversations/export', {headers: {accept: 'application/json'}});
    return parseAnswer(await connected(response.text()), response.status);
  }

  private post(path: string, body: object, accept: string, signal?: AbortSignal): Promise<Response> {
    return this.request(path, {
      method: 'POST',
      headers: {'content-type': 'application/json', accept},
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    const response = await connected(this.fetcher(`${this.apiUrl}${path}`, init));
    if (!response.ok) throw await readApiError(response);
    return response;
  }
}

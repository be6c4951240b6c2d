import type {ChatKitApi} from './api';
import {ApiError} from './errors';
import {
  LOCAL_ID,
  type Conversation,
  type Failure,
  type Item,
  type Opinion,
  type Page,
  type Place,
  type Question,
  type Request,
  type Thread,
  type Vote,
  addQuestion,
  emptyConversation,
  fromThread,
  pruneAfter,
  reduce,
  request,
} from './protocol';
import type {Wait} from './wait';

/** What the panel draws. Replaced, never changed in place. */
export interface ChatState {
  conversation: Conversation;
  /** `loading`: a stored conversation is being fetched. `answering`: an answer is on its way. */
  phase: 'idle' | 'loading' | 'answering';
  /** Message whose answer the reader stopped. */
  stopped: string | null;
  votes: Readonly<Record<string, Vote>>;
}

/** Remembers the open conversation between pages. */
export interface ThreadStore {
  read(): string | null;
  write(threadId: string | null): void;
  /** Whether its newest answer broke off, as when the page was left in the middle of it. */
  isUnfinished(): boolean;
  markUnfinished(unfinished: boolean): void;
}

const CUT_OFF: Failure = {code: 'cut_off', message: 'The connection broke before the answer was complete.', retry: true};

/** First wait after a failure that may pass; doubled each time, up to the last. */
const RECOVERY_SECONDS = {first: 2, last: 30};

/** An answer that breaks off again and again is not asked for for ever: each costs the API its work. */
const MAX_RESUMPTIONS = 3;

/** One reader's chat: the conversation on screen and everything that can be done with it. */
export class Chat {
  private state: ChatState = {conversation: emptyConversation, phase: 'idle', stopped: null, votes: {}};
  private readonly listeners = new Set<() => void>();
  private running: AbortController | null = null;
  private questions = 0;
  /** Failures in a row, since the reader last did something. */
  private failures = 0;
  private cancelRecovery = () => {};

  constructor(
    private readonly api: ChatKitApi,
    private readonly threads: ThreadStore,
    private readonly wait: Wait,
    private readonly place: () => Place,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): ChatState => this.state;

  /** Shows the conversation that was open on the previous page, if there was one and it still exists. */
  async restore(): Promise<void> {
    const threadId = this.threads.read();
    if (threadId !== null && this.state.conversation.threadId === null) await this.load(threadId, this.threads.isUnfinished());
  }

  async ask(text: string, quote?: string): Promise<void> {
    const question: Question = {text: text.trim(), ...(quote && {quote})};
    if (question.text === '' || this.state.phase === 'answering') return;
    this.failures = 0;
    await this.send(question);
  }

  /** Asks in a new conversation, whatever is under way in this one. */
  async askAnew(text: string): Promise<void> {
    this.startNew();
    await this.ask(text);
  }

  /** Asks the last question again, in place of its answer. */
  async retry(): Promise<void> {
    this.failures = 0;
    await this.again();
  }

  private async send(question: Question): Promise<void> {
    this.questions += 1;
    const {threadId} = this.state.conversation;
    this.update({conversation: addQuestion(this.state.conversation, question, `${LOCAL_ID}${this.questions}`), stopped: null});
    const place = this.place();
    await this.run(threadId === null ? request.create(question, place) : request.addMessage(threadId, question, place));
  }

  private async again(): Promise<void> {
    const {conversation, phase} = this.state;
    if (phase === 'answering') return;
    const asked = conversation.items.findLast((item) => item.type === 'user_message');
    if (!asked) {
      await this.restore();
    } else if (asked.id.startsWith(LOCAL_ID) || conversation.threadId === null) {
      const items = conversation.items.slice(0, conversation.items.indexOf(asked));
      this.update({conversation: {...conversation, items}});
      await this.send({text: questionText(asked), ...(asked.quoted_text && {quote: asked.quoted_text})});
    } else {
      this.update({conversation: pruneAfter(conversation, asked.id), stopped: null});
      await this.run(request.retryAfter(conversation.threadId, asked.id, this.place()));
    }
  }

  /** Ends the answer on its way and keeps what has come. */
  stop(): void {
    this.running?.abort();
  }

  startNew(): void {
    this.stop();
    this.cancelRecovery();
    this.threads.write(null);
    this.threads.markUnfinished(false);
    this.update({conversation: emptyConversation, phase: 'idle', stopped: null});
  }

  async open(threadId: string): Promise<void> {
    await this.load(threadId, false);
  }

  /** Shows a stored conversation. The API keeps what it had said of an `unfinished` answer as if that were all of it. */
  private async load(threadId: string, unfinished: boolean): Promise<void> {
    const running = this.begin('loading', emptyConversation);
    try {
      const thread = await this.api.send<Thread>(request.getThread(threadId));
      const items = [...thread.items.data];
      let {has_more: more, after} = thread.items;
      while (more && after !== undefined && !running.signal.aborted) {
        const page: Page<Item> = await this.api.send(request.listItems(threadId, after));
        items.push(...page.data);
        ({has_more: more, after} = page);
      }
      if (running.signal.aborted) return;
      this.threads.write(threadId);
      this.threads.markUnfinished(unfinished);
      const conversation = fromThread({...thread, items: {data: items, has_more: false}});
      this.update({conversation: {...conversation, failure: conversation.failure ?? (unfinished ? CUT_OFF : null)}});
    } catch (error) {
      if (running.signal.aborted) return;
      // A conversation that was deleted, or that expired, is no reason to trouble the reader.
      if (error instanceof ApiError && error.status === 404) this.threads.write(null);
      else this.fail(error);
    } finally {
      this.end(running);
    }
  }

  listThreads(after?: string): Promise<Page<Thread>> {
    return this.api.send(request.listThreads(after));
  }

  async renameThread(threadId: string, title: string): Promise<void> {
    await this.api.send(request.renameThread(threadId, title));
  }

  async deleteThread(threadId: string): Promise<void> {
    await this.api.send(request.deleteThread(threadId));
    if (this.state.conversation.threadId === threadId) this.startNew();
  }

  /** All conversations of the reader, for a file. Throws `ApiError`. */
  exportConversations(): Promise<unknown> {
    return this.api.exportConversations();
  }

  async vote(itemId: string, kind: Vote): Promise<void> {
    const {threadId} = this.state.conversation;
    if (threadId === null) return;
    const before = this.state.votes;
    this.update({votes: {...before, [itemId]: kind}});
    try {
      await this.api.send(request.feedback(threadId, itemId, kind));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.update({votes: before});
    }
  }

  /** Tells why the reader votes so on an answer. Throws `ApiError`. */
  async explain(itemId: string, kind: Vote, opinion: Opinion): Promise<void> {
    const {threadId} = this.state.conversation;
    if (threadId === null) throw new ApiError('not_found', 'This conversation does not exist any more.', 404);
    await this.api.report({thread_id: threadId, item_id: itemId, kind, ...opinion});
    this.update({votes: {...this.state.votes, [itemId]: kind}});
  }

  private async run(body: Request): Promise<void> {
    const running = this.begin('answering', this.state.conversation);
    this.threads.markUnfinished(true);
    try {
      for await (const events of this.api.stream(body, running.signal)) {
        if (running.signal.aborted) break;
        this.update({conversation: events.reduce(reduce, this.state.conversation)});
        this.threads.write(this.state.conversation.threadId);
      }
      if (!running.signal.aborted) this.checkComplete();
    } catch (error) {
      if (!running.signal.aborted) this.fail(error);
    } finally {
      if (this.running === running && running.signal.aborted) this.markStopped();
      this.end(running);
    }
  }

  private checkComplete(): void {
    const {items, finished, failure} = this.state.conversation;
    const last = items.at(-1);
    const complete = last?.type === 'assistant_message' && finished.has(last.id);
    if (complete) {
      this.failures = 0;
      this.threads.markUnfinished(false);
    } else if (!failure) this.failAndRecover(CUT_OFF, this.failures < MAX_RESUMPTIONS ? this.backoff() : null);
  }

  private markStopped(): void {
    const conversation = {...this.state.conversation, progress: null};
    this.update({conversation, stopped: conversation.items.at(-1)?.id ?? null});
    this.threads.markUnfinished(false);
  }

  private fail(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    let {conversation} = this.state;
    if (error.status === 404) {
      // The conversation is gone: the question can still be asked, in a new one.
      this.threads.write(null);
      conversation = {...conversation, threadId: null};
    }
    // What the API refuses for its content, it would refuse again.
    const retry = ![400, 413, 422, 501].includes(error.status);
    this.update({conversation});
    this.failAndRecover({code: error.code, message: error.message, retry}, error.passes ? (error.retryAfterSeconds ?? this.backoff()) : null);
  }

  /** Tells the reader, and tries again by itself after the given seconds. */
  private failAndRecover(failure: Failure, seconds: number | null): void {
    const recovers = seconds !== null;
    this.failures += 1;
    this.update({conversation: {...this.state.conversation, progress: null, failure: {...failure, ...(recovers && {recovers})}}});
    if (recovers) this.cancelRecovery = this.wait(seconds, () => void this.again());
  }

  private backoff(): number {
    return Math.min(RECOVERY_SECONDS.first * 2 ** this.failures, RECOVERY_SECONDS.last);
  }

  private begin(phase: 'loading' | 'answering', conversation: Conversation): AbortController {
    this.cancelRecovery();
    this.running?.abort();
    this.running = new AbortController();
    this.update({phase, conversation});
    return this.running;
  }

  private end(running: AbortController): void {
    if (this.running !== running) return;
    this.running = null;
    this.update({phase: 'idle'});
  }

  private update(change: Partial<ChatState>): void {
    this.state = {...this.state, ...change};
    for (const listener of this.listeners) listener();
  }
}

/** The text of a question as the reader typed it. */
export function questionText(item: Item): string {
  return item.type === 'user_message' ? item.content.map((part) => part.text ?? '').join('') : '';
}

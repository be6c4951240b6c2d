/**
 * The part of the ChatKit protocol that the panel speaks: what it sends, and how each event of
 * an answer changes the conversation on screen. Pure: no network, no clock, no React.
 */
import type {Trouble} from './errors';

export interface UrlSource {
  type: 'url';
  url: string;
  /** `Page › Heading`. */
  title: string;
  /** Text that stands in the docs. */
  description?: string;
  group?: string;
}

export interface Annotation {
  type: 'annotation';
  /** UTF-16 offset in the part's text after which the marker goes; without one, a source of the whole answer. */
  index?: number;
  source: UrlSource | {type: 'file' | 'entity'};
}

export interface OutputText {
  type: 'output_text';
  text: string;
  annotations: Annotation[];
}

export interface UserMessage {
  type: 'user_message';
  id: string;
  content: {type: string; text?: string}[];
  /** Words of the page that the question is about. */
  quoted_text?: string;
}

export interface AssistantMessage {
  type: 'assistant_message';
  id: string;
  content: OutputText[];
}

export type Item = UserMessage | AssistantMessage | {type: 'unknown'; id: string};

export interface Thread {
  id: string;
  title?: string;
  created_at: string;
  items: {data: Item[]; has_more: boolean; after?: string};
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  after?: string;
}

type ItemUpdate =
  | {type: 'assistant_message.content_part.added'; content_index: number; content: OutputText}
  | {type: 'assistant_message.content_part.text_delta'; content_index: number; delta: string}
  | {
      type: 'assistant_message.content_part.annotation_added';
      content_index: number;
      annotation_index: number;
      annotation: Annotation;
    }
  | {type: 'assistant_message.content_part.done'; content_index: number; content: OutputText};

export type StreamEvent =
  | {type: 'thread.created' | 'thread.updated'; thread: Thread}
  | {type: 'thread.item.added' | 'thread.item.done' | 'thread.item.replaced'; item: Item}
  | {type: 'thread.item.updated'; item_id: string; update: ItemUpdate}
  | {type: 'thread.item.removed'; item_id: string}
  | {type: 'progress_update'; icon?: string; text: string}
  | {type: 'client_effect'; name: string; data?: {questions?: unknown}}
  | {type: 'notice'; message: string}
  | {type: 'error'; code: string; reason?: string; message?: string; allow_retry: boolean};

/** Why the last question has no complete answer, and whether asking again may help. */
export interface Failure extends Trouble {
  retry: boolean;
  /** It is tried again without the reader doing anything. */
  recovers?: boolean;
}

/** Everything about a conversation that is drawn. */
export interface Conversation {
  threadId: string | null;
  title: string | null;
  items: Item[];
  /** What the API says it is doing, such as `Searching the docs…`. */
  progress: {icon?: string; text: string} | null;
  suggestions: string[];
  /** What the API wants the reader to know about this answer. */
  notice: string | null;
  failure: Failure | null;
  /** Ids of the messages whose `thread.item.done` came. */
  finished: ReadonlySet<string>;
}

export const emptyConversation: Conversation = {
  threadId: null,
  title: null,
  items: [],
  progress: null,
  suggestions: [],
  notice: null,
  failure: null,
  finished: new Set(),
};

/** What belongs to one question only. */
const freshTurn = {progress: null, suggestions: [], notice: null, failure: null};

const MAX_SUGGESTIONS = 4;

/** Applies one event. Events the panel does not draw leave the conversation as it is. */
export function reduce(state: Conversation, event: StreamEvent): Conversation {
  switch (event.type) {
    case 'thread.created':
    case 'thread.updated':
      return {...state, threadId: event.thread.id, title: event.thread.title ?? state.title};
    case 'thread.item.added':
    case 'thread.item.replaced':
      return {...state, items: putItem(state.items, event.item)};
    case 'thread.item.done':
      return {
        ...state,
        items: putItem(state.items, event.item),
        finished: new Set(state.finished).add(event.item.id),
        progress: event.item.type === 'assistant_message' ? null : state.progress,
      };
    case 'thread.item.removed':
      return {...state, items: state.items.filter((item) => item.id !== event.item_id)};
    case 'thread.item.updated':
      return {
        ...state,
        progress: null,
        items: state.items.map((item) =>
          item.id === event.item_id && item.type === 'assistant_message' ? updateMessage(item, event.update) : item,
        ),
      };
    case 'progress_update':
      return {...state, progress: {text: event.text, ...(event.icon && {icon: event.icon})}};
    case 'client_effect':
      return event.name === 'suggestions' ? {...state, suggestions: readSuggestions(event.data?.questions)} : state;
    case 'notice':
      return {...state, notice: event.message};
    case 'error':
      return {
        ...state,
        progress: null,
        failure: {
          message: event.message ?? 'Something went wrong while answering.',
          retry: event.allow_retry,
          ...(event.message === undefined ? {code: 'failed'} : event.reason && {code: event.reason}),
        },
      };
    default:
      return state;
  }
}

/** Shows a stored thread. */
export function fromThread(thread: Thread): Conversation {
  const items = thread.items.data;
  const unanswered = items.at(-1)?.type === 'user_message';
  return {
    ...emptyConversation,
    threadId: thread.id,
    title: thread.title ?? null,
    items,
    failure: unanswered ? {code: 'unanswered', message: 'This question has no answer yet.', retry: true} : null,
    finished: new Set(items.map((item) => item.id)),
  };
}

/** Adds the reader's question before the API has confirmed it, under an id of our own. */
export function addQuestion(state: Conversation, {text, quote}: Question, localId: string): Conversation {
  const question: UserMessage = {
    type: 'user_message',
    id: localId,
    content: [{type: 'input_text', text}],
    ...(quote && {quoted_text: quote}),
  };
  return {...state, items: [...state.items, question], ...freshTurn};
}

/** Drops what came after a message: the API deletes the same items when it answers that message again. */
export function pruneAfter(state: Conversation, itemId: string): Conversation {
  const position = state.items.findIndex((item) => item.id === itemId);
  return {...state, items: state.items.slice(0, position + 1), ...freshTurn};
}

/** Prefix of ids given by the panel to questions that the API has not confirmed. */
export const LOCAL_ID = 'local_';

function putItem(items: Item[], item: Item): Item[] {
  const known = items.findIndex(
    (other) => other.id === item.id || (item.type === 'user_message' && other.id.startsWith(LOCAL_ID)),
  );
  return known < 0 ? [...items, item] : items.with(known, item);
}

function updateMessage(message: AssistantMessage, update: ItemUpdate): AssistantMessage {
  const content = [...message.content];
  const part = content[update.content_index] ?? {type: 'output_text', text: '', annotations: []};
  switch (update.type) {
    case 'assistant_message.content_part.added':
    case 'assistant_message.content_part.done':
      content[update.content_index] = update.content;
      break;
    case 'assistant_message.content_part.text_delta':
      content[update.content_index] = {...part, text: part.text + update.delta};
      break;
    case 'assistant_message.content_part.annotation_added': {
      const annotations = [...part.annotations];
      annotations[update.annotation_index] = update.annotation;
      content[update.content_index] = {...part, annotations};
      break;
    }
    default:
      return message;
  }
  return {...message, content};
}

function readSuggestions(questions: unknown): string[] {
  if (!Array.isArray(questions)) return [];
  return questions.filter((question) => typeof question === 'string').slice(0, MAX_SUGGESTIONS);
}

export type Vote = 'positive' | 'negative';

/** Reasons for a vote, in the order in which they are offered. */
export const REASONS = ['wrong', 'incomplete', 'outdated', 'unclear', 'other'] as const;

export type Reason = (typeof REASONS)[number];

/** Why a reader votes so. */
export interface Opinion {
  reason: Reason | null;
  comment: string | null;
}

/** Body of a request that explains a vote. */
export interface VoteReport extends Opinion {
  thread_id: string;
  item_id: string;
  kind: Vote;
}

/** What the reader asks. */
export interface Question {
  text: string;
  /** Words of the page that the question is about. */
  quote?: string;
}

/** Where the reader is: the route of the page, and its version and locale where the site has several. */
export interface Place {
  page?: string;
  version?: string;
  locale?: string;
}

/** The bodies of the requests that the panel sends. */
export const request = {
  create: (question: Question, metadata: Place) => ({type: 'threads.create', params: {input: userInput(question)}, metadata}),
  addMessage: (threadId: string, question: Question, metadata: Place) => ({
    type: 'threads.add_user_message',
    params: {thread_id: threadId, input: userInput(question)},
    metadata,
  }),
  retryAfter: (threadId: string, itemId: string, metadata: Place) => ({
    type: 'threads.retry_after_item',
    params: {thread_id: threadId, item_id: itemId},
    metadata,
  }),
  getThread: (threadId: string) => ({type: 'threads.get_by_id', params: {thread_id: threadId}}),
  listItems: (threadId: string, after: string) => ({
    type: 'items.list',
    params: {thread_id: threadId, order: 'asc', limit: 100, after},
  }),
  listThreads: (after?: string) => ({type: 'threads.list', params: {limit: 20, order: 'desc', after}}),
  renameThread: (threadId: string, title: string) => ({type: 'threads.update', params: {thread_id: threadId, title}}),
  deleteThread: (threadId: string) => ({type: 'threads.delete', params: {thread_id: threadId}}),
  feedback: (threadId: string, itemId: string, kind: Vote) => ({
    type: 'items.feedback',
    params: {thread_id: threadId, item_ids: [itemId], kind},
  }),
} as const;

export type Request = ReturnType<(typeof request)[keyof typeof request]>;

function userInput({text, quote}: Question) {
  return {content: [{type: 'input_text', text}], attachments: [], ...(quote && {quoted_text: quote}), inference_options: {}};
}

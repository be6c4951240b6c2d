import {ApiError, type Trouble, connected, parseAnswer, readApiError} from './errors';
import type {Scope} from './scope';
import type {Wait} from './wait';

/** A section of the docs that matches. */
export interface Hit {
  url: string;
  title: string;
  /** Null before the first heading of the page. */
  heading: string | null;
  excerpt: string;
}

/** The hits of one page, best first. */
export interface HitGroup {
  title: string;
  hits: Hit[];
}

/** What the search box draws. Replaced, never changed in place. */
export interface SearchState {
  /** Words that `groups` belong to; `text` may be ahead of them. */
  query: string;
  text: string;
  groups: HitGroup[];
  busy: boolean;
  failure: Trouble | null;
}

/** Short enough for results to keep up with typing, long enough to skip the letters of a fast typist. */
const DEBOUNCE_SECONDS = 0.04;

/** First wait after a failure that may pass; doubled each time, up to the last. */
const RECOVERY_SECONDS = {first: 2, last: 30};

const HITS = 10;
const CACHED_QUERIES = 200;

/** Searches while the reader types: waits for a pause, gives up what is out of date, asks nothing twice. */
export class Searcher {
  private state: SearchState = {query: '', text: '', groups: [], busy: false, failure: null};
  private readonly listeners = new Set<() => void>();
  private readonly cache = new Map<string, HitGroup[]>();
  private cancelWait = () => {};
  private running: AbortController | null = null;

  constructor(
    private readonly apiUrl: string,
    private readonly wait: Wait,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): SearchState => this.state;

  /** Takes what stands in the box now, and the docs that the reader looks at. */
  type(text: string, scope: Scope): void {
    this.cancel();
    const query = text.trim().replace(/\s+/g, ' ');
    if (query === '') {
      this.update({query, text, groups: [], busy: false, failure: null});
      return;
    }
    const parameters = new URLSearchParams({q: query, limit: String(HITS), ...scope}).toString();
    const known = this.cache.get(parameters);
    if (known) {
      this.update({query, text, groups: known, busy: false, failure: null});
      return;
    }
    this.update({text, busy: true});
    this.cancelWait = this.wait(DEBOUNCE_SECONDS, () => void this.run(query, parameters, RECOVERY_SECONDS.first));
  }

  /** Ends what is under way, as when the box is closed. */
  cancel(): void {
    this.cancelWait();
    this.running?.abort();
    this.running = null;
  }

  private async run(query: string, parameters: string, recovery: number): Promise<void> {
    const running = new AbortController();
    this.running = running;
    try {
      const groups = groupHits(await this.fetch(parameters, running.signal));
      if (running.signal.aborted) return;
      if (this.cache.size >= CACHED_QUERIES) this.cache.clear();
      this.cache.set(parameters, groups);
      this.update({query, groups, busy: false, failure: null});
    } catch (error) {
      if (running.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.update({query, groups: [], busy: false, failure: {code: error.code, message: error.message}});
      if (!error.passes) return;
      const next = Math.min(recovery * 2, RECOVERY_SECONDS.last);
      this.cancelWait = this.wait(error.retryAfterSeconds ?? recovery, () => void this.run(query, parameters, next));
    }
  }

  private async fetch(parameters: string, signal: AbortSignal): Promise<Hit[]> {
    const response = await connected(this.fetcher(`${this.apiUrl}/api/search?${parameters}`, {signal, credentials: 'omit'}));
    if (!response.ok) throw await readApiError(response);
    return parseAnswer<{hits: Hit[]}>(await connected(response.text()), response.status).hits;
  }

  private update(change: Partial<SearchState>): void {
    this.state = {...this.state, ...change};
    for (const listener of this.listeners) listener();
  }
}

/** Puts the hits of a page together, pages in the order of their best hit. */
export function groupHits(hits: readonly Hit[]): HitGroup[] {
  const groups = new Map<string, HitGroup>();
  for (const hit of hits) {
    const page = hit.url.split('#')[0] ?? hit.url;
    const group = groups.get(page) ?? {title: hit.title, hits: []};
    group.hits.push(hit);
    groups.set(page, group);
  }
  return Array.from(groups.values());
}

/** Scripts that put no space between words: there a match may begin anywhere. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Splits a text at the words of a query: every second piece is a word that begins with one of them. */
export function splitAtWords(text: string, query: string): string[] {
  const words = query.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const patterns = words
    .filter((word) => word.length > 1 || words.length === 1)
    .map((word) => (UNSPACED.test(word) ? word : `(?<![\\p{L}\\p{N}_])${word}[\\p{L}\\p{N}_]*`));
  return patterns.length === 0 ? [text] : text.split(new RegExp(`(${patterns.join('|')})`, 'giu'));
}

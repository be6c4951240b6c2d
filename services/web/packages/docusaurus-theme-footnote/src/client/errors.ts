/** What went wrong, for the reader. */
export interface Trouble {
  /** The API's own code, or a name of ours. */
  code?: string;
  /** A plain English sentence, shown where there is none in the reader's language for the code. */
  message: string;
}

/** The API refused, or could not be reached. `message` is a plain sentence meant for the reader. */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    /** The API's own code, or `unreachable` when no answer came. */
    readonly code: string,
    message: string,
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** How long the API asks to wait; null when it does not say. */
    readonly retryAfterSeconds: number | null = null,
    /** What goes with the code, for programs. */
    readonly details: unknown = null,
  ) {
    super(message);
  }

  /** The cause goes away by itself: asking again later helps, and nothing has been done yet. */
  get passes(): boolean {
    return [0, 429, 503].includes(this.status);
  }
}

/** `fetch` reports an unreachable host, a refused origin and a cut connection alike: as a TypeError. */
export function unreachable(): ApiError {
  return new ApiError('unreachable', 'The assistant cannot be reached at the moment.', 0);
}

/** Waits for `fetch`, or for the body of its answer. Throws `ApiError` where the connection fails. */
export async function connected<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof TypeError ? unreachable() : error;
  }
}

/** Turns an answer that is not 2xx into the error it describes. */
export async function readApiError(response: Response): Promise<ApiError> {
  const body = await response.text();
  const fields = parseObject(body);
  // A proxy answers so in the API's place when it finds none behind it.
  if (fields.code === undefined && [502, 503, 504].includes(response.status)) return unreachable();
  return new ApiError(
    typeof fields.code === 'string' ? fields.code : 'unknown',
    typeof fields.message === 'string' ? fields.message : `The assistant answered with status ${response.status}.`,
    response.status,
    readRetryAfter(response.headers.get('retry-after')),
    fields.details ?? null,
  );
}

/** Longest wait that a reader is asked for, whatever a header says. */
const MAX_RETRY_AFTER_SECONDS = 120;

/** Seconds only: the API never sends a date, and a reader's clock may be wrong. */
function readRetryAfter(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header.trim()) ? Math.min(Math.max(Number(header), 1), MAX_RETRY_AFTER_SECONDS) : null;
}

/** A proxy in between may answer with HTML: then there are no fields to read. */
function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Reads JSON of an answer that should hold some. A network's log-in page may come in the API's place. */
export function parseAnswer<T>(text: string, status: number): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw error instanceof SyntaxError ? unreadable(status) : error;
  }
}

/** The answer is not what the protocol says. */
export function unreadable(status: number): ApiError {
  return new ApiError('unreadable', 'Something between this page and the assistant gave an answer that makes no sense.', status);
}

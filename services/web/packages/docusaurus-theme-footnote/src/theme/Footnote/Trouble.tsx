import {translate} from '@docusaurus/Translate';
import type {ReactNode} from 'react';
import type {Trouble as Cause} from '../../client/errors';
import {RetryIcon} from './icons';

/** The language of the API's own sentences about failures. */
const API_LANGUAGE = 'en';

/** The languages that the API says all else in; English where the docs are in none of these. */
const ANSWER_LANGUAGES = ['en', 'de', 'fr', 'es', 'ja'];

interface TroubleProps {
  cause: Cause;
  /** It is tried again without the reader doing anything. */
  recovers?: boolean | undefined;
  onRetry?: (() => void) | undefined;
}

/** Says what went wrong, and offers to try again where that may help. */
export default function Trouble({cause, recovers, onRetry}: TroubleProps): ReactNode {
  return (
    <div className="footnote-failure" role="alert">
      <p>
        <TroubleText cause={cause} />
        {recovers && ` ${translate({id: 'footnote.recovers', message: 'It is tried again by itself.'})}`}
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          <RetryIcon />
          {translate({id: 'footnote.retry', message: 'Try again'})}
        </button>
      )}
    </div>
  );
}

/**
 * What went wrong, in the reader's language. To readers of English the API speaks itself: its sentences say more
 * than its codes. To others it does where there is no code, with a sentence of ours before it.
 */
export function TroubleText({cause: {code, message}}: {cause: Cause}): ReactNode {
  const ours = sentenceFor(code);
  if (ours) return ours;
  if (document.documentElement.lang.startsWith(API_LANGUAGE)) return message;
  return (
    translationFor(code) ?? (
      <>
        {translate({id: 'footnote.failure.failed', message: 'Something went wrong while answering.'})} <ApiWords>{message}</ApiWords>
      </>
    )
  );
}

/** Words of the API, pronounced in its language whatever the page's is. */
function ApiWords({children}: {children: string}): ReactNode {
  return <span lang={API_LANGUAGE}>{children}</span>;
}

/** What the API says around an answer: in the docs' language where it knows that. */
export function AnswerWords({children}: {children: string}): ReactNode {
  return ANSWER_LANGUAGES.includes(document.documentElement.lang.slice(0, 2)) ? children : <ApiWords>{children}</ApiWords>;
}

/** Sentences for what the panel knows without the API. */
function sentenceFor(code: string | undefined): string | null {
  switch (code) {
    case 'unreachable':
      return translate({id: 'footnote.failure.unreachable', message: 'The assistant cannot be reached at the moment.'});
    case 'unreadable':
      return translate({
        id: 'footnote.failure.unreadable',
        message: 'Something between this page and the assistant gave an answer that makes no sense.',
      });
    case 'cut_off':
      return translate({id: 'footnote.failure.cutOff', message: 'The connection broke before the answer was complete.'});
    case 'unanswered':
      return translate({id: 'footnote.failure.unanswered', message: 'This question has no answer yet.'});
    case 'stopped':
      return translate({id: 'footnote.stopped', message: 'Stopped.'});
    case 'failed':
      return translate({id: 'footnote.failure.failed', message: 'Something went wrong while answering.'});
    case 'proof_required':
      // The API's sentence is for programs.
      return translate({id: 'footnote.failure.proof', message: 'The assistant is under attack, and your browser could not prove in time that it takes no part. Try again.'});
    default:
      return null;
  }
}

/** Sentences for the API's codes. */
function translationFor(code: string | undefined): string | null {
  switch (code) {
    case 'rate_limited':
      return translate({id: 'footnote.failure.rateLimited', message: 'Too much is being asked at the moment.'});
    case 'index_not_ready':
      return translate({id: 'footnote.failure.indexNotReady', message: 'The assistant has not read the documentation yet.'});
    case 'too_large':
      return translate({id: 'footnote.failure.tooLarge', message: 'This is too long. Ask a shorter question, or start a new conversation.'});
    case 'bad_request':
    case 'request_invalid':
      return translate({id: 'footnote.failure.invalid', message: 'The assistant cannot read this question. Put it differently.'});
    case 'not_found':
      return translate({id: 'footnote.failure.notFound', message: 'This conversation does not exist any more. Start a new one.'});
    case 'session_invalid':
      return translate({id: 'footnote.failure.session', message: 'Your session has ended. Try again.'});
    case 'upstream_error':
    case 'upstream_timeout':
      return translate({id: 'footnote.failure.upstream', message: 'A service that the assistant needs does not answer at the moment.'});
    case 'storage_unavailable':
      return translate({id: 'footnote.failure.storage', message: 'Conversations cannot be read or stored right now.'});
    case 'not_supported':
      return translate({id: 'footnote.failure.notSupported', message: 'The assistant cannot do this.'});
    case 'internal_error':
      return translate({id: 'footnote.failure.internal', message: 'Something went wrong in the assistant.'});
    default:
      return null;
  }
}

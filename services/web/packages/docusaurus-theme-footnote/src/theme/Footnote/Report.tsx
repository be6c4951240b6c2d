import {translate} from '@docusaurus/Translate';
import {type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState} from 'react';
import {ApiError} from '../../client/errors';
import {type Opinion, REASONS, type Reason} from '../../client/protocol';
import Trouble from './Trouble';

/** The API's own limit. */
const MAX_COMMENT_LENGTH = 1000;

interface ReportProps {
  id: string;
  onSend(opinion: Opinion): Promise<void>;
  onClose(): void;
}

/** Asks why an answer did not help: a reason, words of the reader's own, or neither. */
export default function Report({id, onSend, onClose}: ReportProps): ReactNode {
  const [reason, setReason] = useState<Reason | null>(null);
  const [comment, setComment] = useState('');
  const [stage, setStage] = useState<'open' | 'sending' | 'sent'>('open');
  const [failure, setFailure] = useState<ApiError | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const commentId = useId();
  const isEmpty = reason === null && comment.trim() === '';

  useEffect(() => {
    root.current?.scrollIntoView({block: 'nearest'});
    // The button that had the focus is gone.
    if (stage === 'sent') root.current?.focus();
  }, [stage]);

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (isEmpty || stage === 'sending') return;
    setStage('sending');
    setFailure(null);
    try {
      await onSend({reason, comment: comment.trim() || null});
      setStage('sent');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(error);
      setStage('open');
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
    event.nativeEvent.stopImmediatePropagation(); // Escape closes the form only.
    onClose();
  }

  if (stage === 'sent') {
    return (
      <div ref={root} id={id} className="footnote-note" role="status" tabIndex={-1}>
        {translate({id: 'footnote.report.sent', message: 'Thank you. It helps to make the answers better.'})}
      </div>
    );
  }
  return (
    <div ref={root} id={id} className="footnote-report" onKeyDown={onKeyDown}>
      <form onSubmit={(event) => void send(event)}>
        <fieldset>
          <legend>{translate({id: 'footnote.report.reason', message: 'What was wrong with this answer?'})}</legend>
          {REASONS.map((value) => (
            <label key={value}>
              <input type="radio" name={`${commentId}reason`} value={value} checked={reason === value} onChange={() => setReason(value)} />
              <span>{labelOf(value)}</span>
            </label>
          ))}
        </fieldset>
        <label htmlFor={commentId}>{translate({id: 'footnote.report.comment', message: 'In your own words (optional)'})}</label>
        <textarea id={commentId} rows={2} maxLength={MAX_COMMENT_LENGTH} value={comment} onChange={(event) => setComment(event.target.value)} />
        {failure && <Trouble cause={failure} />}
        <div className="footnote-buttons">
          <button type="submit" aria-disabled={isEmpty || stage === 'sending'}>
            {translate({id: 'footnote.report.send', message: 'Send'})}
          </button>
          <button type="button" onClick={onClose}>
            {translate({id: 'footnote.report.skip', message: 'Not now'})}
          </button>
        </div>
      </form>
    </div>
  );
}

function labelOf(reason: Reason): string {
  switch (reason) {
    case 'wrong':
      return translate({id: 'footnote.report.wrong', message: 'It is wrong'});
    case 'incomplete':
      return translate({id: 'footnote.report.incomplete', message: 'Something is missing'});
    case 'outdated':
      return translate({id: 'footnote.report.outdated', message: 'It is out of date'});
    case 'unclear':
      return translate({id: 'footnote.report.unclear', message: 'It is hard to understand'});
    case 'other':
      return translate({id: 'footnote.report.other', message: 'Something else'});
  }
}

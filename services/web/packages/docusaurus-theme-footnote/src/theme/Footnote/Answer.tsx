import {translate} from '@docusaurus/Translate';
import {type AnchorHTMLAttributes, type ButtonHTMLAttributes, type ReactNode, type Ref, memo, useMemo, useRef, useState} from 'react';
import {type Citation, answerAsMarkdown, insertMarkers, numberSources} from '../../client/citations';
import type {AssistantMessage, Opinion, Vote} from '../../client/protocol';
import CodeBlock from './CodeBlock';
import {CheckIcon, CopyIcon, RetryIcon, ThumbDownIcon, ThumbUpIcon} from './icons';
import Markdown from './Markdown';
import {usePreview} from './Preview';
import Report from './Report';
import {useCopy} from './useCopy';

type LinkTo = (address: string) => AnchorHTMLAttributes<HTMLAnchorElement>;

interface AnswerProps {
  message: AssistantMessage;
  /** More of it is on its way. */
  writing: boolean;
  stopped: boolean;
  vote: Vote | undefined;
  linkTo: LinkTo;
  onVote(kind: Vote): void;
  onExplain(opinion: Opinion): Promise<void>;
  onRetry?: (() => void) | undefined;
}

/** One answer: its text with numbered footnotes, its sources, and what the reader can do with it. */
export default function Answer({message, writing, stopped, vote, linkTo, onVote, onExplain, onRetry}: AnswerProps): ReactNode {
  const parts = message.content.filter(Boolean);
  const annotations = parts.flatMap((part) => part.annotations ?? []);
  const citations = numberSources(annotations);
  const isCited = annotations.some((annotation) => annotation?.index !== undefined);

  const [preview, previewHandlers] = usePreview(citations);
  const [copied, copy] = useCopy();

  const [isReporting, setReporting] = useState(false);
  const down = useRef<HTMLButtonElement>(null);
  const reportId = `footnote-report-${message.id}`;

  return (
    <article className="footnote-answer" aria-busy={writing} {...previewHandlers}>
      <div id={`footnote-${message.id}`} className="footnote-text">
        {parts.map((part, position) => (
          <MarkedText key={position} text={insertMarkers(part.text, part.annotations ?? [], citations)} citations={citations} linkTo={linkTo} CodeBlock={CodeBlock} />
        ))}
        {writing && <span className="footnote-cursor" />}
      </div>
      {!writing && citations.length > 0 && <Sources citations={citations} cited={isCited} linkTo={linkTo} />}
      {stopped && <p className="footnote-note">{translate({id: 'footnote.answer.stopped', message: 'You stopped this answer.'})}</p>}
      {!writing && (
        <div className="footnote-actions">
          <ActionButton
            label={translate({id: 'footnote.vote.up', message: 'This helped'})}
            pressed={vote === 'positive'}
            onClick={() => {
              setReporting(false);
              onVote('positive');
            }}>
            <ThumbUpIcon />
          </ActionButton>
          <ActionButton
            buttonRef={down}
            label={translate({id: 'footnote.vote.down', message: 'This did not help'})}
            pressed={vote === 'negative'}
            aria-expanded={isReporting}
            aria-controls={isReporting ? reportId : undefined}
            onClick={() => {
              setReporting(!isReporting);
              // A second vote would take the place of the first and its reason.
              if (vote !== 'negative') onVote('negative');
            }}>
            <ThumbDownIcon />
          </ActionButton>
          {copy && (
            <ActionButton
              label={copied ? translate({id: 'footnote.copied', message: 'Copied'}) : translate({id: 'footnote.copy.answer', message: 'Copy as Markdown'})}
              onClick={() => copy(answerAsMarkdown(parts, citations))}>
              {copied ? <CheckIcon /> : <CopyIcon />}
            </ActionButton>
          )}
          {onRetry && (
            <ActionButton label={translate({id: 'footnote.again', message: 'Answer again'})} onClick={onRetry}>
              <RetryIcon />
            </ActionButton>
          )}
        </div>
      )}
      {isReporting && (
        <Report
          id={reportId}
          onSend={onExplain}
          onClose={() => {
            setReporting(false);
            down.current?.focus();
          }}
        />
      )}
      {preview}
    </article>
  );
}

/** Parsing is repeated only when the text has changed, not for every event of another answer. */
const MarkedText = memo(
  Markdown,
  (before, after) => before.text === after.text && before.linkTo === after.linkTo && before.citations.length === after.citations.length,
);

function Sources({citations, cited, linkTo}: {citations: readonly Citation[]; cited: boolean; linkTo: LinkTo}): ReactNode {
  const title = cited
    ? translate({id: 'footnote.sources', message: 'Footnotes'})
    : translate({id: 'footnote.nearest', message: 'Nearest sections'});
  return (
    <section className="footnote-sources" aria-label={title}>
      <h3>{title}</h3>
      <ol>
        {citations.map((citation) => (
          <Source key={citation.url} citation={citation} linkTo={linkTo} />
        ))}
      </ol>
    </section>
  );
}

function Source({citation: {number, title, description, url}, linkTo}: {citation: Citation; linkTo: LinkTo}): ReactNode {
  const crumbs = useMemo(() => title.split(' › '), [title]);
  return (
    <li value={number}>
      <a {...linkTo(url)}>
        <span className="footnote-number">{number}</span>
        <span className="footnote-crumbs">
          {crumbs.map((crumb, position) => (
            <span key={position}>{crumb}</span>
          ))}
        </span>
        {description && <span className="footnote-quote">{description.replaceAll('`', '')}</span>}
      </a>
    </li>
  );
}

interface ActionButtonProps extends Pick<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-expanded' | 'aria-controls' | 'children'> {
  label: string;
  pressed?: boolean;
  buttonRef?: Ref<HTMLButtonElement>;
  onClick(): void;
}

function ActionButton({label, pressed, buttonRef, ...rest}: ActionButtonProps): ReactNode {
  return <button ref={buttonRef} type="button" className="footnote-icon" aria-label={label} title={label} aria-pressed={pressed} {...rest} />;
}

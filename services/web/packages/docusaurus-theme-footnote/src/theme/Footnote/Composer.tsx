import {translate} from '@docusaurus/Translate';
import {type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState} from 'react';
import {CloseIcon, SendIcon, StopIcon} from './icons';

/** The API's own limit for one question. */
const MAX_QUESTION_LENGTH = 4000;

interface ComposerProps {
  answering: boolean;
  /** Text to start from, such as an earlier question; a new object each time. */
  draft: {text: string} | null;
  /** Words selected in the page, which the question will be about. */
  quote: string;
  onDropQuote(): void;
  /** Whether the page being read is preferred. */
  preferPage: boolean;
  onPreferPage(prefer: boolean): void;
  onAsk(question: string): void;
  onStop(): void;
  onEngage(): void;
}

/** Where the reader types. Enter asks, Shift+Enter breaks the line. */
export default function Composer({answering, draft, quote, onDropQuote, preferPage, onPreferPage, onAsk, onStop, onEngage}: ComposerProps): ReactNode {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const label = translate({id: 'footnote.composer', message: 'Ask a question about these docs'});

  useEffect(() => {
    if (!draft) return;
    setText(draft.text);
    field.current?.focus();
  }, [draft]);

  useLayoutEffect(() => {
    const {current} = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [text]);

  function submit(event?: FormEvent): void {
    event?.preventDefault();
    if (answering || text.trim() === '') return;
    onAsk(text);
    setText('');
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }

  return (
    <form className="footnote-composer" onSubmit={submit}>
      {quote && (
        <div className="footnote-selection">
          <blockquote>{quote}</blockquote>
          <button type="button" className="footnote-icon" aria-label={translate({id: 'footnote.selection.drop', message: 'Do not ask about the selected text'})} onClick={onDropQuote}>
            <CloseIcon />
          </button>
        </div>
      )}
      <div className="footnote-field">
        <textarea
          ref={field}
          rows={1}
          value={text}
          maxLength={MAX_QUESTION_LENGTH}
          aria-label={label}
          placeholder={label}
          enterKeyHint="send"
          onChange={(event) => {
            onEngage();
            setText(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
        {answering ? (
          <button
            key="stop"
            type="button"
            className="footnote-send"
            aria-label={translate({id: 'footnote.stop', message: 'Stop'})}
            onClick={() => {
              onStop();
              field.current?.focus();
            }}>
            <StopIcon />
          </button>
        ) : (
          <button
            key="send"
            type="submit"
            className="footnote-send"
            aria-label={translate({id: 'footnote.send', message: 'Ask'})}
            aria-disabled={text.trim() === ''}>
            <SendIcon />
          </button>
        )}
      </div>
      <div className="footnote-below">
        <p className="footnote-note">{translate({id: 'footnote.note', message: 'Follow a footnote to check its claim.'})}</p>
        <button
          type="button"
          className="footnote-toggle"
          aria-pressed={preferPage}
          title={translate({id: 'footnote.page.title', message: 'Prefer what this page says'})}
          onClick={() => onPreferPage(!preferPage)}>
          {translate({id: 'footnote.page', message: 'This page first'})}
        </button>
      </div>
    </form>
  );
}

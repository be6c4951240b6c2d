import {translate} from '@docusaurus/Translate';
import {type ReactNode, useEffect, useRef} from 'react';
import {type Chat, type ChatState, questionText} from '../../client/chat';
import type {Failure, Item} from '../../client/protocol';
import type {FootnoteOptions} from '../../options';
import Answer from './Answer';
import {greetingOf} from './greeting';
import {EditIcon, RetryIcon} from './icons';
import {useLinks} from './navigation';

interface ConversationProps {
  chat: Chat;
  state: ChatState;
  options: FootnoteOptions;
  onAsk(question: string): void;
  onEdit(question: string): void;
  onNavigate(): void;
}

/** The questions and answers, or the starters of an empty conversation. */
export default function Conversation({chat, state, options, onAsk, onEdit, onNavigate}: ConversationProps): ReactNode {
  const {items, failure} = state.conversation;
  const linkTo = useLinks(onNavigate);
  const turns = groupTurns(items);
  const newest = useNewestTurn(turns.length);
  const label = translate({id: 'footnote.conversation', message: 'Conversation'});

  return (
    <div className="footnote-scroll" tabIndex={0} role="region" aria-label={label}>
      {items.length === 0 && state.phase !== 'loading' && !failure && (
        <div className="footnote-welcome">
          <p>{greetingOf(options)}</p>
          <QuestionList questions={options.starters} onAsk={onAsk} />
        </div>
      )}
      {turns.map((turn, position) =>
        position < turns.length - 1 ? (
          <div key={position} className="footnote-turn">
            <Messages items={turn} chat={chat} state={state} linkTo={linkTo} onEdit={onEdit} />
          </div>
        ) : (
          <div key={position} className="footnote-turn" data-newest ref={newest}>
            <Messages items={turn} chat={chat} state={state} linkTo={linkTo} onEdit={onEdit} />
            <Outcome chat={chat} state={state} onAsk={onAsk} />
          </div>
        ),
      )}
      {items.length === 0 && failure && (
        <Trouble failure={failure} onRetry={() => void chat.retry()} />
      )}
      <Announcement state={state} />
    </div>
  );
}

interface MessagesProps {
  items: readonly Item[];
  chat: Chat;
  state: ChatState;
  linkTo: ReturnType<typeof useLinks>;
  onEdit(question: string): void;
}

function Messages({items, chat, state: {conversation, phase, stopped, votes}, linkTo, onEdit}: MessagesProps): ReactNode {
  const last = conversation.items.at(-1);
  return items.map((item) =>
    item.type === 'assistant_message' ? (
      <Answer
        key={item.id}
        message={item}
        writing={phase === 'answering' && item === last}
        stopped={stopped === item.id}
        vote={votes[item.id]}
        linkTo={linkTo}
        onVote={(kind) => void chat.vote(item.id, kind)}
        onRetry={phase === 'idle' && item === last ? () => void chat.retry() : undefined}
      />
    ) : (
      <Asked key={item.id} item={item} onEdit={onEdit} />
    ),
  );
}

/** A question as the reader put it, and a way to put it differently. */
function Asked({item, onEdit}: {item: Item; onEdit(question: string): void}): ReactNode {
  const text = questionText(item);
  const label = translate({id: 'footnote.edit', message: 'Edit and ask again'});
  return (
    <div className="footnote-asked">
      {item.type === 'user_message' && item.quoted_text && <blockquote>{item.quoted_text}</blockquote>}
      <button type="button" className="footnote-icon" aria-label={label} title={label} onClick={() => onEdit(text)}>
        <EditIcon />
      </button>
      <p className="footnote-question">{text}</p>
    </div>
  );
}

/** What became of the newest question, below its answer. */
function Outcome({chat, state, onAsk}: Pick<ConversationProps, 'chat' | 'state' | 'onAsk'>): ReactNode {
  const {conversation, phase, stopped} = state;
  const {progress, notice, failure, suggestions} = conversation;
  const last = conversation.items.at(-1);
  const isUnanswered = last?.type === 'user_message';
  const retry = () => void chat.retry();
  return (
    <>
      {phase === 'answering' && isUnanswered && (
        <p className="footnote-progress">{progress ?? translate({id: 'footnote.waiting', message: 'Reading the docs…'})}</p>
      )}
      {isUnanswered && stopped === last.id && (
        <Trouble failure={{message: translate({id: 'footnote.stopped', message: 'Stopped.'}), retry: true}} onRetry={retry} />
      )}
      {notice !== null && <p className="footnote-note">{notice}</p>}
      {failure && <Trouble failure={failure} onRetry={retry} />}
      {phase === 'idle' && suggestions.length > 0 && (
        <QuestionList questions={suggestions.map((question) => ({label: question, prompt: question}))} onAsk={onAsk} />
      )}
    </>
  );
}

function QuestionList({questions, onAsk}: {questions: readonly {label: string; prompt: string}[]; onAsk(question: string): void}): ReactNode {
  return (
    <ul className="footnote-questions">
      {questions.map(({label, prompt}) => (
        <li key={label}>
          <button type="button" onClick={() => onAsk(prompt)}>
            {label}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Trouble({failure, onRetry}: {failure: Failure; onRetry(): void}): ReactNode {
  return (
    <div className="footnote-failure" role="alert">
      <p>
        {failureText(failure)}
        {failure.recovers && ` ${translate({id: 'footnote.recovers', message: 'It is tried again by itself.'})}`}
      </p>
      {failure.retry && (
        <button type="button" onClick={onRetry}>
          <RetryIcon />
          {translate({id: 'footnote.retry', message: 'Try again'})}
        </button>
      )}
    </div>
  );
}

/** The API's words are shown as they are; ours in the reader's language. */
function failureText({code, message}: Failure): string {
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
    case 'failed':
      return translate({id: 'footnote.failure.failed', message: 'Something went wrong while answering.'});
    default:
      return message;
  }
}

/** Tells a screen reader what happens: when an answer is awaited, and the whole answer once it stands. */
function Announcement({state: {conversation, phase}}: {state: ChatState}): ReactNode {
  const region = useRef<HTMLDivElement>(null);
  const wasAnswering = useRef(false);
  const last = conversation.items.at(-1);

  useEffect(() => {
    if (!region.current) return;
    if (phase === 'answering') {
      wasAnswering.current = true;
      region.current.textContent = translate({id: 'footnote.announce.waiting', message: 'Your question is being answered.'});
    } else if (wasAnswering.current) {
      wasAnswering.current = false;
      region.current.textContent =
        last?.type === 'assistant_message'
          ? (document.getElementById(`footnote-${last.id}`)?.textContent ?? '')
          : '';
    }
  }, [phase, last]);

  return <div ref={region} className="footnote-hidden" role="status" aria-live="polite" />;
}

/** A question with what answers it. */
function groupTurns(items: readonly Item[]): Item[][] {
  const turns: Item[][] = [];
  for (const item of items) {
    if (item.type === 'unknown') continue;
    if (item.type === 'user_message' || turns.length === 0) turns.push([item]);
    else turns.at(-1)?.push(item);
  }
  return turns;
}

/** Brings a new question to the top, so that its answer is read from its first line. */
function useNewestTurn(count: number): React.RefObject<HTMLDivElement | null> {
  const newest = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const {current} = newest;
    const scroller = current?.parentElement;
    if (current && scroller) scroller.scrollTop = current.offsetTop;
  }, [count]);
  return newest;
}

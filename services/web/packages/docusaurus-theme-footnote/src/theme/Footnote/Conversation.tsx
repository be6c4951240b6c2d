import {translate} from '@docusaurus/Translate';
import {type ReactNode, type RefObject, useEffect, useRef} from 'react';
import {type Chat, type ChatState, questionText} from '../../client/chat';
import {furtherSections} from '../../client/citations';
import type {Conversation as Shown, Item} from '../../client/protocol';
import type {FootnoteOptions, Starter} from '../../options';
import Announcement from './Announcement';
import Answer from './Answer';
import {greetingOf} from './greeting';
import {EditIcon} from './icons';
import {useLinks} from './navigation';
import Trouble, {AnswerWords} from './Trouble';

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
        <Trouble cause={failure} recovers={failure.recovers} onRetry={failure.retry ? () => void chat.retry() : undefined} />
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
        onExplain={(opinion) => chat.explain(item.id, 'negative', opinion)}
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
  const {progress, notice, failure} = conversation;
  const suggestions = phase === 'idle' && !failure ? suggestionsFor(conversation) : [];
  const last = conversation.items.at(-1);
  const isUnanswered = last?.type === 'user_message';
  const retry = () => void chat.retry();
  return (
    <>
      {phase === 'answering' && isUnanswered && (
        <p className="footnote-progress">{progressText(progress)}</p>
      )}
      {isUnanswered && stopped === last.id && (
        <Trouble cause={{code: 'stopped', message: 'Stopped.'}} onRetry={retry} />
      )}
      {notice !== null && (
        <p className="footnote-note">
          <AnswerWords>{notice}</AnswerWords>
        </p>
      )}
      {failure && <Trouble cause={failure} recovers={failure.recovers} onRetry={failure.retry ? retry : undefined} />}
      {suggestions.length > 0 && (
        <QuestionList questions={suggestions} onAsk={onAsk} />
      )}
    </>
  );
}

/** What the API says that it is doing; what it does first has words of ours. */
function progressText(progress: Shown['progress']): ReactNode {
  if (!progress) return translate({id: 'footnote.waiting', message: 'Reading the docs…'});
  if (progress.icon === 'search') return translate({id: 'footnote.searching', message: 'Searching the docs…'});
  return <AnswerWords>{progress.text}</AnswerWords>;
}

/** Questions to go on with: the API's, or about the sections that the newest answer cites beside its first. */
function suggestionsFor({items, suggestions}: Shown): Starter[] {
  const last = items.at(-1);
  if (suggestions.length > 0) return suggestions.map((question) => ({label: question, prompt: question}));
  if (last?.type !== 'assistant_message') return [];
  const ask = (section: string) => translate({id: 'footnote.suggestion', message: 'What does “{section}” say?'}, {section});
  const asked = new Set(items.map(questionText));
  return furtherSections(last.content.flatMap((part) => part.annotations ?? []))
    .map(({title, name}) => ({label: ask(name), prompt: ask(title)}))
    .filter(({prompt}) => !asked.has(prompt));
}

function QuestionList({questions, onAsk}: {questions: readonly Starter[]; onAsk(question: string): void}): ReactNode {
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
function useNewestTurn(count: number): RefObject<HTMLDivElement | null> {
  const newest = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const {current} = newest;
    const scroller = current?.parentElement;
    if (current && scroller) scroller.scrollTop = current.offsetTop;
  }, [count]);
  return newest;
}

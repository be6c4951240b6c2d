import {type ReactNode, useState, useSyncExternalStore} from 'react';
import Composer from './Composer';
import Conversation from './Conversation';
import History from './History';
import type {Services} from './services';
import {useSelectedText} from './useSelectedText';

interface PanelProps {
  services: Services;
  open: boolean;
  view: 'conversation' | 'history';
  preferPage: boolean;
  onPreferPage(prefer: boolean): void;
  onView(view: 'conversation' | 'history'): void;
  /** The reader has begun to use this panel. */
  onEngage(): void;
  /** The reader follows a link into the page. */
  onNavigate(): void;
}

/** Our own chat, over the same protocol and the same session as ChatKit. */
export default function Panel({services, open, view, preferPage, onPreferPage, onView, onEngage, onNavigate}: PanelProps): ReactNode {
  const {chat, options} = services;
  const state = useSyncExternalStore(chat.subscribe, chat.snapshot);
  const [draft, setDraft] = useState<{text: string} | null>(null);
  const [quote, dropQuote] = useSelectedText(open);

  function ask(question: string): void {
    onEngage();
    void chat.ask(question, quote);
    dropQuote();
  }

  if (view === 'history') {
    return (
      <History
        chat={chat}
        current={state.conversation.threadId}
        onOpen={(threadId) => {
          onEngage();
          void chat.open(threadId);
          onView('conversation');
        }}
      />
    );
  }
  return (
    <>
      <Conversation chat={chat} state={state} options={options} onAsk={ask} onEdit={(text) => setDraft({text})} onNavigate={onNavigate} />
      <Composer
        answering={state.phase === 'answering'}
        draft={draft}
        quote={quote}
        onDropQuote={dropQuote}
        preferPage={preferPage}
        onPreferPage={onPreferPage}
        onAsk={ask}
        onStop={() => chat.stop()}
        onEngage={onEngage}
      />
    </>
  );
}

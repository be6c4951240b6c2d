import {translate} from '@docusaurus/Translate';
import {useLocation} from '@docusaurus/router';
import {
  type ReactNode,
  Suspense,
  lazy,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import {createPortal} from 'react-dom';
import {type Drawing, chooseDrawing} from '../../client/chatkitLoader';
import {openTabStorage} from '../../client/tabStorage';
import {type Call, OPEN_KEY} from './feature';
import {CloseIcon, HistoryIcon, NewIcon} from './icons';
import Panel from './Panel';
import {installPanelStyles} from './panelStyles';
import {createServices} from './services';
import {installMessages, options} from './site';
import {useScope} from './useScope';

installMessages();

const ChatKitPane = lazy(() => import('./ChatKitPane').catch(() => ({default: MissingChatKitPane})));

/** Stands in when the pane's own code cannot be fetched, say because a new version of the site was published. */
function MissingChatKitPane({onSettled}: {onSettled(alive: boolean): void}): ReactNode {
  useEffect(() => onSettled(false), [onSettled]);
  return null;
}

const WIDE_SCREEN = '(min-width: 997px)';

export interface AssistantProps {
  /** Null while the panel is closed. */
  call: Call | null;
  onClose(): void;
}

/** The dialog around whoever draws the chat. Stays mounted once opened, so that an answer goes on while it is closed. */
export default function Assistant({call, onClose}: AssistantProps): ReactNode {
  const open = call !== null;
  const [services] = useState(() => createServices(options));
  const {chat, storage} = services;
  const [drawing, setDrawing] = useState<Drawing>(() =>
    chooseDrawing({
      ui: options.ui,
      domainKey: options.domainKey,
      hostname: window.location.hostname,
      verdict: readVerdict(storage.read('chatkit')),
    }),
  );
  const isOurs = drawing !== 'chatkit';
  const [view, setView] = useState<'conversation' | 'history'>('conversation');
  const engaged = useRef(false);
  const dialog = useRef<HTMLDivElement>(null);
  const titleId = useId();
  const isWide = useSyncExternalStore(subscribeToWidth, () => window.matchMedia(WIDE_SCREEN).matches, () => true);

  useLayoutEffect(installPanelStyles, []);

  const scope = useScope();
  const location = useLocation();
  const [preferPage, setPreferPage] = useState(true);
  services.place.current = {...(preferPage && {page: location.pathname}), ...scope};

  const leaving = useRef(false);
  const wasOpen = useRef(false);
  useEffect(() => {
    openTabStorage('').write(OPEN_KEY, open ? '1' : null);
    // Only now is the launcher visible again and able to take the focus.
    if (wasOpen.current && !open && !leaving.current) document.querySelector<HTMLElement>('.footnote-launcher button')?.focus();
    wasOpen.current = open;
    leaving.current = false;
  }, [open]);

  useEffect(() => {
    if (isOurs && chat.snapshot().phase === 'idle') void chat.restore();
  }, [chat, isOurs]);

  // Layout effects: as soon as the panel can be seen, it has the focus and answers the keys.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const root = document.documentElement;
    const page = document.getElementById('__docusaurus');
    root.dataset.footnoteOpen = '';
    // The phone's sheet covers the page: nothing behind it may take the focus.
    if (page) page.inert = !isWide;
    return () => {
      delete root.dataset.footnoteOpen;
      if (page) page.inert = false;
    };
  }, [open, isWide]);

  useLayoutEffect(() => {
    if (!call?.byReader || view !== 'conversation') return;
    // On a phone the keyboard would hide half of the sheet: it comes when the reader wants to type.
    const field = isWide ? dialog.current?.querySelector('textarea') : null;
    (field ?? dialog.current)?.focus({preventScroll: true});
  }, [call, view, isOurs, isWide]);

  const leaveForPage = useCallback(() => {
    if (window.matchMedia(WIDE_SCREEN).matches) return;
    leaving.current = true;
    onClose();
  }, [onClose]);

  const shown = useRef(location);
  useEffect(() => {
    // However the reader got to another page: the sheet of a phone would cover it.
    if (shown.current !== location) leaveForPage();
    shown.current = location;
  }, [location, leaveForPage]);

  const engage = useCallback(() => {
    engaged.current = true;
  }, []);

  useEffect(() => {
    if (!call?.question || !isOurs) return;
    engage();
    setView('conversation');
    void chat.askAnew(call.question);
  }, [call]); // Once per question, whoever draws later.

  const settle = useCallback(
    (alive: boolean) => {
      storage.write('chatkit', alive ? 'alive' : 'dead');
      if (!alive) setDrawing('local');
      // Never take the panel away from under a reader who has begun to use it.
      else if (!engaged.current && chat.snapshot().conversation.items.length === 0) setDrawing('chatkit');
      else setDrawing((current) => (current === 'trying' ? 'local' : current));
    },
    [chat, storage],
  );

  useLayoutEffect(() => {
    if (!open) return undefined;
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== 'Escape' || event.isComposing) return;
      // Elsewhere on the page Escape belongs to what has the focus there.
      const focused = document.activeElement;
      if (focused !== document.body && !dialog.current?.contains(focused)) return;
      if (view === 'history') setView('conversation');
      else onClose();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [open, view, onClose]);

  return createPortal(
    <div
      ref={dialog}
      className="footnote-panel"
      role="dialog"
      tabIndex={-1}
      aria-modal={isWide ? undefined : true}
      aria-labelledby={titleId}
      hidden={!open}>
      <header className="footnote-header">
        <h2 id={titleId}>{options.title ?? translate({id: 'footnote.title', message: 'Ask the docs'})}</h2>
        {isOurs && (
          <>
            <button
              type="button"
              className="footnote-icon"
              aria-label={translate({id: 'footnote.new', message: 'New conversation'})}
              title={translate({id: 'footnote.new', message: 'New conversation'})}
              onClick={() => {
                chat.startNew();
                setView('conversation');
                dialog.current?.querySelector('textarea')?.focus();
              }}>
              <NewIcon />
            </button>
            <button
              type="button"
              className="footnote-icon"
              aria-label={translate({id: 'footnote.history', message: 'Earlier conversations'})}
              title={translate({id: 'footnote.history', message: 'Earlier conversations'})}
              aria-pressed={view === 'history'}
              onClick={() => setView(view === 'history' ? 'conversation' : 'history')}>
              <HistoryIcon />
            </button>
          </>
        )}
        <button
          type="button"
          className="footnote-icon"
          aria-label={translate({id: 'footnote.close', message: 'Close'})}
          title={translate({id: 'footnote.close.title', message: 'Close (Esc)'})}
          onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      {isOurs && (
        <Panel
          services={services}
          open={open}
          view={view}
          preferPage={preferPage}
          onPreferPage={setPreferPage}
          onView={setView}
          onEngage={engage}
          onNavigate={leaveForPage}
        />
      )}
      {drawing !== 'local' && (
        <Suspense>
          <ChatKitPane services={services} visible={drawing === 'chatkit'} call={isOurs ? null : call} onSettled={settle} />
        </Suspense>
      )}
    </div>,
    document.body,
  );
}

function readVerdict(value: string | null): 'alive' | 'dead' | null {
  return value === 'alive' || value === 'dead' ? value : null;
}

function subscribeToWidth(onChange: () => void): () => void {
  const query = window.matchMedia(WIDE_SCREEN);
  query.addEventListener('change', onChange);
  return () => query.removeEventListener('change', onChange);
}

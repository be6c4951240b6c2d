import {translate} from '@docusaurus/Translate';
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import {createPortal} from 'react-dom';
import {type Hit, type HitGroup, type SearchState, splitAtWords} from '../../client/search';
import {ArrowIcon, AskIcon, CloseIcon, SearchIcon} from '../Footnote/icons';
import {ASK_EVENT} from '../Footnote/feature';
import {useLinks} from '../Footnote/navigation';
import {installMessages, options} from '../Footnote/site';
import {TroubleText} from '../Footnote/Trouble';
import {useScope} from '../Footnote/useScope';
import {openSearcher} from './searcher';
import {installSearchStyles} from './searchStyles';

installMessages();

export interface SearchDialogProps {
  onClose(): void;
}

/** Characters that the API takes as one search. */
const MAX_QUERY_LENGTH = 400;

/** The one box: sections of the docs as the reader types, and the same words as a question. */
export default function SearchDialog({onClose}: SearchDialogProps): ReactNode {
  const searcher = openSearcher(options.apiUrl);
  const state = useSyncExternalStore(searcher.subscribe, searcher.snapshot);
  // The box holds its own words: a reader may type before React has subscribed to the searcher.
  const [text, setText] = useState(state.text);
  const scope = useScope();
  const linkTo = useLinks(onClose, true);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Hits come first, so that Enter opens the best one; the question is the last row.
  const [chosen, setChosen] = useState(0);
  const hits = state.groups.flatMap((group) => group.hits);
  const words = text.trim();
  const rows = hits.length + (words === '' ? 0 : 1);
  const active = Math.min(chosen, rows - 1);
  const rowId = (row: number) => `${id}row${row}`;
  /** The rows belong to the words in the box. */
  const isCurrent = !state.busy && state.query === words.replace(/\s+/g, ' ');
  const enterWaits = useRef(false);

  useLayoutEffect(installSearchStyles, []);
  useLayoutEffect(() => {
    const {current} = dialog;
    current?.showModal();
    current?.querySelector('input')?.select();
    return () => {
      searcher.cancel();
      current?.close();
    };
  }, [searcher]);
  useEffect(() => setChosen(0), [state.query]);
  useEffect(() => {
    if (!isCurrent || !enterWaits.current) return;
    enterWaits.current = false;
    press(0);
  });
  useEffect(() => {
    if (active >= 0) document.getElementById(`${id}row${active}`)?.scrollIntoView({block: 'nearest'});
  }, [active, id]);

  function ask(event?: MouseEvent): void {
    event?.preventDefault();
    onClose();
    document.dispatchEvent(new CustomEvent(ASK_EVENT, {detail: words}));
  }

  /** Follows a row as a click would: with a modifier, a link opens a new tab. */
  function press(row: number, keys: MouseEventInit = {}): void {
    document.getElementById(rowId(row))?.dispatchEvent(new window.MouseEvent('click', {...keys, bubbles: true, cancelable: true}));
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const {key, ctrlKey, metaKey, shiftKey} = event;
    const step = {ArrowDown: 1, ArrowUp: -1}[key];
    if (step && rows > 0) {
      event.preventDefault();
      setChosen((active + step + rows) % rows);
    } else if (key === 'Enter' && active >= 0) {
      event.preventDefault();
      if (isCurrent) press(active, {ctrlKey, metaKey, shiftKey});
      else enterWaits.current = true;
    } else if (key.toLowerCase() === 'i' && (ctrlKey || metaKey)) {
      onClose(); // The launcher answers these keys: the panel must not open behind the box.
    }
  }

  /** Closes at once: the dialog's own event comes later, and would close a box that was opened again meanwhile. */
  function closeOnEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onClose();
  }

  const label = translate({id: 'footnote.search.label', message: 'Search these docs'});
  return createPortal(
    <dialog
      ref={dialog}
      className="footnote-box"
      aria-label={label}
      onKeyDown={closeOnEscape}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}>
      <div className="footnote-box-field">
        <SearchIcon />
        <input
          type="text"
          role="combobox"
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={rows > 0}
          aria-controls={`${id}list`}
          aria-activedescendant={active >= 0 ? rowId(active) : undefined}
          placeholder={label}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="go"
          maxLength={MAX_QUERY_LENGTH}
          value={text}
          onChange={(event) => {
            enterWaits.current = false;
            setText(event.target.value);
            searcher.type(event.target.value, scope);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" className="footnote-icon" aria-label={translate({id: 'footnote.close', message: 'Close'})} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <div id={`${id}list`} className="footnote-box-list" role="listbox" aria-label={translate({id: 'footnote.search.results', message: 'Results'})} tabIndex={-1} hidden={rows === 0}>
        {withRows(state.groups).map(({title, entries}) => (
          <div key={entries[0]?.hit.url} role="group" aria-label={title} className="footnote-box-page">
            <p aria-hidden>{title}</p>
            {entries.map(({hit, row}) => (
              <a key={hit.url} {...linkTo(hit.url)} id={rowId(row)} role="option" tabIndex={-1} aria-selected={row === active} onPointerMove={() => setChosen(row)}>
                <HitText hit={hit} query={state.query} />
              </a>
            ))}
          </div>
        ))}
        {rows > 0 && (
          <button type="button" id={rowId(rows - 1)} role="option" tabIndex={-1} className="footnote-box-ask" aria-selected={active === rows - 1} onPointerMove={() => setChosen(rows - 1)} onClick={ask}>
            <AskIcon />
            <span>
              {translate({id: 'footnote.search.ask', message: 'Ask'})} <strong>{words}</strong>
            </span>
            <ArrowIcon />
          </button>
        )}
      </div>
      <Status state={state} count={hits.length} />
    </dialog>,
    document.body,
  );
}

function HitText({hit: {heading, title, excerpt}, query}: {hit: Hit; query: string}): ReactNode {
  return (
    <>
      <span className="footnote-box-heading"><Marked text={heading ?? title} query={query} /></span>
      <span className="footnote-box-excerpt"><Marked text={excerpt} query={query} /></span>
    </>
  );
}

/** Text with the words that were searched for marked; never HTML. */
function Marked({text, query}: {text: string; query: string}): ReactNode {
  return splitAtWords(text, query).map((piece, position) => (position % 2 === 1 ? <mark key={position}>{piece}</mark> : piece));
}

/** Says in words what the list shows: to everybody what went wrong, to screen readers also how much there is. */
function Status({state: {query, busy, failure}, count}: {state: SearchState; count: number}): ReactNode {
  const isSilent = failure === null && (query === '' || count > 0);
  return (
    <p className={isSilent ? 'footnote-hidden' : 'footnote-box-status'} role="status">
      {failure ? (
        <TroubleText cause={failure} />
      ) : (query === '' || busy
          ? ''
          : count === 0
            ? translate({id: 'footnote.search.none', message: 'No section matches. Ask it as a question.'})
            : translate({id: 'footnote.search.count', message: '{count} sections found'}, {count}))}
    </p>
  );
}

/** Numbers the hits through all pages, as the arrow keys move. */
function withRows(groups: readonly HitGroup[]): {title: string; entries: {hit: Hit; row: number}[]}[] {
  let row = 0;
  return groups.map(({title, hits}) => ({title, entries: hits.map((hit) => ({hit, row: row++}))}));
}

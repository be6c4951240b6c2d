import {translate} from '@docusaurus/Translate';
import {type ReactNode, useCallback, useEffect, useRef, useState} from 'react';
import type {Chat} from '../../client/chat';
import {ApiError} from '../../client/errors';
import type {Thread} from '../../client/protocol';
import {CheckIcon, EditIcon, TrashIcon} from './icons';
import {saveFile} from './saveFile';
import Trouble from './Trouble';

interface HistoryProps {
  chat: Chat;
  current: string | null;
  onOpen(threadId: string): void;
}

/** The reader's earlier conversations, newest first. */
export default function History({chat, current, onOpen}: HistoryProps): ReactNode {
  const [threads, setThreads] = useState<Thread[] | null>(null);
  const [next, setNext] = useState<string | undefined>();
  const region = useRef<HTMLElement>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);

  const attempt = useCallback(async (action: () => Promise<void>) => {
    setFailure(null);
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(error);
    }
  }, []);

  const load = useCallback(
    (after?: string) =>
      attempt(async () => {
        const page = await chat.listThreads(after);
        setThreads((known) => [...(after === undefined ? [] : (known ?? [])), ...page.data]);
        setNext(page.has_more ? page.after : undefined);
      }),
    [attempt, chat],
  );

  useEffect(() => {
    void load();
  }, [load]);

  const remove = (threadId: string) =>
    attempt(async () => {
      await chat.deleteThread(threadId);
      setThreads((known) => known?.filter((thread) => thread.id !== threadId) ?? null);
      region.current?.focus(); // The button that had the focus is gone.
    });

  const rename = (threadId: string, title: string) =>
    attempt(async () => {
      setRenaming(null);
      await chat.renameThread(threadId, title);
      setThreads((known) => known?.map((thread) => (thread.id === threadId ? {...thread, title} : thread)) ?? null);
      region.current?.focus();
    });

  const download = () =>
    attempt(async () => saveFile('conversations.json', JSON.stringify(await chat.exportConversations(), null, 2), 'application/json'));

  return (
    <section ref={region} tabIndex={-1} className="footnote-scroll footnote-history" aria-label={translate({id: 'footnote.history', message: 'Earlier conversations'})}>
      <h3>{translate({id: 'footnote.history', message: 'Earlier conversations'})}</h3>
      {failure && <Trouble cause={failure} onRetry={() => void load()} />}
      {threads === null && failure === null && <p className="footnote-progress">{translate({id: 'footnote.history.loading', message: 'Loading…'})}</p>}
      {threads?.length === 0 && <p>{translate({id: 'footnote.history.empty', message: 'There are none yet. What you ask appears here.'})}</p>}
      <ul>
        {threads?.map(({id, title, created_at: createdAt}) => {
          const name = title ?? translate({id: 'footnote.untitled', message: 'Untitled'});
          if (id === renaming) {
            return (
              <li key={id}>
                <TitleField title={name} onSave={(value) => void rename(id, value)} onCancel={() => setRenaming(null)} />
              </li>
            );
          }
          return (
            <li key={id}>
              <button type="button" className="footnote-thread" aria-current={id === current} onClick={() => onOpen(id)}>
                <span>{name}</span>
                <time dateTime={createdAt}>{new Date(createdAt).toLocaleString(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short'})}</time>
              </button>
              <button
                type="button"
                className="footnote-icon"
                aria-label={translate({id: 'footnote.rename', message: 'Rename “{title}”'}, {title: name})}
                title={translate({id: 'footnote.rename.title', message: 'Rename'})}
                onClick={() => setRenaming(id)}>
                <EditIcon />
              </button>
              <button
                type="button"
                className="footnote-icon"
                aria-label={translate({id: 'footnote.delete', message: 'Delete “{title}”'}, {title: name})}
                title={translate({id: 'footnote.delete.title', message: 'Delete'})}
                onClick={() => void remove(id)}>
                <TrashIcon />
              </button>
            </li>
          );
        })}
      </ul>
      <div className="footnote-buttons">
        {next !== undefined && (
          <button type="button" onClick={() => void load(next)}>
            {translate({id: 'footnote.history.more', message: 'Show more'})}
          </button>
        )}
        {threads !== null && threads.length > 0 && (
          <button type="button" onClick={() => void download()}>
            {translate({id: 'footnote.history.download', message: 'Download my conversations'})}
          </button>
        )}
      </div>
    </section>
  );
}

/** Room for a title; the API shortens longer ones. */
const MAX_TITLE_LENGTH = 60;

function TitleField({title, onSave, onCancel}: {title: string; onSave(title: string): void; onCancel(): void}): ReactNode {
  const [text, setText] = useState(title);
  return (
    <form
      className="footnote-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onSave(text.trim());
      }}>
      <input
        autoFocus
        value={text}
        maxLength={MAX_TITLE_LENGTH}
        aria-label={translate({id: 'footnote.rename.field', message: 'Title of the conversation'})}
        onChange={(event) => setText(event.target.value)}
        onFocus={(event) => event.target.select()}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.nativeEvent.stopImmediatePropagation(); // Escape ends the renaming only.
          onCancel();
        }}
      />
      <button type="submit" className="footnote-icon" aria-label={translate({id: 'footnote.rename.save', message: 'Save'})}>
        <CheckIcon />
      </button>
    </form>
  );
}

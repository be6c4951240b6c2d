import {apiAddress} from '../../client/address';
import {ChatKitApi} from '../../client/api';
import {Chat} from '../../client/chat';
import type {Place} from '../../client/protocol';
import {makeGetClientSecret, withClientSecret} from '../../client/session';
import {openTabStorage, type TabStorage} from '../../client/tabStorage';
import {waitInBrowser} from '../../client/wait';
import type {FootnoteOptions} from '../../options';

/** What both panels share: one reader, one session, one conversation. */
export interface Services {
  options: FootnoteOptions;
  /** Absolute address of the ChatKit endpoint. */
  endpoint: string;
  /** `fetch` with the reader's client secret. */
  authorizedFetch: typeof fetch;
  storage: TabStorage;
  chat: Chat;
  /** Where the reader is; set by whoever knows the page, read with each question. */
  place: {current: Place};
}

/** Builds the objects behind the panel, once per page. */
export function createServices(options: FootnoteOptions): Services {
  const apiUrl = apiAddress(options.apiUrl);
  const storage = openTabStorage(`footnote:${apiUrl}:`);
  const authorizedFetch = withClientSecret(makeGetClientSecret(apiUrl), {
    // Kept for the tab: after a reload, the conversation can only be read by whoever asked.
    read: () => storage.read('secret'),
    write: (secret) => storage.write('secret', secret),
  });
  const place = {current: {}};
  const threads = {
    read: () => storage.read('thread'),
    write: (threadId: string | null) => storage.write('thread', threadId),
    isUnfinished: () => storage.read('unfinished') !== null,
    markUnfinished: (unfinished: boolean) => storage.write('unfinished', unfinished ? '1' : null),
  };
  const chat = new Chat(new ChatKitApi(apiUrl, authorizedFetch), threads, waitInBrowser, () => place.current);
  return {options, endpoint: `${apiUrl}/api/chatkit`, authorizedFetch, storage, chat, place};
}

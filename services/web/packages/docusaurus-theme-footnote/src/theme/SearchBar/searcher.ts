import {apiAddress} from '../../client/address';
import {Searcher} from '../../client/search';
import {waitInBrowser} from '../../client/wait';

let searcher: Searcher | null = null;

/** The page's one searcher: words and results are still there when the box is opened again. */
export function openSearcher(apiUrl: string): Searcher {
  searcher ??= new Searcher(apiAddress(apiUrl), waitInBrowser);
  return searcher;
}

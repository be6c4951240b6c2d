import {translate} from '@docusaurus/Translate';
import type {FootnoteOptions} from '../../options';

/** Text of an empty conversation: the site's, or ours in the page's language. */
export const greetingOf = ({greeting}: FootnoteOptions): string =>
  greeting ??
  translate({id: 'footnote.greeting', message: 'Ask a question. Every claim in an answer links to the heading it comes from.'});

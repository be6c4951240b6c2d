import codeTranslations from '@generated/codeTranslations';
import messages from '@generated/docusaurus-theme-footnote/default/messages.json';
import siteOptions from '@generated/docusaurus-theme-footnote/default/options.json';
import type {FootnoteOptions} from '../../options';

/** What the site set in its configuration, without what only its build needs. */
export const options: FootnoteOptions = siteOptions as FootnoteOptions;

/**
 * Lets `translate` know our texts in the page's language; the site's own words stay.
 * They come with the code that shows them: texts that Docusaurus is told of are part of every first page.
 */
export function installMessages(): void {
  Object.assign(codeTranslations, {...messages, ...codeTranslations});
}

import {readFile} from 'node:fs/promises';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '..', 'locales');

/** Ids of the texts on the two buttons, which every page shows; all others come with the panel or the search box. */
const ON_EVERY_PAGE = new Set(['footnote.launcher', 'footnote.launcher.failed', 'footnote.region', 'footnote.search']);

/** Our texts in one language, by their ids. */
export interface Translations {
  onEveryPage: Record<string, string>;
  onIntent: Record<string, string>;
}

/** Our texts in a language; none for one that is not included, and none for English: it stands in the components. */
export async function readTranslations(locale: string): Promise<Translations> {
  const entries = Object.entries(await readLanguage(new Intl.Locale(locale).language));
  return {
    onEveryPage: Object.fromEntries(entries.filter(([id]) => ON_EVERY_PAGE.has(id))),
    onIntent: Object.fromEntries(entries.filter(([id]) => !ON_EVERY_PAGE.has(id))),
  };
}

async function readLanguage(language: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(path.join(FOLDER, `${language}.json`), 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

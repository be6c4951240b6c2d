import {readFile} from 'node:fs/promises';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '..', 'locales');

/** Our texts in a language, by their ids; none for a language that is not included: they are then English. */
export async function readTranslations(locale: string): Promise<Record<string, string>> {
  const {language} = new Intl.Locale(locale);
  try {
    return JSON.parse(await readFile(path.join(FOLDER, `${language}.json`), 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

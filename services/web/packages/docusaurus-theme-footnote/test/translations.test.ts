import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {readTranslations} from '../src/translations';

const TEXT = /translate\(\s*\{\s*id: '(?<id>[^']+)',\s*message: '(?<message>[^']+)'/g;
const root = path.resolve(import.meta.dirname, '..', 'src', 'theme');
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

/** Every text of the given components, by its id. */
function textsOf(files: readonly string[]): Record<string, string> {
  const sources = files.map((file) => readFileSync(path.join(root, file), 'utf8'));
  const found = sources.flatMap((source) => [...source.matchAll(TEXT)].map(({groups}) => [groups?.id, groups?.message]));
  const calls = sources.flatMap((source) => source.match(/\btranslate\(/g) ?? []);
  assert.equal(found.length, calls.length, 'every text is written as translate({id: …, message: …})');
  return Object.fromEntries(found);
}

const english = textsOf(readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((file) => /\.tsx?$/.test(file)));

describe('the translations', () => {
  for (const locale of ['de', 'fr', 'es', 'ja']) {
    it(`are complete in ${locale}`, async () => {
      const {onEveryPage, onIntent} = await readTranslations(locale);
      const translated = {...onEveryPage, ...onIntent};
      assert.deepEqual(Object.keys(translated).sort(), Object.keys(english).sort());
      for (const [id, text] of Object.entries(english)) assert.deepEqual(placeholders(translated[id] ?? ''), placeholders(text), id);
    });
  }

  it('come to every page for the buttons only', async () => {
    const {onEveryPage} = await readTranslations('de');
    assert.deepEqual(Object.keys(onEveryPage).sort(), Object.keys(textsOf(['Footnote/index.tsx', 'SearchBar/index.tsx'])).sort());
  });

  it('serve the regions of a language, and leave others to the English of the components', async () => {
    assert.deepEqual(await readTranslations('fr-CA'), await readTranslations('fr'));
    for (const locale of ['en-GB', 'tlh']) assert.deepEqual(await readTranslations(locale), {onEveryPage: {}, onIntent: {}});
  });
});

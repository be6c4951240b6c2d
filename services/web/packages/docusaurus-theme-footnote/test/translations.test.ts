import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {readTranslations} from '../src/translations';

const TEXT = /translate\(\s*\{\s*id: '(?<id>[^']+)',\s*message: '(?<message>[^']+)'/g;
const root = path.resolve(import.meta.dirname, '..');
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

/** Every text of the components, by its id. */
function textsInUse(): Record<string, string> {
  const files = readdirSync(path.join(root, 'src', 'theme'), {recursive: true, encoding: 'utf8'}).filter((file) => file.endsWith('.tsx'));
  const sources = files.map((file) => readFileSync(path.join(root, 'src', 'theme', file), 'utf8'));
  const found = sources.flatMap((source) => [...source.matchAll(TEXT)].map(({groups}) => [groups?.id, groups?.message]));
  const calls = sources.flatMap((source) => source.match(/\btranslate\(/g) ?? []);
  assert.equal(found.length, calls.length, 'every text is written as translate({id: …, message: …})');
  return Object.fromEntries(found);
}

describe('the translations', () => {
  it('say in English what the components say', async () => {
    assert.deepEqual(await readTranslations('en'), Object.fromEntries(Object.entries(textsInUse()).sort(([a], [b]) => (a < b ? -1 : 1))));
  });

  for (const locale of ['de', 'fr', 'es', 'ja']) {
    it(`are complete in ${locale}`, async () => {
      const english = await readTranslations('en');
      const translated = await readTranslations(locale);
      assert.deepEqual(Object.keys(translated).sort(), Object.keys(english).sort());
      for (const [id, text] of Object.entries(english)) assert.deepEqual(placeholders(translated[id] ?? ''), placeholders(text), id);
    });
  }

  it('serve the regions of a language, and leave others to English', async () => {
    assert.deepEqual(await readTranslations('fr-CA'), await readTranslations('fr'));
    assert.deepEqual(await readTranslations('tlh'), {});
  });
});

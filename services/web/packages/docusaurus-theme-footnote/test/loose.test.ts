import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {it} from 'node:test';

/**
 * Docusaurus without `faster` compiles us by Babel in loose mode, which takes everything that is spread
 * for an array: `[...map.values()]` becomes an array that holds the iterator.
 */
it('nothing but arrays is spread', () => {
  const root = path.resolve(import.meta.dirname, '..', 'src');
  const files = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((file) => /\.tsx?$/.test(file));
  const suspicious = files.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/\[\.\.\.[^\]]*(?:\.(?:values|keys|entries|matchAll)\(|children|querySelectorAll|new (?:Set|Map))/g)].map(
      ([found]) => `${file}: ${found} (write Array.from)`,
    ),
  );
  assert.deepEqual(suspicious, []);
});

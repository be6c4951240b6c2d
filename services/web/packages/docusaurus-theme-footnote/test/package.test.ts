import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {it} from 'node:test';
import manifest from '../package.json' with {type: 'json'};

const IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^'.][^']*)'/gms;

/** Names that Docusaurus gives to its own modules, the site's and the generated ones. */
const ALIAS = /^@(?:docusaurus\/(?:Translate|router|use\w+)|theme(?:-init)?\/\w+|generated\/.+)$/;

it('every package that is imported is declared', () => {
  const root = path.resolve(import.meta.dirname, '..', 'src');
  const files = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((file) => /\.tsx?$/.test(file));
  const imported = files.flatMap((file) => [...readFileSync(path.join(root, file), 'utf8').matchAll(IMPORT)].map(([, name = '']) => name));
  const packages = imported.filter((name) => !name.startsWith('node:') && !ALIAS.test(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  const declared = new Set(Object.keys({...manifest.dependencies, ...manifest.peerDependencies}));
  assert.ok(packages.includes('@docusaurus/utils-common'), 'the imports are found');
  assert.deepEqual([...new Set(packages)].filter((name) => !declared.has(name ?? '')), []);
});

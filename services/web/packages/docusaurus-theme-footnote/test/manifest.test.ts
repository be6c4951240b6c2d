import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {after, before, describe, it, mock} from 'node:test';
import type {AllContent, LoadContext} from '@docusaurus/types';
import {ManifestWriter} from '../src/manifest';

const page = (source: string, permalink: string, more = {}) => ({source, permalink, title: permalink, ...more});

const content = {
  'docusaurus-plugin-content-docs': {
    default: {
      loadedVersions: [
        {versionName: 'current', isLast: false, docs: [{id: 'a', ...page('@site/docs/a.md', '/base/docs/next/a')}]},
        {versionName: '1.0', isLast: true, docs: [{id: 'a', ...page('@site/versioned_docs/version-1.0/a.md', '/base/docs/ä b')}]},
      ],
    },
    api: {loadedVersions: [{versionName: 'current', isLast: true, docs: [{id: 'x', ...page('@site/../api/x.md', '/base/api/x')}]}]},
  },
  'docusaurus-plugin-content-blog': {
    default: {blogPosts: [{id: 'p', metadata: page('@site/blog/p.md', '/base/blog/p', {unlisted: true})}]},
  },
  'docusaurus-plugin-content-pages': {default: [page('@site/src/pages/100%.md', '/base/100%')]},
} as unknown as AllContent;

describe('the manifest', () => {
  let site = '';
  const writer = (trailingSlash?: boolean) =>
    new ManifestWriter({
      siteDir: site,
      generatedFilesDir: path.join(site, '.docusaurus'),
      siteConfig: {url: 'https://example.com', baseUrl: '/base/', trailingSlash},
      i18n: {currentLocale: 'fr'},
    } as unknown as LoadContext);
  const read = async (folder: string) => JSON.parse(await readFile(path.join(site, folder, 'footnote-manifest.json'), 'utf8'));
  const put = async (name: string, text: string) => {
    await mkdir(path.dirname(path.join(site, name)), {recursive: true});
    await writeFile(path.join(site, name), text);
  };

  before(async () => {
    site = await mkdtemp(path.join(os.tmpdir(), 'manifest-'));
    for (const name of ['docs/a.md', 'versioned_docs/version-1.0/a.md', 'blog/p.md', 'src/pages/100%.md']) await put(name, name);
  });
  after(() => rm(site, {recursive: true}));

  it('names every page of docs, versions, instances, blog and pages before a build', async () => {
    await writer(true).collect(content);
    const manifest = await read('.docusaurus/docusaurus-theme-footnote/public');
    assert.deepEqual(
      [manifest.schema, manifest.url, manifest.baseUrl, manifest.locale, manifest.trailingSlash],
      [1, 'https://example.com', '/base/', 'fr', true],
    );
    assert.deepEqual(
      manifest.pages.map((p: Record<string, unknown>) => [p.kind, p.plugin, p.version, p.latest, p.source, p.path, p.unlisted]),
      [
        ['pages', 'default', null, null, 'src/pages/100%.md', '/base/100%/', false],
        ['docs', 'api', 'current', true, null, '/base/api/x/', false],
        ['blog', 'default', null, null, 'blog/p.md', '/base/blog/p/', true],
        ['docs', 'default', 'current', false, 'docs/a.md', '/base/docs/next/a/', false],
        ['docs', 'default', '1.0', true, 'versioned_docs/version-1.0/a.md', '/base/docs/ä b/', false],
      ],
    );
  });

  it('adds ids, digests and noIndex in a build, and does without the HTML of a page', async () => {
    const warn = mock.method(console, 'warn', () => {});
    const manifest = writer();
    await manifest.collect(content);
    await put('build/docs/next/a/index.html', '<main><h2 id=one>One</h2><table><tr id=row></tr></table></main>');
    await put('build/docs/ä b.html', '<main><h3 id=two>Two</h3></main>');
    await put('build/blog/p/index.html', '<main></main>');
    await put('build/100%.html', '<main><h2 id=three></h2></main>');
    const routesBuildMetadata = {'/base/docs/next/a': {noIndex: true}};
    await manifest.writeBuild({outDir: path.join(site, 'build'), routesBuildMetadata} as never);
    const pages = Object.fromEntries((await read('build')).pages.map((p: {path: string}) => [p.path, p]));
    const next = pages['/base/docs/next/a'];
    assert.deepEqual([next.noIndex, next.anchors, next.rows], [true, [[2, 'one']], ['row']]);
    assert.equal(next.digest, createHash('sha256').update('docs/a.md').digest('hex'));
    assert.deepEqual(pages['/base/docs/ä b'].anchors, [[3, 'two']]);
    assert.deepEqual(pages['/base/100%'].anchors, [[2, 'three']]);
    assert.deepEqual([pages['/base/api/x'].anchors, pages['/base/api/x'].digest], [undefined, undefined]);
    assert.equal(warn.mock.callCount(), 1);
    assert.match(String(warn.mock.calls[0]?.arguments[0]), /no HTML file for \/base\/api\/x/);
  });
});

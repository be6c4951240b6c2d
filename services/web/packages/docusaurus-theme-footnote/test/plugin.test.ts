import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import type {LoadContext} from '@docusaurus/types';
import themeFootnote from '../src/index';
import type {FootnoteOptions} from '../src/options';

const generatedFilesDir = mkdtempSync(path.join(tmpdir(), 'footnote-plugin-'));
after(() => rmSync(generatedFilesDir, {recursive: true}));

const src = path.resolve(import.meta.dirname, '..', 'src');

function makePlugin(locale: string, options: Partial<FootnoteOptions> = {}) {
  const context = {
    siteDir: '/site',
    generatedFilesDir,
    i18n: {currentLocale: locale},
    siteConfig: {url: 'https://docs.example.com', baseUrl: '/', themes: [], plugins: [], presets: [], themeConfig: {}},
  } as unknown as LoadContext;
  return themeFootnote(context, {apiUrl: 'https://api.example.com', ui: 'local', starters: [], ...options});
}

/** What the plugin writes for the code that comes on intent. */
async function load(plugin: ReturnType<typeof makePlugin>) {
  const written: Record<string, Record<string, unknown>> = {};
  await plugin.loadContent?.();
  await plugin.allContentLoaded?.({
    allContent: {},
    actions: {createData: async (name: string, data: never) => void (written[name] = data)},
  } as never);
  return written;
}

describe('the plugin', () => {
  it('gives all texts to `docusaurus write-translations`', async () => {
    const texts = await makePlugin('fr').getDefaultCodeTranslationMessages?.();
    assert.equal(texts?.['footnote.launcher'], 'Demander');
    assert.equal(texts?.['footnote.retry'], 'Réessayer');
  });

  it('gives the pages only those of the buttons, and the others to the code that shows them', async () => {
    const plugin = makePlugin('fr');
    const written = await load(plugin);
    const texts = await plugin.getDefaultCodeTranslationMessages?.();
    assert.equal(texts?.['footnote.launcher'], 'Demander');
    assert.equal(texts?.['footnote.retry'], undefined);
    assert.equal(written['messages.json']?.['footnote.retry'], 'Réessayer');
    assert.equal(written['messages.json']?.['footnote.launcher'], undefined);
  });

  it('writes the options for the code that comes on intent', async () => {
    const {'options.json': options} = await load(makePlugin('en', {title: 'Ask us'}));
    assert.equal(options?.apiUrl, 'https://api.example.com');
    assert.equal(options?.title, 'Ask us');
  });

  it('keeps our code out of the chunk that every page loads', () => {
    const bundling = makePlugin('en').configureWebpack?.({}, false, {} as never, undefined) as {
      optimization: {splitChunks: {cacheGroups: {footnote: {test: RegExp}}}};
    };
    const {test} = bundling.optimization.splitChunks.cacheGroups.footnote;
    assert.match(path.join(src, 'theme', 'Footnote', 'Panel.tsx'), test);
    assert.match(path.join(generatedFilesDir, 'docusaurus-theme-footnote', 'default', 'messages.json'), test);
    assert.match('/site/node_modules/@openai/chatkit-react/dist/index.js', test);
    assert.doesNotMatch('/site/node_modules/prism-react-renderer/dist/index.mjs', test);
    assert.deepEqual(makePlugin('en').configureWebpack?.({}, true, {} as never, undefined), {});
  });

  it('lets the dev server forward the API’s requests where the site asks for it', () => {
    type DevServer = {proxy?: {context: string[]; onProxyRes: unknown}[]};
    const devServer = (options: Partial<FootnoteOptions>) =>
      (makePlugin('en', options).configureWebpack?.({}, false, {} as never, undefined) as {devServer: DevServer}).devServer;
    const forwarded = (options: Partial<FootnoteOptions>) => devServer(options).proxy?.map(({onProxyRes: _, ...rule}) => rule);
    const target = 'http://localhost:8000';
    assert.equal('proxy' in devServer({}), false);
    assert.deepEqual(forwarded({apiUrl: '', proxy: target}), [{context: ['/api'], target, changeOrigin: true, pathRewrite: {'^': ''}}]);
    assert.deepEqual(forwarded({apiUrl: '/ask.me', proxy: target}), [
      {context: ['/ask.me/api'], target, changeOrigin: true, pathRewrite: {'^/ask\\.me': ''}},
    ]);
  });
});

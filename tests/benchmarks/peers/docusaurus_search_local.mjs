// @easyops-cn/docusaurus-search-local: its indexer over HTML pages, its search worker over what that wrote.
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {build as bundle} from 'esbuild';
import MarkdownIt from 'markdown-it';
import {serve} from './protocol.mjs';

const PACKAGE = '@easyops-cn/docusaurus-search-local';
const INDEX = 'search-index.json';

const require = createRequire(import.meta.url);
const folderOfPackage = dirname(require.resolve(`${PACKAGE}/package.json`));
const server = (name) => require(join(folderOfPackage, 'dist/server/server/utils', `${name}.js`));
const markdown = new MarkdownIt({html: false, linkify: false});
const escape = markdown.utils.escapeHtml;

async function build(pages, folder, site) {
  const options = server('validateOptions').validateOptions({
    options: {},
    validate: (schema, given) => schema.validate(given).value,
  });
  const ids = new Map();
  pages.forEach((page, number) => {
    const route = `docs/page-${String(number).padStart(5, '0')}`;
    ids.set(`/${route}`, page.id);
    mkdirSync(join(site, route), {recursive: true});
    writeFileSync(join(site, route, 'index.html'), html(page));
  });
  await server('postBuildFactory').postBuildFactory({...options, ignoreCssSelectors: []}, INDEX)({
    routesPaths: [...ids.keys()],
    outDir: site,
    baseUrl: '/',
    siteConfig: {},
    plugins: [],
  });
  renameSync(join(site, INDEX), join(folder, INDEX));
  const stored = JSON.parse(readFileSync(join(folder, INDEX), 'utf8'));
  let worker;
  return {
    chunks: stored.reduce((sum, {documents}) => sum + documents.length, 0),
    async search(question, limit) {
      worker ??= await searchWorker(options, stored, site);
      const results = await worker.search('/', '', question, limit);
      return results.map(({document: {u, h}}) => ids.get(u) + (h ?? ''));
    },
  };
}

/** A page in the structure of Docusaurus' doc pages. */
function html({title, description, sections}) {
  const parts = sections.map(({anchor, heading, level, text}) => {
    const link = `<a class="hash-link" href="#${escape(anchor ?? '')}">#</a>`;
    const head = anchor ? `<h${level} id="${escape(anchor)}">${escape(heading ?? '')}${link}</h${level}>` : '';
    return head + markdown.render(text);
  });
  return (
    `<!doctype html><html><head><title>${escape(title)}</title>` +
    (description ? `<meta name="description" content="${escape(description)}">` : '') +
    `</head><body><main><article><div class="theme-doc-markdown markdown">` +
    `<header><h1>${escape(title)}</h1></header>${parts.join('')}</div></article></main></body></html>`
  );
}

/** The package's own worker, with the constants that its plugin would generate and a `fetch` of the stored index. */
async function searchWorker({language, removeDefaultStopWordFilter, fuzzyMatchingDistance, ...rest}, stored, scratch) {
  const constants = {
    language: [language].flat(),
    removeDefaultStopWordFilter: [removeDefaultStopWordFilter].flat(),
    fuzzyMatchingDistance,
    searchResultLimits: rest.searchResultLimits,
    searchIndexUrl: INDEX,
  };
  const generated = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
  const outfile = join(scratch, 'worker.mjs');
  await bundle({
    entryPoints: [join(folderOfPackage, 'dist/client/client/theme/worker.js')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
    plugins: [
      {
        name: 'generated',
        setup(build) {
          build.onResolve({filter: /proxiedGeneratedConstants$/}, () => ({path: 'constants', namespace: 'generated'}));
          build.onResolve({filter: /^comlink$/}, () => ({path: 'comlink', namespace: 'generated'}));
          build.onLoad({filter: /.*/, namespace: 'generated'}, ({path}) => ({
            contents: path === 'comlink' ? 'export function expose() {}' : generated.join('\n'),
          }));
        },
      },
    ],
  });
  globalThis.location = new URL('http://localhost/');
  globalThis.fetch = async () => ({json: async () => stored});
  const {SearchWorker} = await import(pathToFileURL(outfile).href);
  return new SearchWorker();
}

await serve(build, [PACKAGE, 'lunr']);

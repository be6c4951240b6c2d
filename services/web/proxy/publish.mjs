/**
 * From what `docusaurus build` wrote to what nginx serves: `node publish.mjs BUILT PUBLISHED`.
 *
 * Writes PUBLISHED/files, the site under its base URL with a `.gz` beside every text, and
 * PUBLISHED/site.conf, what only the build knows: the address, and a content security policy that
 * names each inline script by its hash, so that no other one runs.
 */
import {createHash} from 'node:crypto';
import {cp, mkdir, readFile, readdir, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {constants, gzip} from 'node:zlib';
import {Parser} from 'htmlparser2';

const TEXTS = /\.(html|js|css|json|xml|svg|txt|webmanifest|map|wasm)$/;
const SMALLEST_BYTES = 1024; // Below, the packet is not worth a second file.
const MOST_INLINE_SCRIPTS = 40; // More do not fit the response headers that proxies and browsers accept.
const CHATKIT = 'https://cdn.platform.openai.com';

const compress = promisify(gzip);

/** Texts of the scripts in a page that a browser would run and that have no address. */
export function inlineScripts(html) {
  const scripts = [];
  let text = null;
  const parser = new Parser({
    onopentag(name, {src, type}) {
      if (name === 'script' && src === undefined && runs(type)) text = '';
    },
    ontext(part) {
      if (text !== null) text += part;
    },
    onclosetag(name) {
      if (name === 'script' && text !== null) scripts.push(text);
      if (name === 'script') text = null;
    },
  });
  parser.end(html);
  return scripts;
}

/** Whether a script of this type is code; everything else, such as JSON-LD, is data. */
function runs(type) {
  return !type || /^(module|(text|application)\/(javascript|ecmascript))$/i.test(type.trim());
}

/** The policy's source expression for an inline script. */
export function sourceHash(script) {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}

/**
 * The policy of the site's pages.
 *
 * Style attributes are allowed because Docusaurus writes the colours of code as such; they load nothing.
 * `more` are sources that a site needs besides, such as `img-src https://img.shields.io; frame-src …`.
 */
export function contentSecurityPolicy(hashes, ui, more = '') {
  const chatkit = ui === 'local' ? [] : [CHATKIT];
  const directives = {
    'default-src': ["'none'"],
    'script-src': ["'self'", ...hashes, ...chatkit],
    'style-src': ["'self'"],
    'style-src-attr': ["'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'media-src': ["'self'"],
    'manifest-src': ["'self'"],
    'connect-src': ["'self'"],
    'frame-src': chatkit.length ? chatkit : ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  };
  for (const [name, ...sources] of more.split(';').map((part) => part.trim().split(/\s+/)).filter(([name]) => name)) {
    if (!(name in directives)) throw new Error(`FOOTNOTE_CONTENT_SOURCES names ${name}: write one of ${Object.keys(directives).join(', ')}`);
    const wrong = sources.find((source) => !/^(https:|wss:)\/\/[\w.*:/-]+$|^(data|blob):$/.test(source));
    if (wrong || !sources.length) throw new Error(`FOOTNOTE_CONTENT_SOURCES allows ${wrong ?? 'nothing'} for ${name}: write addresses such as https://img.shields.io`);
    directives[name] = [...directives[name].filter((source) => source !== "'none'"), ...sources];
  }
  return Object.entries(directives).map(([name, sources]) => `${name} ${sources.join(' ')}`).join('; ');
}

async function publish(built, published, env) {
  const origin = new URL(env.FOOTNOTE_SITE_URL || 'https://localhost').origin;
  const base = env.FOOTNOTE_BASE_URL || '/';
  if (!/^\/([\w.-]+\/)*$/.test(base)) {
    throw new Error(`FOOTNOTE_BASE_URL is ${base}: write a path that begins and ends with "/"`);
  }
  const files = path.join(published, 'files', base);
  await mkdir(files, {recursive: true});
  await cp(built, files, {recursive: true});
  const hashes = new Set();
  for (const entry of await readdir(files, {recursive: true})) {
    const file = path.join(files, entry);
    if (!TEXTS.test(file) || !(await stat(file)).isFile()) continue;
    const content = await readFile(file);
    if (file.endsWith('.html')) inlineScripts(content.toString()).forEach((script) => hashes.add(sourceHash(script)));
    if (content.length >= SMALLEST_BYTES) {
      await writeFile(`${file}.gz`, await compress(content, {level: constants.Z_BEST_COMPRESSION}));
    }
  }
  if (hashes.size > MOST_INLINE_SCRIPTS) {
    throw new Error(`The site's pages have ${hashes.size} different inline scripts, too many to name in a policy: move them into files`);
  }
  const policy = contentSecurityPolicy([...hashes].sort(), env.FOOTNOTE_CHAT_UI || 'local', env.FOOTNOTE_CONTENT_SOURCES);
  // A browser that tries Footnote on this machine must not remember that localhost speaks TLS only.
  const hsts = new URL(origin).hostname === 'localhost' ? '' : 'max-age=31536000';
  const values = {site_origin: origin, site_base: base, site_policy: policy, site_hsts: hsts};
  const maps = Object.entries(values).map(([name, value]) => `map $host $${name} { default "${value}"; }\n`);
  await writeFile(path.join(published, 'site.conf'), maps.join(''));
}

if (import.meta.filename === process.argv[1]) {
  const [, , built, published] = process.argv;
  await publish(built, published, process.env);
}

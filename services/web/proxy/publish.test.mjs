import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {promisify} from 'node:util';
import {gunzipSync} from 'node:zlib';
import {contentSecurityPolicy, inlineScripts, sourceHash} from './publish.mjs';

const run = promisify(execFile);
const PUBLISH = path.join(import.meta.dirname, 'publish.mjs');
const folder = await mkdtemp(path.join(tmpdir(), 'publish-'));
after(() => rm(folder, {recursive: true}));

/** Publishes a site of these files; gives the folder and the generated configuration. */
async function publish(name, files, env = {}) {
  const built = path.join(folder, name, 'built');
  const published = path.join(folder, name, 'published');
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(built, file)), {recursive: true});
    await writeFile(path.join(built, file), text);
  }
  await run(process.execPath, [PUBLISH, built, published], {env: {...process.env, ...env}});
  return {published, conf: await readFile(path.join(published, 'site.conf'), 'utf8')};
}

test('only scripts that a browser runs and that are written into the page count', () => {
  const html = '<script src=/a.js></script><script>a < b && "</div>"</script><SCRIPT type=module>m()</SCRIPT>'
    + '<script type=application/ld+json>{"x": 1}</script><script type="text/javascript">t()</script><p>text</p>';
  assert.deepEqual(inlineScripts(html), ['a < b && "</div>"', 'm()', 't()']);
});

test('a hash is the one that browsers compute', () => {
  const expected = createHash('sha256').update('alert("ä")', 'utf8').digest('base64');
  assert.equal(sourceHash('alert("ä")'), `'sha256-${expected}'`);
});

test('no other host is named unless ChatKit may draw', () => {
  assert.doesNotMatch(contentSecurityPolicy([], 'local'), /https?:/);
  const policy = contentSecurityPolicy([], 'auto');
  assert.match(policy, /script-src 'self' https:\/\/cdn\.platform\.openai\.com;/);
  assert.match(policy, /frame-src https:\/\/cdn\.platform\.openai\.com;/);
});

test('a site may name what it needs besides, and nothing that opens the policy', () => {
  const policy = contentSecurityPolicy([], 'local', 'img-src https://img.shields.io; frame-src https://www.youtube-nocookie.com;');
  assert.match(policy, /img-src 'self' data: https:\/\/img\.shields\.io;/);
  assert.match(policy, /frame-src https:\/\/www\.youtube-nocookie\.com;/);
  for (const wrong of ["script-src 'unsafe-inline'", 'img-src *', 'img-src http://x.org', 'img-src', 'plugin-types a', 'img-src https://x.org"']) {
    assert.throws(() => contentSecurityPolicy([], 'local', wrong), /FOOTNOTE_CONTENT_SOURCES/, wrong);
  }
});

test('files go below the base URL, texts with a compressed copy', async () => {
  const text = '<p>word</p>'.repeat(200);
  const {published, conf} = await publish(
    'base',
    {'index.html': text, 'img/a.png': 'png', 'small.txt': 'x'},
    {FOOTNOTE_BASE_URL: '/manual/', FOOTNOTE_SITE_URL: 'https://docs.example.com/'},
  );
  const files = path.join(published, 'files', 'manual');
  assert.equal(gunzipSync(await readFile(path.join(files, 'index.html.gz'))).toString(), text);
  await assert.rejects(readFile(path.join(files, 'small.txt.gz')));
  await assert.rejects(readFile(path.join(files, 'img/a.png.gz')));
  assert.match(conf, /\$site_origin { default "https:\/\/docs\.example\.com"; }/);
  assert.match(conf, /\$site_base { default "\/manual\/"; }/);
  assert.match(conf, /\$site_hsts { default "max-age=31536000"; }/);
});

test('localhost is not remembered as a host that speaks TLS only', async () => {
  const {conf} = await publish('local', {'index.html': ''}, {FOOTNOTE_SITE_URL: 'https://localhost'});
  assert.match(conf, /\$site_hsts { default ""; }/);
});

test('a base URL that is no path, and more scripts than headers hold, fail the build', async () => {
  await assert.rejects(publish('bad', {'index.html': ''}, {FOOTNOTE_BASE_URL: '/a;b/'}), /begins and ends/);
  const scripts = Array.from({length: 41}, (_, n) => `<script>f(${n})</script>`).join('');
  await assert.rejects(publish('many', {'index.html': scripts}), /41 different inline scripts/);
});

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {normalizePluginOptions} from '@docusaurus/utils-validation';
import {type FootnoteUserOptions, checkChatKit, showsSearch, validateOptions} from '../src/options';

const validate = (options: unknown) =>
  validateOptions({validate: normalizePluginOptions as never, options: options as FootnoteUserOptions});

describe('the options', () => {
  it('have defaults that work on the author’s machine', () => {
    const options = validate({});
    assert.equal(options.apiUrl, 'http://localhost:8000');
    assert.equal(options.ui, 'auto');
    assert.deepEqual(options.starters, []);
  });

  it('take a starter as a string or with a label of its own', () => {
    assert.deepEqual(validate({starters: ['Why?', {label: 'How', prompt: 'How does it work?'}, {label: 'What?'}]}).starters, [
      {label: 'Why?', prompt: 'Why?'},
      {label: 'How', prompt: 'How does it work?'},
      {label: 'What?', prompt: 'What?'},
    ]);
  });

  it('take an address without its trailing slash, or a path of the same origin', () => {
    assert.equal(validate({apiUrl: 'https://api.example.com/'}).apiUrl, 'https://api.example.com');
    assert.equal(validate({apiUrl: '/'}).apiUrl, '');
    assert.equal(validate({apiUrl: '/assistant/'}).apiUrl, '/assistant');
  });

  it('take an address for the dev server to forward to', () => {
    assert.equal(validate({apiUrl: '/', proxy: 'http://localhost:8000/'}).proxy, 'http://localhost:8000');
    assert.equal(validate({apiUrl: '/assistant', proxy: 'https://api.example.com'}).proxy, 'https://api.example.com');
    assert.equal(validate({apiUrl: '/'}).proxy, undefined);
  });

  for (const [name, options, message] of [
    ['a proxy that nothing would use', {proxy: 'http://localhost:8000'}, /"proxy" is set, .*set "apiUrl" to "\/"/],
    ['a proxy without a scheme', {apiUrl: '/', proxy: 'localhost:8000'}, /"proxy" is .*localhost:8000.*write where/],
    ['an empty proxy', {apiUrl: '/', proxy: ''}, /"proxy" is empty: leave/],
    ['a number as a proxy', {apiUrl: '/', proxy: 8000}, /"proxy" must be a string/],
    ['an address without a scheme', {apiUrl: 'api.example.com'}, /"apiUrl" is .*write for example "https:/],
    ['a script as an address', {apiUrl: 'javascript:alert(1)'}, /"apiUrl" is .*write for example/],
    ['another host behind two slashes', {apiUrl: '//evil.example'}, /"apiUrl" is .*write for example/],
    ['an empty address', {apiUrl: ''}, /"apiUrl" is empty: write/],
    ['an unknown panel', {ui: 'openai'}, /"ui" is "?openai"?: write "local"/],
    ['an empty key', {domainKey: ''}, /"domainKey" is empty: leave the option out/],
    ['a misspelt name', {apiURL: 'https://a.example'}, /"apiURL" is not an option .*use apiUrl, proxy, ui/],
    ['a number as a starter', {starters: [1]}, /"starters\[0\]" must be a question/],
    ['a word for the search', {search: 'yes'}, /"search" must be true .* or false/],
    ['too many starters', {starters: ['1', '2', '3', '4', '5', '6', '7']}, /more than 6 questions/],
  ] as const) {
    it(`refuse ${name} and tell the fix`, () => assert.throws(() => validate(options), message));
  }

  it('refuse ChatKit on a public host without a domain key', () => {
    const options = validate({ui: 'chatkit'});
    assert.throws(() => checkChatKit(options, 'https://docs.example.com'), /CHATKIT_DOMAIN_KEY.*set "ui" to "local"/);
    checkChatKit(options, 'http://localhost:3000');
    checkChatKit({...options, domainKey: 'domain_pk_x'}, 'https://docs.example.com');
  });

  it('keep the search that a site has', () => {
    const site = {themes: ['classic'], plugins: [], presets: [['classic', {}] as [string, object]], themeConfig: {}};
    assert.equal(showsSearch(validate({}), site), true);
    assert.equal(showsSearch(validate({search: false}), site), false);
    const searches = [
      {themeConfig: {algolia: {}}},
      {themes: [['@easyops-cn/docusaurus-search-local', {}] as [string, object]]},
      {plugins: ['docusaurus-lunr-search']},
    ];
    for (const search of searches) {
      assert.equal(showsSearch(validate({}), {...site, ...search}), false);
      assert.equal(showsSearch(validate({search: true}), {...site, ...search}), true);
    }
  });
});

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {scopeOf} from '../src/client/scope';

const version = (name: string, path: string, isLast = false) => ({name, path, isLast});
const versioned = {path: '/docs', versions: [version('current', '/docs/next'), version('2.0', '/docs', true), version('1.0', '/docs/1.0')]};
const single = {path: '/docs', versions: [version('current', '/docs', true)]};
const english = {currentLocale: 'en', locales: ['en']};

describe('the scope of a page', () => {
  it('is empty on a site with one version and one language', () => {
    assert.deepEqual(scopeOf('/docs/intro', {default: single}, english), {});
    assert.deepEqual(scopeOf('/', undefined, english), {});
  });

  it('names the version with the longest route that the page stands below', () => {
    const docs = {default: versioned};
    assert.deepEqual(scopeOf('/docs/1.0/intro', docs, english), {version: '1.0'});
    assert.deepEqual(scopeOf('/docs/next', docs, english), {version: 'current'});
    assert.deepEqual(scopeOf('/docs/1.0-notes', docs, english), {version: '2.0'});
  });

  it('names the version shown by default outside the docs', () => {
    assert.deepEqual(scopeOf('/', {default: versioned}, english), {version: '2.0'});
  });

  it('names no version outside the docs of a site with several kinds of docs', () => {
    const docs = {default: versioned, api: {path: '/api', versions: [version('current', '/api', true)]}};
    assert.deepEqual(scopeOf('/', docs, english), {});
    assert.deepEqual(scopeOf('/api/users', docs, english), {});
    assert.deepEqual(scopeOf('/docs/intro', docs, english), {version: '2.0'});
  });

  it('names the language of a site that has several', () => {
    assert.deepEqual(scopeOf('/fr/docs/intro', {default: single}, {currentLocale: 'fr', locales: ['en', 'fr']}), {locale: 'fr'});
  });
});

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {answerAsMarkdown, furtherSections, insertMarkers, internalPath, numberSources, safeUrl, splitMarkers, stripMarkers} from '../src/client/citations';
import type {Annotation} from '../src/client/protocol';

const cite = (url: string, index?: number): Annotation => ({
  type: 'annotation',
  ...(index !== undefined && {index}),
  source: {type: 'url', url: `https://docs.example.com/${url}`, title: url},
});

function mark(text: string, ...annotations: Annotation[]): string {
  return insertMarkers(text, annotations, numberSources(annotations)).replace(/\uFFFC(\d+)\uFFFC/g, '⟦$1⟧');
}

describe('numbering', () => {
  it('follows the text, gives one address one number, and puts sources without a place last', () => {
    const sources = numberSources([cite('z'), cite('b', 20), cite('a', 5), cite('b', 2)]);
    assert.deepEqual(sources.map(({title, number}) => [title, number]), [['b', 1], ['a', 2], ['z', 3]]);
  });

  it('skips sources that have no address, or one that is no link', () => {
    const script: Annotation = {type: 'annotation', index: 1, source: {type: 'url', url: 'javascript:alert(1)', title: 'x'}};
    assert.deepEqual(numberSources([{type: 'annotation', source: {type: 'file'}}, script]), []);
  });
});

describe('markers', () => {
  it('stand after the cited sentence, before the space', () => {
    assert.equal(mark('One. Two.', cite('a', 5), cite('b', 9)), 'One.⟦1⟧ Two.⟦2⟧');
  });

  it('count in UTF-16 units', () => {
    assert.equal(mark('😀 ok. no', cite('a', 6)), '😀 ok.⟦1⟧ no');
  });

  it('of one place stand together, each once', () => {
    assert.equal(mark('One.', cite('a', 4), cite('b', 4), cite('a', 4)), 'One.⟦1⟧⟦2⟧');
  });

  it('leave a code block closed and a table row whole', () => {
    assert.equal(mark('- x\n  ```\n  y\n  ```\n', cite('a', 19)), '- x\n  ```\n  y\n  ```\n  ⟦1⟧\n');
    assert.equal(mark('|a|b|\n|-|-|\n|1|2|', cite('a', 17)), '|a|b|\n|-|-|\n|1|2⟦1⟧ |');
  });

  it('past the end stand at the end', () => {
    assert.equal(mark('One.', cite('a', 99)), 'One.⟦1⟧');
  });

  it('cannot be forged by the text', () => {
    assert.deepEqual(splitMarkers(insertMarkers('a\uFFFC7\uFFFCb', [], [])), ['a\uFFFD7\uFFFDb']);
  });

  it('are found again', () => {
    const marked = insertMarkers('One. Two.', [cite('a', 4)], numberSources([cite('a', 4)]));
    assert.deepEqual(splitMarkers(marked), ['One.', 1, ' Two.']);
    assert.equal(stripMarkers(marked), 'One. Two.');
  });
});

describe('links inside the site', () => {
  const site = {origins: ['https://docs.example.com', 'http://127.0.0.1:3000'], baseUrl: '/project/', otherBaseUrls: ['/project/fr/']};
  for (const [address, path] of [
    ['https://docs.example.com/project/docs/a#b', '/project/docs/a#b'],
    ['http://127.0.0.1:3000/project/?q=1', '/project/?q=1'],
    ['https://docs.example.com/project', '/project'],
    ['https://docs.example.com/project/fr/docs/a', null],
    ['https://docs.example.com/projects/a', null],
    ['https://docs.example.com:444/project/a', null],
    ['https://evil.example/project/a', null],
    ['javascript:alert(1)', null],
    ['nonsense', null],
  ] as const) {
    it(`${address} → ${path}`, () => assert.equal(internalPath(address, site), path));
  }
});

describe('addresses a reader may follow', () => {
  for (const [address, safe] of [
    ['https://a.example/x?y#z', true],
    ['mailto:a@b.example', true],
    ['/docs/a', true],
    ['../a', true],
    ['#part', true],
    ['//evil.example', false],
    ['javascript:alert(1)', false],
    ['JaVaScRiPt:alert(1)', false],
    [' java\nscript:alert(1)', false],
    ['\u0001javascript:alert(1)', false],
    ['data:text/html,<script>alert(1)</script>', false],
    ['vbscript:x', false],
    ['', false],
  ] as const) {
    it(`${JSON.stringify(address)} is ${safe ? 'allowed' : 'refused'}`, () => assert.equal(safeUrl(address) !== null, safe));
  }
});

describe('the sections to go on with', () => {
  const section = (title: string, index?: number): Annotation => {
    const {source, ...rest} = cite(title, index);
    return {...rest, source: {...source, title} as Annotation['source']};
  };

  it('are cited beside the first one, and at most two', () => {
    const cited = [section('A › 1', 5), section('B › 2', 9), section('A › 1', 12), section('C › 3', 20), section('D › 4', 30)];
    assert.deepEqual(furtherSections(cited), [{title: 'B › 2', name: '2'}, {title: 'C › 3', name: '3'}]);
  });

  it('are named with their pages where their headings are the same', () => {
    const cited = [section('A › 1', 5), section('B › Use', 9), section('C › Use', 20)];
    assert.deepEqual(furtherSections(cited).map(({name}) => name), ['B › Use', 'C › Use']);
  });

  it('are neither whole pages nor sections that are only near', () => {
    assert.deepEqual(furtherSections([section('A › 1', 5), section('B', 9), section('C › 3')]), []);
    assert.deepEqual(furtherSections([]), []);
  });
});

describe('an answer as Markdown', () => {
  it('carries its links and its sources', () => {
    const annotations = [cite('a[1]', 4), cite('b', 9)];
    const text = answerAsMarkdown([{type: 'output_text', text: 'One. Two.', annotations}], numberSources(annotations));
    assert.equal(
      text,
      'One. [[1]](https://docs.example.com/a[1]) Two. [[2]](https://docs.example.com/b)\n\n' +
        '1. [a\\[1\\]](https://docs.example.com/a[1])\n2. [b](https://docs.example.com/b)\n',
    );
  });
});

import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {createElement} from 'react';
import {renderToStaticMarkup} from 'react-dom/server';
import {insertMarkers, numberSources} from '../src/client/citations';
import type {Annotation} from '../src/client/protocol';
import Markdown from '../src/theme/Footnote/Markdown';

const cite = (index: number): Annotation => ({
  type: 'annotation',
  index,
  source: {type: 'url', url: 'https://docs.example.com/a#b', title: 'A › B'},
});

function draw(text: string, ...annotations: Annotation[]): string {
  const citations = numberSources(annotations);
  return renderToStaticMarkup(
    createElement(Markdown, {
      text: insertMarkers(text, annotations, citations),
      citations,
      linkTo: (href) => ({href}),
      CodeBlock: ({code, language}) => createElement('pre', {lang: language}, code),
    }),
  );
}

const MARK = '<sup class="footnote-marker"><a href="https://docs.example.com/a#b" data-footnote="1" aria-label="1: A › B">1</a></sup>';

describe('markdown', () => {
  for (const [text, html] of [
    ['**Bold** _em_ ~~old~~ `x<y`', '<p><strong>Bold</strong> <em>em</em> <del>old</del> <code>x&lt;y</code></p>'],
    ['# Title', '<p class="footnote-heading">Title</p>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['```ts title="x"\nlet a;\n```', '<pre lang="ts">let a;</pre>'],
    ['> quoted', '<blockquote><p>quoted</p></blockquote>'],
    ['a  \nb', '<p>a<br/>b</p>'],
    ['AT&amp;T &lt;b&gt; &#169; &unknown;', '<p>AT&amp;T &lt;b&gt; © &amp;unknown;</p>'],
    ['[a](/docs/b)', '<p><a href="/docs/b">a</a></p>'],
    ['[a [b] `]`](/c "t") [r] [t][R]\n\n[r]: /d', '<p><a href="/c">a [b] <code>]</code></a> <a href="/d">r</a> <a href="/d">t</a></p>'],
    ['(see https://a.example/b(c)).', '<p>(see <a href="https://a.example/b(c)">https://a.example/b(c)</a>).</p>'],
    ['**a *b* c** ***d*** snake_case_name 2 * 3', '<p><strong>a <em>b</em> c</strong> <em><strong>d</strong></em> snake_case_name 2 * 3</p>'],
    ['\\*no\\* `` a`b `` ``open', '<p>*no* <code>a`b</code> ``open</p>'],
    ['a\n\n***\n\nTitle\n===', '<p>a</p><hr/><p class="footnote-heading">Title</p>'],
    ['1. a\n\n   b\n2. c', '<ol start="1"><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>'],
    ['- a\n  - b\n    ```\n    x\n\n    y\n    ```\n- c', '<ul><li>a<ul><li>b<pre>x\n\ny</pre></li></ul></li><li>c</li></ul>'],
    ['- [x] a', '<ul><li><input type="checkbox" disabled="" aria-label="a" checked=""/>a</li></ul>'],
    ['In\n1987. a', '<p>In\n1987. a</p>'],
    ['> a\nb\n\nc', '<blockquote><p>a\nb</p></blockquote><p>c</p>'],
    ['```\nnever closed', '<pre>never closed</pre>'],
  ] as const) {
    it(`draws ${JSON.stringify(text)}`, () => assert.equal(draw(text), html));
  }

  it('draws tables', () => {
    assert.match(draw('|a|b|\n|-|:-:|\n|1|2|'), /<th>a<\/th><th style="text-align:center">b<\/th>.*<td>1<\/td>/);
  });

  it('keeps an escaped bar in its cell', () => {
    assert.match(draw('| `a\\|b` | c |\n|---|---|\n| d |'), /<th><code>a\|b<\/code><\/th><th>c<\/th>.*<td>d<\/td><td><\/td>/);
  });

  it('survives what no writer writes', () => {
    for (const text of ['['.repeat(5000), '> '.repeat(5000), '- '.repeat(5000), 'a*'.repeat(5000), '`a``'.repeat(2000), '[a]('.repeat(3000)]) {
      assert.ok(draw(text).length > 0);
    }
  });

  it('asks no third party for an image', () => {
    assert.equal(draw('![alt](https://evil.example/x.png)'), '<p><a href="https://evil.example/x.png">alt</a></p>');
  });
});

describe('text that tries to be more than text', () => {
  for (const text of [
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    'a <b onmouseover="alert(1)">b</b>',
    '<svg/onload=alert(1)>',
    '<iframe src="https://evil.example"></iframe>',
    '<!-- --><style>*{display:none}</style>',
    '[x](javascript:alert(1))',
    '[x](JAVASCRIPT:alert(1))',
    '[x](java&#115;cript:alert(1))',
    '[x](&#x6A;avascript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '![x](javascript:alert(1))',
    '[x]: javascript:alert(1)\n\n[x]',
    '<javascript:alert(1)>',
    '[x](//evil.example)',
    '`<img src=x onerror=alert(1)>`',
    '```"><script>\n</pre><script>alert(1)</script>\n```',
    '|<img src=x onerror=alert(1)>|b|\n|-|-|\n|<script>|2|',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
  ]) {
    it(`stays text: ${text.slice(0, 45)}`, () => {
      const html = draw(text);
      const tags = [...html.matchAll(/<(\w+)([^>]*)>/g)];
      for (const [, name, attributes = ''] of tags) {
        assert.match(name ?? '', /^(p|a|pre|code|div|table|thead|tbody|tr|th|td)$/, html);
        assert.doesNotMatch(attributes, /\son\w+=|javascript:|data:|="\/\//i, html);
      }
    });
  }
});

describe('markers in markdown', () => {
  for (const [text, index, html] of [
    ['One. Two.', 4, `<p>One.${MARK} Two.</p>`],
    ['**Bold.** Two.', 9, `<p><strong>Bold.</strong>${MARK} Two.</p>`],
    ['See `x`', 7, `<p>See <code>x</code>${MARK}</p>`],
    ['```\nx\n```', 9, `<pre>x</pre><p>${MARK}</p>`],
    ['- a\n- b', 3, `<ul><li>a${MARK}</li><li>b</li></ul>`],
    ['https://a.example/x', 19, `<p><a href="https://a.example/x">https://a.example/x</a>${MARK}</p>`],
    ['[a. b](/c) d', 3, `<p><a href="/c">a. b</a>${MARK} d</p>`],
  ] as const) {
    it(`after ${JSON.stringify(text.slice(0, index))}`, () => {
      assert.equal(draw(text, cite(index)), html);
    });
  }
});

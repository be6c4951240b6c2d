import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {readIds} from '../src/anchors';

describe('the anchors of a page', () => {
  it('are its headings with an id, in order, from the main part only', () => {
    const html =
      '<nav><h2 id=menu>Menu</h2></nav><main class=x><h1>Title</h1><h2 class="anchor" id=first-part>First</h2>' +
      '<details><h3 id="a&amp;b">A</h3></details><h2>No id</h2><pre>&lt;h2 id=no&gt;</pre></main><footer><h2 id=foot>F</h2></footer>';
    assert.deepEqual(readIds(html).anchors, [[2, 'first-part'], [3, 'a&b']]);
  });

  it('go with the ids of table rows', () => {
    const html = '<main><table><tr><th>Name</th></tr><tr id=lastmod><td id=cell>lastmod</td></tr></table></main>';
    assert.deepEqual(readIds(html), {anchors: [], rows: ['lastmod']});
  });
});

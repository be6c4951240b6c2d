import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {readAloud} from '../src/client/speech';

describe('what a screen reader says of an answer', () => {
  for (const [name, markdown, sentences] of [
    ['sentences', 'Set `baseUrl`. Use 3.10 or later!\nIs it on?', ['Set baseUrl.', 'Use 3.10 or later!', 'Is it on?']],
    ['closing quotes with their sentence', 'It says “no.” Then (or not.) End.', ['It says “no.”', 'Then (or not.)', 'End.']],
    ['abbreviations within their sentence', 'Use a tool, e.g. make. Done.', ['Use a tool, e.g. make.', 'Done.']],
    ['Japanese, which has no spaces', '設定します。「はい。」と答えます。', ['設定します。', '「はい。」', 'と答えます。']],
    ['links and emphasis as their words', '**Read** [the page](https://a.example/x) &amp; go.', ['Read the page & go.']],
    ['items, rows and code one by one', '- One\n- Two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```bash\nmake x\n```', ['One', 'Two', 'a, b', '1, 2', 'make x']],
    ['nothing', '', []],
  ] as const) {
    it(`is ${name}`, () => assert.deepEqual(readAloud(markdown, true), sentences));
  }

  it('is said once, sentence by sentence, however the text comes', () => {
    const answer = 'Run `make demo`. Then open **the site**.\n\n- First. Again.\n- Second\n\n```bash\nmake demo\n```\n\nEnd.';
    const said: string[] = [];
    for (let length = 1; length <= answer.length; length += 1) {
      said.push(...readAloud(answer.slice(0, length), length === answer.length).slice(said.length));
    }
    assert.deepEqual(said, readAloud(answer, true));
    assert.deepEqual(said.slice(0, 2), ['Run make demo.', 'Then open the site.']);
  });
});

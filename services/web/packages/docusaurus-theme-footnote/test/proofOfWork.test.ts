import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {describe, it} from 'node:test';
import {hashAfter, solveProof} from '../src/client/proofOfWork';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hexOf = (words: Int32Array) => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
const zeroBits = (text: string) => 256 - BigInt(`0x${sha256(text)}`).toString(2).length;

/** As long as those of the API, which begins a second block. */
const CHALLENGE = `p1.1795000000.${'r'.repeat(22)}.${'s'.repeat(43)}`;

describe('the proof of work', () => {
  it('hashes as SHA-256 does, whatever the lengths', () => {
    for (let length = 0; length <= 200; length += 1) {
      const prefix = 'é'.repeat(length % 3) + 'x'.repeat(length);
      const hash = hashAfter(new TextEncoder().encode(prefix));
      for (const text of ['', '7', '183467', '9'.repeat(46)]) assert.equal(hexOf(hash(text)), sha256(prefix + text), `${length} ${text}`);
    }
  });

  it('finds the first nonce whose hash begins with the bits asked for', async () => {
    const nonce = await solveProof(CHALLENGE, 12);
    assert.ok(nonce !== null && zeroBits(`${CHALLENGE}:${nonce}`) >= 12);
    for (let earlier = 0; earlier < Number(nonce); earlier += 1) assert.ok(zeroBits(`${CHALLENGE}:${earlier}`) < 12);
  });

  it('lets the page go on while it searches', async () => {
    let turns = 0;
    let searching = true;
    const turn = () => {
      turns += 1;
      if (searching) setImmediate(turn);
    };
    setImmediate(turn);
    assert.equal(await solveProof(CHALLENGE, 256, 0.2), null, 'no nonce does, and the challenge expires');
    searching = false;
    assert.ok(turns > 2, `${turns} turns`);
  });
});

/** Work between two breaks: short enough for the page to keep moving. */
const SLICE_MS = 8;

/** As long as the API remembers a challenge. */
const LIFE_SECONDS = 60;

/**
 * Finds a nonce for which SHA-256 of `<challenge>:<nonce>` begins with `bits` zero bits: about `2 ** bits` hashes.
 * Null when that takes longer than the challenge is good for.
 *
 * The browser's own SHA-256 answers later, one call at a time: waiting for it costs more than the hash. A worker
 * would be one more thing that a site's policy has to allow.
 */
export async function solveProof(challenge: string, bits: number, lifeSeconds = LIFE_SECONDS): Promise<string | null> {
  const hash = hashAfter(new TextEncoder().encode(`${challenge}:`));
  const end = performance.now() + lifeSeconds * 1000;
  let nonce = 0;
  for (let now = performance.now(); now < end; now = performance.now()) {
    while (performance.now() < now + SLICE_MS) {
      // The clock costs as much as some hashes.
      for (const stop = nonce + 50; nonce < stop; nonce += 1) {
        if (leadingZeros(hash(String(nonce))) >= bits) return String(nonce);
      }
    }
    await breathe();
  }
  return null;
}

/** Lets the page draw and answer its reader. Timers are held back in a tab in the background. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function leadingZeros(words: Int32Array): number {
  const first = words.findIndex((word) => word !== 0);
  return first < 0 ? words.length * 32 : first * 32 + Math.clz32(words[first]!);
}

const PRIMES: number[] = [];
for (let number = 2; PRIMES.length < 64; number += 1) if (PRIMES.every((prime) => number % prime !== 0)) PRIMES.push(number);

/** The first 32 bits of a number's fraction: SHA-256 takes its constants from the roots of primes. */
const fraction = (number: number) => ((number % 1) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const BLOCK = 64;

/** SHA-256, as 8 words, of texts (ASCII, at most 46 characters) that follow `prefix`, which is hashed only once. */
export function hashAfter(prefix: Uint8Array): (text: string) => Int32Array {
  const words = new Int32Array(BLOCK);
  const whole = prefix.length - (prefix.length % BLOCK);
  let before: Int32Array = START;
  for (let at = 0; at < whole; at += BLOCK) before = compress(before, prefix.subarray(at, at + BLOCK), words);

  const rest = prefix.subarray(whole);
  const tail = new Uint8Array(2 * BLOCK);
  tail.set(rest);
  return (text) => {
    let length = rest.length;
    for (let at = 0; at < text.length; at += 1) tail[length++] = text.charCodeAt(at);
    const end = length + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    tail.fill(0, length, end);
    tail[length] = 0x80;
    new DataView(tail.buffer).setUint32(end - 4, (whole + length) * 8);
    let state: Int32Array = before;
    for (let at = 0; at < end; at += BLOCK) state = compress(state, tail.subarray(at, at + BLOCK), words);
    return state;
  };
}

const rotate = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits));

/** SHA-256's step for one block of 64 bytes; `words` is room for 64. */
function compress(state: Int32Array, block: Uint8Array, words: Int32Array): Int32Array {
  for (let at = 0; at < 16; at += 1) {
    const byte = at * 4;
    words[at] = (block[byte]! << 24) | (block[byte + 1]! << 16) | (block[byte + 2]! << 8) | block[byte + 3]!;
  }
  for (let at = 16; at < 64; at += 1) {
    const near = words[at - 2]!;
    const far = words[at - 15]!;
    words[at] =
      words[at - 16]! + words[at - 7]! + (rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)) + (rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < 64; at += 1) {
    const first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[at]! + words[at]!;
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return Int32Array.of(a, b, c, d, e, f, g, h).map((word, at) => word + state[at]!);
}

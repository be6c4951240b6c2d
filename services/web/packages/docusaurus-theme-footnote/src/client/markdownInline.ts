/** A piece of a line of Markdown. `text` may hold character references. */
export type Inline =
  | {type: 'text' | 'code'; text: string}
  | {type: 'break'}
  | {type: 'strong' | 'em' | 'del'; children: Inline[]}
  | {type: 'link'; href: string; children: Inline[]}
  | {type: 'image'; href: string; alt: string};

/** Addresses of `[label]: address` lines, by label in lower case. */
export type Definitions = ReadonlyMap<string, string>;

/** A run of `*`, `_` or `~` that may open or close emphasis, until it is matched. */
interface Delimiter {
  type: 'delimiter';
  mark: string;
  count: number;
  opens: boolean;
  closes: boolean;
}

type Node = Inline | Delimiter;

const ESCAPE = /\\([!-/:-@[-`{-~])/y;
const CODE = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y;
const BREAK = /(?: {2,}|\\)\n *|<br\s*\/?>/iy;
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]*)>/iy;
/** A bare address; the object replacement character delimits our own markers. */
const BARE_LINK = /https?:\/\/[^\s<\uFFFC]+/iy;
const RUN = /\*+|_+|~+/y;
const DESTINATION = /\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y;
const REFERENCE = /\[([^\][]*)\]/y;
const PLAIN = /[^\\`<hH*_~![ \n]+|[\s\S]/y;

const MAX_DEPTH = 20;

/** The letters of a line, without its marks; `text` may hold character references. */
export function textOf(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ('children' in piece ? textOf(piece.children) : 'text' in piece ? piece.text : 'alt' in piece ? piece.alt : ' ')).join('');
}

/** Reads the inline marks of one block of Markdown. HTML stays text. */
export function parseInline(source: string, definitions: Definitions, depth = 0): Inline[] {
  const nodes: Node[] = [];
  let position = 0;

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    return pattern.exec(source);
  };
  const add = (node: Node, length: number): void => {
    const last = nodes.at(-1);
    if (node.type === 'text' && last?.type === 'text') last.text += node.text;
    else nodes.push(node);
    position += length;
  };

  while (position < source.length) {
    const before = source[position - 1] ?? ' ';
    let found: RegExpExecArray | null;
    let link: {node: Inline; length: number} | null;
    if ((found = match(ESCAPE))) add({type: 'text', text: escapeReference(found[1] ?? '')}, found[0].length);
    else if ((found = match(CODE))) add({type: 'code', text: trimCode(found[2] ?? '')}, found[0].length);
    else if ((found = match(BREAK))) add({type: 'break'}, found[0].length);
    else if ((found = match(ANGLE_LINK))) add(plainLink(found[1] ?? ''), found[0].length);
    else if (!/[\p{L}\p{N}]/u.test(before) && (found = match(BARE_LINK))) {
      const address = trimAddress(found[0]);
      add(plainLink(address), address.length);
    } else if ((found = match(RUN))) add(delimiter(found[0], before, source[position + found[0].length] ?? ' '), found[0].length);
    else if ((link = depth < MAX_DEPTH ? readLink(source, position, definitions, depth) : null)) add(link.node, link.length);
    else {
      // A run of backticks that nothing closes is text as a whole.
      const text = /`+/y.exec(source.slice(position))?.[0] ?? match(PLAIN)?.[0] ?? '';
      add({type: 'text', text}, text.length);
    }
  }
  return pairDelimiters(nodes);
}

/** A link or an image at a position of the text. */
function readLink(source: string, start: number, definitions: Definitions, depth: number): {node: Inline; length: number} | null {
  const isImage = source.startsWith('![', start);
  if (!isImage && source[start] !== '[') return null;
  const open = start + (isImage ? 2 : 1);
  const close = closingBracket(source, open);
  if (close < 0) return null;
  const label = source.slice(open, close);
  let end = close + 1;
  let href: string | undefined;
  DESTINATION.lastIndex = end;
  REFERENCE.lastIndex = end;
  const destination = DESTINATION.exec(source);
  const reference = destination ? null : REFERENCE.exec(source);
  if (destination) {
    href = (destination[1] ?? destination[2] ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1');
    end += destination[0].length;
  } else {
    href = definitions.get((reference?.[1] || label).toLowerCase());
    end += reference && href !== undefined ? reference[0].length : 0;
  }
  if (href === undefined) return null;
  const node: Inline = isImage ? {type: 'image', href, alt: label} : {type: 'link', href, children: parseInline(label, definitions, depth + 1)};
  return {node, length: end - start};
}

/** Position of the bracket that closes a label, past code and nested brackets; -1 without one. */
function closingBracket(source: string, start: number): number {
  let open = 1;
  for (let position = start; position < source.length; position += 1) {
    const character = source[position];
    if (character === '\\') position += 1;
    else if (character === '`') {
      CODE.lastIndex = position;
      position += (CODE.exec(source)?.[0].length ?? 1) - 1;
    } else if (character === '[') open += 1;
    else if (character === ']' && --open === 0) return position;
  }
  return -1;
}

const SPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;

function delimiter(run: string, before: string, after: string): Node {
  const mark = run[0] ?? '';
  if (mark === '~' && run.length !== 2) return {type: 'text', text: run};
  const leans = (one: string, other: string) => !SPACE.test(one) && (!PUNCTUATION.test(one) || SPACE.test(other) || PUNCTUATION.test(other));
  const left = leans(after, before);
  const right = leans(before, after);
  // Underscores inside a word are part of a name.
  const opens = mark === '_' ? left && (!right || PUNCTUATION.test(before)) : left;
  const closes = mark === '_' ? right && (!left || PUNCTUATION.test(after)) : right;
  return {type: 'delimiter', mark, count: run.length, opens, closes};
}

/** Turns matching delimiters into emphasis, innermost first; the others are text. */
function pairDelimiters(nodes: Node[]): Inline[] {
  for (let end = 0; end < nodes.length; end += 1) {
    const closer = nodes[end];
    if (closer?.type !== 'delimiter' || !closer.closes) continue;
    const start = nodes.findLastIndex((node, position) => position < end && node.type === 'delimiter' && fits(node, closer));
    const opener = nodes[start];
    if (opener?.type !== 'delimiter') continue;
    const size = Math.min(opener.count, closer.count, 2);
    const type = closer.mark === '~' ? 'del' : size === 2 ? 'strong' : 'em';
    const children = nodes.slice(start + 1, end).map(asInline);
    opener.count -= size;
    closer.count -= size;
    const wrapped: Node[] = [opener, {type, children} as Inline, closer];
    nodes.splice(start, end - start + 1, ...wrapped.filter((node) => node.type !== 'delimiter' || node.count > 0));
    // What is left of the closer may close an outer one.
    end = start + (opener.count > 0 ? 1 : 0);
  }
  return nodes.map(asInline);
}

function fits(opener: Delimiter, closer: Delimiter): boolean {
  if (!opener.opens || opener.mark !== closer.mark) return false;
  const ambiguous = opener.closes || closer.opens;
  return !ambiguous || (opener.count + closer.count) % 3 !== 0 || (opener.count % 3 === 0 && closer.count % 3 === 0);
}

const asInline = (node: Node): Inline => (node.type === 'delimiter' ? {type: 'text', text: node.mark.repeat(node.count)} : node);

/** An escaped `&` begins no character reference. */
const escapeReference = (character: string): string => (character === '&' ? '&amp;' : character);

function trimCode(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return /^ .*[^ ].* $|^ [^ ] $/.test(line) ? line.slice(1, -1) : line;
}

/** Drops the punctuation of the sentence that an address ends. */
function trimAddress(address: string): string {
  let text = address;
  for (;;) {
    const shorter = text.replace(/[?!.,:;*_~'"]+$/, '');
    const surplus = shorter.endsWith(')') && shorter.split(')').length > shorter.split('(').length;
    const next = surplus ? shorter.slice(0, -1) : shorter;
    if (next === text) return text;
    text = next;
  }
}

const plainLink = (address: string): Inline => ({type: 'link', href: address, children: [{type: 'text', text: address}]});

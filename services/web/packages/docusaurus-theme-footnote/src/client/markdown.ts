/**
 * Reads Markdown into a tree: CommonMark and GitHub's tables, task lists and bare links, as far as answers
 * use them. There is no HTML in the tree: tags stay text. Pure, and small, because readers load it.
 */
import {type Definitions, type Inline, parseInline} from './markdownInline';

export {type Inline, textOf} from './markdownInline';

export interface Cell {
  children: Inline[];
  align: 'left' | 'right' | 'center' | null;
}

export type Block =
  | {type: 'paragraph' | 'heading' | 'tight'; children: Inline[]}
  | {type: 'code'; text: string; language: string | undefined}
  | {type: 'quote'; blocks: Block[]}
  | {type: 'list'; start: number | null; items: {checked: boolean | null; blocks: Block[]}[]}
  | {type: 'table'; header: Cell[]; rows: Cell[][]}
  | {type: 'rule'};

const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})\s*(\S*)/;
const HEADING = /^ {0,3}#{1,6}(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const UNDERLINE = /^ {0,3}(?:=+|-+)\s*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const TABLE_RULE = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const DEFINITION = /^ {0,3}\[([^\][]+)\]:\s*<?([^\s<>]+)>?(?:\s+["'(].*)?\s*$/;
const TASK = /^\[([ xX])\]\s+/;
const BLANK = /^\s*$/;

/** Nested deeper than this, marks stay text: nothing a model writes may exhaust the browser. */
const MAX_DEPTH = 20;

export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n');
  const definitions = new Map<string, string>();
  for (const line of lines) {
    const [, label, address] = DEFINITION.exec(line) ?? [];
    if (label && address && !definitions.has(label.toLowerCase())) definitions.set(label.toLowerCase(), address);
  }
  return parseBlocks(lines, definitions, 0);
}

function parseBlocks(lines: readonly string[], definitions: Definitions, depth: number): Block[] {
  const blocks: Block[] = [];
  const inline = (text: string) => parseInline(text, definitions);
  let at = 0;

  /** Takes the lines from here on for which the test holds. */
  const take = (test: (line: string, position: number) => boolean): string[] => {
    const start = at;
    while (at < lines.length && test(lines[at] ?? '', at)) at += 1;
    return lines.slice(start, at);
  };

  while (at < lines.length) {
    const line = lines[at] ?? '';
    let found: RegExpExecArray | null;
    if (BLANK.test(line) || DEFINITION.test(line)) at += 1;
    else if ((found = FENCE.exec(line))) {
      const [, indent = '', fence = '', language] = found;
      const end = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`);
      at += 1;
      const code = take((next) => !end.test(next)).map((next) => next.replace(new RegExp(`^ {0,${indent.length}}`), ''));
      at += 1;
      blocks.push({type: 'code', text: code.join('\n'), language: language || undefined});
    } else if (/^ {4}/.test(line)) {
      const code = take((next) => /^ {4}/.test(next) || BLANK.test(next)).map((next) => next.slice(4));
      blocks.push({type: 'code', text: code.join('\n').trimEnd(), language: undefined});
    } else if ((found = HEADING.exec(line))) {
      at += 1;
      blocks.push({type: 'heading', children: inline(found[1] ?? '')});
    } else if (RULE.test(line)) {
      at += 1;
      blocks.push({type: 'rule'});
    } else if (depth < MAX_DEPTH && QUOTE.test(line)) {
      const quoted = take((next, position) => QUOTE.test(next) || (!startsBlock(next) && !BLANK.test((lines[position - 1] ?? '').replace(QUOTE, ''))));
      blocks.push({type: 'quote', blocks: parseBlocks(quoted.map((next) => next.replace(QUOTE, '')), definitions, depth + 1)});
    } else if (depth < MAX_DEPTH && ITEM.test(line)) {
      blocks.push(readList());
    } else if (line.includes('|') && TABLE_RULE.test(lines[at + 1] ?? '') && splitRow(line).length === splitRow(lines[at + 1] ?? '').length) {
      blocks.push(readTable());
    } else {
      const start = at;
      const paragraph = take((next, position) => position === start || (!startsBlock(next) && !UNDERLINE.test(next)));
      const isHeading = UNDERLINE.test(lines[at] ?? '');
      if (isHeading) at += 1;
      blocks.push({type: isHeading ? 'heading' : 'paragraph', children: inline(paragraph.map((next) => next.trimStart()).join('\n').trimEnd())});
    }
  }
  return blocks;

  function readList(): Block {
    const [, , first = ''] = ITEM.exec(lines[at] ?? '') ?? [];
    const kind = first.at(-1);
    const items: string[][] = [];
    let loose = false;
    for (let found; (found = ITEM.exec(lines[at] ?? '')) && found[2]?.at(-1) === kind && !RULE.test(lines[at] ?? ''); ) {
      const [prefix, indent = '', mark = '', gap = ''] = found;
      const width = gap.length > 4 || gap === '' ? indent.length + mark.length + 1 : prefix.length;
      const own = [(lines[at] ?? '').slice(width)];
      at += 1;
      const isInside = (next: string) => next.slice(0, width).trim() === '' && !BLANK.test(next);
      own.push(
        ...take((next, position) =>
          BLANK.test(next)
            ? lines.slice(position).some((later, ahead, rest) => isInside(later) && rest.slice(0, ahead).every((blank) => BLANK.test(blank)))
            : isInside(next) || (!startsBlock(next) && !ITEM.test(next) && !BLANK.test(lines[position - 1] ?? '')),
        ).map((next) => (isInside(next) ? next.slice(width) : next.trimStart())),
      );
      items.push(own);
      const blanks = take((next) => BLANK.test(next)).length;
      const goesOn = ITEM.exec(lines[at] ?? '')?.[2]?.at(-1) === kind;
      loose ||= hasGap(own) || (blanks > 0 && goesOn);
    }
    return {
      type: 'list',
      start: /\d/.test(first) ? Number.parseInt(first, 10) : null,
      items: items.map(([head = '', ...rest]) => {
        const task = TASK.exec(head);
        const content = parseBlocks([task ? head.slice(task[0].length) : head, ...rest], definitions, depth + 1);
        return {
          checked: task ? task[1] !== ' ' : null,
          blocks: loose ? content : content.map((block) => (block.type === 'paragraph' ? {...block, type: 'tight'} : block)),
        };
      }),
    };
  }

  function readTable(): Block {
    const header = splitRow(lines[at] ?? '');
    const alignments = splitRow(lines[at + 1] ?? '').map((cell) => {
      const [left, right] = [cell.startsWith(':'), cell.endsWith(':')];
      return left && right ? 'center' : right ? 'right' : left ? 'left' : null;
    });
    at += 2;
    const rows = take((next) => !BLANK.test(next) && !startsBlock(next)).map(splitRow);
    const cells = (row: readonly string[]): Cell[] => header.map((_, column) => ({children: inline(row[column] ?? ''), align: alignments[column] ?? null}));
    return {type: 'table', header: cells(header), rows: rows.map(cells)};
  }
}

/** Whether a line ends the paragraph before it. A number other than 1 in a sentence begins no list. */
function startsBlock(line: string): boolean {
  const item = ITEM.exec(line);
  const isItem = item !== null && item[3] !== '' && (/^[-*+]$|^1[.)]$/.test(item[2] ?? ''));
  return BLANK.test(line) || isItem || [FENCE, HEADING, RULE, QUOTE].some((pattern) => pattern.test(line));
}

/** Whether the blocks of a list's item stand apart; blank lines inside its code do not count. */
function hasGap(lines: readonly string[]): boolean {
  let fence = '';
  return lines.some((line, position) => {
    const mark = /^ *(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (mark) fence = fence ? '' : mark;
    return !fence && BLANK.test(line) && position > 0 && position < lines.length - 1 && !/^ {2,}/.test(lines[position + 1] ?? '');
  });
}

/** The cells of a table's row; an escaped bar belongs to its cell. */
function splitRow(line: string): string[] {
  const row = line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

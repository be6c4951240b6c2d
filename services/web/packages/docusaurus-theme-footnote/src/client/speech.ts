import {decodeEntities} from './entities';
import {type Block, type Cell, parseMarkdown, textOf} from './markdown';

/** A sentence with what closes it. One that goes on in small letters, as after `e.g.`, has not ended. */
const SENTENCE = /.+?(?:[.!?…]["')\]”’»]*(?=\s+\P{Ll}|\s*$)|[。！？][」』）]*|$)/gsu;

/**
 * What a screen reader says of an answer: its sentences in their order, without Markdown's marks.
 * While more is to come, the last one is left out: it may be half of a sentence.
 */
export function readAloud(markdown: string, isComplete: boolean): string[] {
  const sentences = parseMarkdown(markdown).flatMap(sentencesOf);
  return isComplete ? sentences : sentences.slice(0, -1);
}

function sentencesOf(block: Block): string[] {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
    case 'tight':
      return (decodeEntities(textOf(block.children)).match(SENTENCE) ?? []).map(oneLine).filter((sentence) => sentence !== '');
    case 'code':
      return [block.text];
    case 'quote':
      return block.blocks.flatMap(sentencesOf);
    case 'list':
      return block.items.flatMap(({blocks}) => blocks.flatMap(sentencesOf));
    case 'table':
      return [block.header, ...block.rows].map(rowOf);
    case 'rule':
      return [];
  }
}

const rowOf = (cells: readonly Cell[]): string => cells.map(({children}) => oneLine(decodeEntities(textOf(children)))).join(', ');

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

import {Parser} from 'htmlparser2';

/** A heading that can be linked to: its level (1-6) and its id. */
export type Anchor = [level: number, id: string];

/** What a page's `<main>` can be linked at, in document order. */
export interface PageIds {
  anchors: Anchor[];
  /** Ids of table rows. */
  rows: string[];
}

/** Lists the headings and table rows with an id inside a page's `<main>`. */
export function readIds(html: string): PageIds {
  const ids: PageIds = {anchors: [], rows: []};
  let depth = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'main') depth += 1;
      if (depth === 0 || !attributes.id) return;
      const level = /^h([1-6])$/.exec(name)?.[1];
      if (level) ids.anchors.push([Number(level), attributes.id]);
      if (name === 'tr') ids.rows.push(attributes.id);
    },
    onclosetag(name) {
      if (name === 'main') depth -= 1;
    },
  });
  parser.end(html);
  return ids;
}

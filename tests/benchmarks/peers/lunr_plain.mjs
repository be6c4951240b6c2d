// lunr with its default pipeline: one document a section, every word of the question an optional term.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import lunr from 'lunr';
import {serve} from './protocol.mjs';

function build(pages, folder) {
  let chunks = 0;
  const index = lunr(function () {
    this.ref('id');
    this.field('title');
    this.field('heading');
    this.field('text');
    for (const {id, title, sections} of pages) {
      for (const {anchor, heading, text} of sections) {
        this.add({id: anchor ? `${id}#${anchor}` : id, title, heading: heading ?? '', text});
        chunks += 1;
      }
    }
  });
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  // `Index.search` would read `:`, `*` and `-` in a question as its query syntax, and fail on some.
  const search = (question, limit) =>
    index
      .query((query) => query.term(lunr.tokenizer(question)))
      .slice(0, limit)
      .map(({ref}) => ref);
  return {search, chunks};
}

await serve(build, ['lunr']);

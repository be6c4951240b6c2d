import {type AnchorHTMLAttributes, type ComponentType, Fragment, type ReactNode, useMemo} from 'react';
import {type Citation, safeUrl, splitMarkers, stripMarkers} from '../../client/citations';
import {decodeEntities} from '../../client/entities';
import {type Block, type Cell, type Inline, parseMarkdown, textOf} from '../../client/markdown';

interface MarkdownProps {
  /** Markdown with the markers of `insertMarkers`. */
  text: string;
  citations: readonly Citation[];
  linkTo: (address: string) => AnchorHTMLAttributes<HTMLAnchorElement>;
  CodeBlock: ComponentType<{code: string; language?: string | undefined}>;
}

/**
 * Draws Markdown as React elements. Nothing in the text can become HTML, since none is ever parsed:
 * tags are shown as text, images as links, and addresses that are not plain links as their text.
 */
export default function Markdown({text, ...context}: MarkdownProps): ReactNode {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <Blocks blocks={blocks} context={context} />;
}

type Context = Omit<MarkdownProps, 'text'>;

function Blocks({blocks, context}: {blocks: readonly Block[]; context: Context}): ReactNode {
  return blocks.map((block, position) => <Fragment key={position}>{drawBlock(block, context)}</Fragment>);
}

function drawBlock(block: Block, context: Context): ReactNode {
  const {CodeBlock} = context;
  switch (block.type) {
    case 'paragraph':
      return <p><Line pieces={block.children} context={context} /></p>;
    case 'heading':
      return <p className="footnote-heading"><Line pieces={block.children} context={context} /></p>;
    case 'tight':
      return <Line pieces={block.children} context={context} />;
    case 'code':
      return (
        <>
          <CodeBlock code={stripMarkers(block.text)} language={block.language} />
          <Markers text={block.text} context={context} />
        </>
      );
    case 'rule':
      return <hr />;
    case 'quote':
      return <blockquote><Blocks blocks={block.blocks} context={context} /></blockquote>;
    case 'list': {
      const items = block.items.map(({checked, blocks}, position) => (
        <li key={position}>
          {checked !== null && <input type="checkbox" checked={checked} disabled aria-label={plainText(blocks)} />}
          <Blocks blocks={blocks} context={context} />
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
    case 'table':
      return <Table header={block.header} rows={block.rows} context={context} />;
  }
}

function Line({pieces, context}: {pieces: readonly Inline[]; context: Context}): ReactNode {
  return pieces.map((piece, position) => <Fragment key={position}>{drawInline(piece, context)}</Fragment>);
}

function drawInline(piece: Inline, context: Context): ReactNode {
  switch (piece.type) {
    case 'text':
      return <Text text={decodeEntities(piece.text)} context={context} />;
    case 'code':
      return <><code>{stripMarkers(piece.text)}</code><Markers text={piece.text} context={context} /></>;
    case 'break':
      return <br />;
    case 'strong':
      return <strong><Line pieces={piece.children} context={context} /></strong>;
    case 'em':
      return <em><Line pieces={piece.children} context={context} /></em>;
    case 'del':
      return <del><Line pieces={piece.children} context={context} /></del>;
    case 'link':
    case 'image':
      return <Link piece={piece} context={context} />;
  }
}

function Table({header, rows, context}: {header: readonly Cell[]; rows: readonly Cell[][]; context: Context}): ReactNode {
  const draw = (cells: readonly Cell[], Tag: 'th' | 'td') =>
    cells.map(({children, align}, column) => (
      <Tag key={column} style={align ? {textAlign: align} : undefined}><Line pieces={children} context={context} /></Tag>
    ));
  return (
    <div className="footnote-table" tabIndex={0}>
      <table>
        <thead>
          <tr>{draw(header, 'th')}</tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            <tr key={line}>{draw(row, 'td')}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A link, or an image as a link to it: no page of ours asks another host for a picture. */
function Link({piece, context}: {piece: Extract<Inline, {href: string}>; context: Context}): ReactNode {
  const address = safeUrl(decodeEntities(stripMarkers(piece.href)));
  // A link cannot hold another: the markers of its text follow it.
  const text = piece.type === 'link' ? (
    <Line pieces={piece.children} context={{...context, citations: []}} />
  ) : (
    decodeEntities(stripMarkers(piece.alt)) || stripMarkers(piece.href)
  );
  return (
    <>
      {address === null ? text : <a {...context.linkTo(address)}>{text}</a>}
      <Markers text={piece.type === 'link' ? textOf(piece.children) : piece.alt} context={context} />
    </>
  );
}

function plainText(blocks: readonly Block[]): string {
  return stripMarkers(blocks.map((block) => ('children' in block ? textOf(block.children) : '')).join(' '));
}

/** Text with its markers drawn as footnotes. */
function Text({text, context}: {text: string; context: Context}): ReactNode {
  return splitMarkers(text).map((piece, position) =>
    typeof piece === 'string' ? piece : <Marker key={position} number={piece} context={context} />,
  );
}

/** The markers of a text that is drawn elsewhere without them. */
function Markers({text, context}: {text: string; context: Context}): ReactNode {
  return splitMarkers(text).map((piece, position) =>
    typeof piece === 'number' ? <Marker key={position} number={piece} context={context} /> : null,
  );
}

function Marker({number, context}: {number: number; context: Context}): ReactNode {
  const citation = context.citations.find((other) => other.number === number);
  return (
    citation && (
      <sup className="footnote-marker">
        <a {...context.linkTo(citation.url)} data-footnote={number} aria-label={`${number}: ${citation.title}`}>
          {number}
        </a>
      </sup>
    )
  );
}

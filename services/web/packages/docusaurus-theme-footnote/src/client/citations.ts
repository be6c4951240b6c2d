import type {Annotation, OutputText, UrlSource} from './protocol';

/** A source of an answer with the number its markers show. */
export interface Citation extends UrlSource {
  number: number;
}

/** U+FFFC "object replacement": a symbol to Markdown, so emphasis that ends beside it still closes. */
const MARK = '\uFFFC';
const MARKER = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

/** Numbers the sources in the order of their first marker; the same address keeps one number, an unsafe one gets none. */
export function numberSources(annotations: readonly Annotation[]): Citation[] {
  const byUrl = new Map<string, Citation>();
  const position = (annotation: Annotation) => annotation.index ?? Number.POSITIVE_INFINITY;
  for (const annotation of annotations.filter(Boolean).toSorted((a, b) => position(a) - position(b))) {
    const {source} = annotation;
    if (source.type === 'url' && safeUrl(source.url) !== null && !byUrl.has(source.url)) {
      byUrl.set(source.url, {...source, number: byUrl.size + 1});
    }
  }
  return Array.from(byUrl.values());
}

/** How many sections are offered to go on with. */
const MAX_FURTHER = 2;

/** A cited section: its full name, `Page › Heading`, and one for where the page need not be told. */
export interface Section {
  title: string;
  name: string;
}

/** The sections that an answer cites beside its first one. */
export function furtherSections(annotations: readonly Annotation[]): Section[] {
  const titles = numberSources(annotations.filter((annotation) => annotation?.index !== undefined)).map(({title}) => title);
  const further = titles.slice(1).filter((title) => title.includes(' › ')).slice(0, MAX_FURTHER);
  const headings = further.map((title) => title.split(' › ').slice(1).join(' › '));
  const isAmbiguous = new Set(headings).size < headings.length;
  return further.map((title, position) => ({title, name: isAmbiguous ? title : (headings[position] ?? title)}));
}

/**
 * Puts a marker into the Markdown text after each cited sentence.
 * The markers pass through a Markdown lexer unharmed; `splitMarkers` finds them again in its tokens.
 */
export function insertMarkers(text: string, annotations: readonly Annotation[], citations: readonly Citation[]): string {
  const numbers = new Map(citations.map((citation) => [citation.url, citation.number]));
  const clean = text.replaceAll(MARK, '\uFFFD');
  const marks = new Map<number, Set<number>>();
  for (const {index, source} of annotations.filter(Boolean)) {
    const number = source.type === 'url' ? numbers.get(source.url) : undefined;
    if (index === undefined || number === undefined) continue;
    const place = clean.slice(0, index).trimEnd().length;
    marks.set(place, (marks.get(place) ?? new Set()).add(number));
  }
  let result = '';
  let start = 0;
  for (const [place, found] of Array.from(marks).toSorted(([a], [b]) => a - b)) {
    const markers = Array.from(found, (number) => `${MARK}${number}${MARK}`).join('');
    result = addMarkers(result + clean.slice(start, place), markers);
    start = place;
  }
  return result + clean.slice(start);
}

function addMarkers(before: string, markers: string): string {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  // Behind a closing fence a marker would keep the code block open: it gets a line of its own, indented alike.
  const fence = /^(\s*)(?:`{3,}|~{3,})$/.exec(line);
  if (fence) return `${before}\n${fence[1]}${markers}`;
  // Behind a table row's last bar a marker would be a cell too many.
  if (/^\s*\|.*\|$/.test(line)) return `${before.slice(0, -1)}${markers} |`;
  return before + markers;
}

/** Splits text at its markers: strings are text, numbers are citations. */
export function splitMarkers(text: string): (string | number)[] {
  return text
    .split(MARKER)
    .map((piece, position) => (position % 2 === 1 ? Number(piece) : piece))
    .filter((piece) => piece !== '');
}

/** The text without its markers. */
export function stripMarkers(text: string): string {
  return text.replace(MARKER, '');
}

/** An answer as Markdown that stands on its own: its markers are links, and its sources follow. */
export function answerAsMarkdown(parts: readonly OutputText[], citations: readonly Citation[]): string {
  const urls = new Map(citations.map(({number, url}) => [String(number), url]));
  const text = parts
    .map((part) => insertMarkers(part.text, part.annotations ?? [], citations))
    .join('\n\n')
    .replace(MARKER, (_, number: string) => ` [[${number}]](${urls.get(number)})`);
  const sources = citations.map(({number, title, url}) => `${number}. [${title.replace(/[[\]]/g, '\\$&')}](${url})`);
  return [text, ...(sources.length > 0 ? [sources.join('\n')] : [])].join('\n\n') + '\n';
}

export interface SiteLocation {
  /** Origins under which this site is known: the configured one, and the one it is being read on. */
  origins: readonly string[];
  /** Base URL of the locale being read. */
  baseUrl: string;
  /** Base URLs of the site's other locales, which are applications of their own. */
  otherBaseUrls: readonly string[];
}

/** The path, with its fragment, for the site's own router; null for an address outside this application. */
export function internalPath(address: string, site: SiteLocation): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const isOurs = site.origins.includes(url.origin) && `${url.pathname}/`.startsWith(site.baseUrl);
  const isOther = site.otherBaseUrls.some(
    (other) => other.length > site.baseUrl.length && `${url.pathname}/`.startsWith(other),
  );
  return isOurs && !isOther ? url.pathname + url.search + url.hash : null;
}

/** The address if a reader may follow it, else null: `javascript:`, `data:` and the like are refused. */
export function safeUrl(address: string): string | null {
  const trimmed = address.trim();
  if (/^(?:[/#?]|\.{1,2}\/)/.test(trimmed) && !trimmed.startsWith('//')) return trimmed;
  if (!URL.canParse(trimmed)) return null;
  return ['http:', 'https:', 'mailto:'].includes(new URL(trimmed).protocol) ? trimmed : null;
}

import {createHash} from 'node:crypto';
import {readFile, writeFile, mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {AllContent, LoadContext, Plugin} from '@docusaurus/types';
import {applyTrailingSlash} from '@docusaurus/utils-common';
import {type Anchor, readIds} from './anchors';

const FILE_NAME = 'footnote-manifest.json';

/** One page of the site: where its source stands and which route it got. */
export interface ManifestPage {
  kind: 'docs' | 'blog' | 'pages';
  /** Plugin instance id, such as `default`. */
  plugin: string;
  version: string | null;
  /** True for the version that the site shows by default; null where there are no versions. */
  latest: boolean | null;
  id: string;
  /** Path below the site's directory, or null for a source outside it. */
  source: string | null;
  /** Route, base URL and trailing slash included. */
  path: string;
  title: string | null;
  unlisted: boolean;
  /** Known in a build only; false under `docusaurus start`. */
  noIndex: boolean;
  /** `[level, id]` of each heading, in a build only. */
  anchors?: Anchor[];
  /** Ids of the table rows that have one, in a build only. */
  rows?: string[];
  /** SHA-256 of the source file, hexadecimal, in a build only: tells whether the file was edited since. */
  digest?: string;
}

interface Doc {id: string; source: string; permalink: string; title: string; unlisted?: boolean}
interface DocsContent {loadedVersions: {versionName: string; isLast: boolean; docs: Doc[]}[]}
interface BlogContent {blogPosts: {id: string; metadata: {source: string; permalink: string; title: string; unlisted?: boolean}}[]}
type PagesContent = {source: string; permalink: string; title?: string; unlisted?: boolean}[] | null;

type BuildProps = Pick<Parameters<NonNullable<Plugin['postBuild']>>[0], 'outDir' | 'routesBuildMetadata'>;

/** Collects the pages that Docusaurus loaded and publishes them as `footnote-manifest.json`. */
export class ManifestWriter {
  private pages: ManifestPage[] = [];
  private readonly devDirectory: string;

  constructor(private readonly context: LoadContext) {
    this.devDirectory = path.join(context.generatedFilesDir, 'docusaurus-theme-footnote', 'public');
  }

  /** Entry for the dev server's `static` list: serves the manifest under the site's base URL. */
  get devServerStatic(): {directory: string; publicPath: string} {
    return {directory: this.devDirectory, publicPath: this.context.siteConfig.baseUrl};
  }

  /** Takes the loaded content of all plugins; called again by the dev server when a file changes. */
  async collect(allContent: AllContent): Promise<void> {
    this.pages = listPages(allContent).map((page) => ({...page, path: this.withTrailingSlash(page.path)}));
    await mkdir(this.devDirectory, {recursive: true});
    await this.write(this.devDirectory, this.pages);
  }

  /** Writes the manifest into the build's output, with the heading ids that stand in the emitted HTML. */
  async writeBuild({outDir, routesBuildMetadata}: BuildProps): Promise<void> {
    const pages: ManifestPage[] = [];
    for (const page of this.pages) {
      const html = await this.readPage(outDir, page);
      const source = page.source && path.join(this.context.siteDir, page.source);
      pages.push({
        ...page,
        noIndex: routesBuildMetadata[page.path]?.noIndex ?? false,
        ...(html === undefined ? {} : readIds(html)),
        ...(source ? {digest: createHash('sha256').update(await readFile(source)).digest('hex')} : {}),
      });
    }
    await this.write(outDir, pages);
  }

  private withTrailingSlash(permalink: string): string {
    const {trailingSlash, baseUrl} = this.context.siteConfig;
    return applyTrailingSlash(permalink, {trailingSlash, baseUrl});
  }

  /** The HTML of a page; undefined, with a warning, when the build has none for it. */
  private async readPage(outDir: string, page: ManifestPage): Promise<string | undefined> {
    const relative = decode(page.path).slice(this.context.siteConfig.baseUrl.length);
    // `trailingSlash: false` emits page.html, the other two settings page/index.html.
    const candidates = relative === '' || relative.endsWith('/')
      ? [`${relative}index.html`]
      : [`${relative}.html`, `${relative}/index.html`, relative];
    for (const candidate of candidates) {
      try {
        return await readFile(path.join(outDir, candidate), 'utf8');
      } catch (error) {
        if (!['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
    console.warn(
      `docusaurus-theme-footnote: the build has no HTML file for ${page.path} (source ${page.source}), so ${FILE_NAME} lists the page without its headings.`,
    );
    return undefined;
  }

  private async write(directory: string, pages: ManifestPage[]): Promise<void> {
    const {url, baseUrl, trailingSlash} = this.context.siteConfig;
    const manifest = {
      schema: 1,
      url,
      baseUrl,
      locale: this.context.i18n.currentLocale,
      trailingSlash: trailingSlash ?? null,
      pages: pages.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    };
    await writeFile(path.join(directory, FILE_NAME), `${JSON.stringify(manifest)}\n`);
  }
}

function listPages(allContent: AllContent): ManifestPage[] {
  return [
    ...instances<DocsContent>(allContent, 'docusaurus-plugin-content-docs').flatMap(([plugin, content]) =>
      content.loadedVersions.flatMap((version) =>
        version.docs.map((doc) => ({
          ...common('docs', plugin, doc),
          version: version.versionName,
          latest: version.isLast,
          id: doc.id,
        })),
      ),
    ),
    ...instances<BlogContent>(allContent, 'docusaurus-plugin-content-blog').flatMap(([plugin, content]) =>
      content.blogPosts.map((post) => ({...common('blog', plugin, post.metadata), id: post.id})),
    ),
    ...instances<PagesContent>(allContent, 'docusaurus-plugin-content-pages').flatMap(([plugin, content]) =>
      (content ?? []).map((page) => ({...common('pages', plugin, page), id: page.permalink})),
    ),
  ];
}

/** A path with its escapes resolved; as it is where a percent sign is no escape. */
function decode(permalink: string): string {
  try {
    return decodeURI(permalink);
  } catch (error) {
    if (error instanceof URIError) return permalink;
    throw error;
  }
}

/** Path below the site's directory of Docusaurus' `@site/…`, or null for a file outside of it. */
function belowSite(source: string): string | null {
  const relative = source.startsWith('@site/') ? source.slice('@site/'.length) : '../';
  return relative.startsWith('../') ? null : relative;
}

function common(
  kind: ManifestPage['kind'],
  plugin: string,
  page: {source: string; permalink: string; title?: string; unlisted?: boolean},
): Omit<ManifestPage, 'id'> {
  return {
    kind,
    plugin,
    version: null,
    latest: null,
    source: belowSite(page.source),
    path: page.permalink,
    title: page.title ?? null,
    unlisted: page.unlisted ?? false,
    noIndex: false,
  };
}

/** Content of each instance of a plugin; another plugin's shape is a fact of Docusaurus 3, so asserted here. */
function instances<T>(allContent: AllContent, name: string): [string, T][] {
  return Object.entries(allContent[name] ?? {})
    .filter(([, content]) => content !== undefined)
    .map(([id, content]) => [id, content as T]);
}

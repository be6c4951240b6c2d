/** Which docs a reader looks at. A name is left out where the site has only one of it. */
export interface Scope {
  version?: string;
  locale?: string;
}

/** What the docs plugin tells about one of its instances. */
export interface DocsInstance {
  /** Route below which all of its pages stand. */
  path: string;
  versions: {name: string; path: string; isLast: boolean}[];
}

/** Version and locale of the page at a path; outside the docs the version that the site shows by default. */
export function scopeOf(
  pathname: string,
  docs: Readonly<Record<string, DocsInstance>> | undefined,
  i18n: {currentLocale: string; locales: readonly string[]},
): Scope {
  const instances = Object.values(docs ?? {});
  const instance = nearest(pathname, instances) ?? (instances.length === 1 ? instances[0] : undefined);
  const versions = instance?.versions ?? [];
  const version = nearest(pathname, versions) ?? versions.find(({isLast}) => isLast);
  return {
    ...(versions.length > 1 && version && {version: version.name}),
    ...(i18n.locales.length > 1 && {locale: i18n.currentLocale}),
  };
}

/** The entry with the longest path that the page stands below. */
function nearest<T extends {path: string}>(pathname: string, entries: readonly T[]): T | undefined {
  return entries
    .filter(({path}) => `${pathname}/`.startsWith(`${path.replace(/\/$/, '')}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

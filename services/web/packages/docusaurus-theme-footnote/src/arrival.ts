import type {ClientModule} from '@docusaurus/types';

type Route = Parameters<NonNullable<ClientModule['onRouteDidUpdate']>>[0];

/**
 * Shows the heading that a page's address names, where it stands in a tab or a collapsed section.
 * Docusaurus calls this after the first page and each further one; the code comes only where it may be needed.
 */
export function onRouteDidUpdate({location: {hash}}: Route): void {
  const id = decode(hash.slice(1));
  if (document.getElementById(id)?.closest('details, [role=tabpanel]')) {
    void import('./theme/Footnote/reveal').then(({reveal}) => reveal(id));
  }
}

/** A fragment with its escapes resolved; as it is where a percent sign is no escape. */
export function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch (error) {
    if (error instanceof URIError) return fragment;
    throw error;
  }
}

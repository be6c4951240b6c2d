import {useHistory} from '@docusaurus/router';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import {type AnchorHTMLAttributes, type MouseEvent, useCallback, useMemo} from 'react';
import {decode} from '../../arrival';
import {type SiteLocation, internalPath} from '../../client/citations';
import {reveal} from './reveal';

/** How long a heading may take to appear after the page that holds it was opened. */
const HEADING_TIMEOUT_MS = 5000;

type Link = Pick<AnchorHTMLAttributes<HTMLAnchorElement>, 'href' | 'target' | 'rel' | 'onClick'>;

/**
 * Makes links of the panel: an address of this site moves by the site's own router, without a reload,
 * and its heading is marked; any other opens in a tab of its own. With `takeFocus` reading goes on at the
 * heading; without, only where nothing else has the focus.
 */
export function useLinks(onNavigate: () => void, takeFocus = false): (address: string) => Link {
  const history = useHistory();
  const {siteConfig, i18n} = useDocusaurusContext();
  const site = useMemo<SiteLocation>(
    () => ({
      origins: [new URL(siteConfig.url).origin, window.location.origin],
      baseUrl: siteConfig.baseUrl,
      otherBaseUrls: i18n.locales
        .filter((locale) => locale !== i18n.currentLocale)
        .map((locale) => i18n.localeConfigs[locale]?.baseUrl ?? `${siteConfig.baseUrl}${locale}/`),
    }),
    [siteConfig, i18n],
  );

  return useCallback(
    (address: string): Link => {
      const path = internalPath(new URL(address, window.location.href).href, site);
      if (path === null) return {href: address, target: '_blank', rel: 'noopener noreferrer'};
      return {
        href: path,
        onClick(event: MouseEvent) {
          if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          onNavigate();
          void showHeading(path, history.push, takeFocus);
        },
      };
    },
    [history, site, onNavigate, takeFocus],
  );
}

/** Opens a path, scrolls to the heading that it points at once that is on the page, and marks it for a moment. */
async function showHeading(path: string, push: (path: string) => void, takeFocus: boolean): Promise<void> {
  const {pathname, hash} = new URL(path, window.location.origin);
  // Many hosts add a slash to the address of a page that has none.
  const isHere = withoutSlash(pathname) === withoutSlash(window.location.pathname);
  // The old page stays until the new one's code has arrived.
  const leaving = isHere ? null : (document.querySelector('main article') ?? document.querySelector('main'));
  if (!isHere) push(path);
  else if (hash !== window.location.hash) push(window.location.pathname + hash);
  if (hash === '') return;
  const id = decode(hash.slice(1));
  const heading = (await appears(id, leaving)) ? await reveal(id, true) : null;
  if (!heading) return;
  // On a phone the panel has closed and took the focus with it: reading goes on at the heading.
  if (takeFocus || document.activeElement === document.body) {
    heading.tabIndex = -1;
    heading.focus({preventScroll: true});
  }
}

const withoutSlash = (pathname: string): string => pathname.replace(/\/$/, '');

/** Whether an element with this id comes; the page that is being left, which may hold the same id, must be gone. */
function appears(id: string, leaving: Element | null): Promise<boolean> {
  const isThere = () => !leaving?.isConnected && document.getElementById(id) !== null;
  return new Promise((resolve) => {
    const timer = setTimeout(finish, HEADING_TIMEOUT_MS);
    const observer = new MutationObserver(() => isThere() && finish());
    function finish() {
      clearTimeout(timer);
      observer.disconnect();
      resolve(isThere());
    }
    observer.observe(document.documentElement, {childList: true, subtree: true});
    if (isThere()) finish();
  });
}

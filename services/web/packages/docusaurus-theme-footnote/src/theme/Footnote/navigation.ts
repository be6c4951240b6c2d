import {useHistory} from '@docusaurus/router';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import {type AnchorHTMLAttributes, type MouseEvent, useCallback, useMemo} from 'react';
import {type SiteLocation, internalPath} from '../../client/citations';

/** How long a heading may take to appear after the page that holds it was opened. */
const HEADING_TIMEOUT_MS = 5000;

const MARK_MS = 2600;

/** Longest time that a collapsed section takes to unfold. */
const UNFOLD_MS = 600;

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
  // The old page stays until the new one's code has arrived, and may hold the same id.
  const leaving = isHere ? null : (document.querySelector('main article') ?? document.querySelector('main'));
  if (!isHere) push(path);
  else if (hash !== window.location.hash) push(window.location.pathname + hash);
  if (hash === '') return;
  const heading = await findElement(decodeURIComponent(hash.slice(1)), leaving);
  if (!heading) return;
  if (uncover(heading)) await appearance(heading);
  heading.scrollIntoView();
  // On a phone the panel has closed and took the focus with it: reading goes on at the heading.
  if (takeFocus || document.activeElement === document.body) {
    heading.tabIndex = -1;
    heading.focus({preventScroll: true});
  }
  heading.classList.add('footnote-target');
  setTimeout(() => heading.classList.remove('footnote-target'), MARK_MS);
}

const withoutSlash = (pathname: string): string => pathname.replace(/\/$/, '');

/** Opens the tabs and collapsed sections that an element stands in, outermost first; returns whether there was any. */
function uncover(element: HTMLElement): boolean {
  const controls: (HTMLElement | null | undefined)[] = [];
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    if (outer instanceof HTMLDetailsElement && !outer.open) controls.unshift(outer.querySelector('summary'));
    if (outer.hidden && outer.getAttribute('role') === 'tabpanel') controls.unshift(tabOf(outer));
  }
  // The theme's own controls, so that its state and what it remembers stay true.
  for (const control of controls) control?.click();
  return controls.length > 0;
}

/** Waits until what was opened has unfolded: its animation moves what it holds. */
async function appearance(element: HTMLElement): Promise<void> {
  const end = performance.now() + UNFOLD_MS;
  for (let top = Number.NaN; performance.now() < end; ) {
    await new Promise(requestAnimationFrame);
    const {top: now, height} = element.getBoundingClientRect();
    if (height > 0 && now === top && performance.now() > end - UNFOLD_MS / 2) return;
    top = now;
  }
}

/** The tab of one of Docusaurus' panels, which are linked by nothing but their position. */
function tabOf(panel: HTMLElement): HTMLElement | undefined {
  const tabs = panel.closest('.tabs-container')?.querySelectorAll<HTMLElement>(':scope > [role=tablist] > [role=tab]');
  return tabs?.[Array.from(panel.parentElement?.children ?? []).indexOf(panel)];
}

/** Waits for an element with this id after the `leaving` one is gone; null when none comes. */
function findElement(id: string, leaving: Element | null): Promise<HTMLElement | null> {
  const find = () => (leaving?.isConnected ? null : document.getElementById(id));
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(null), HEADING_TIMEOUT_MS);
    const observer = new MutationObserver(() => {
      const element = find();
      if (element) finish(element);
    });
    function finish(element: HTMLElement | null) {
      clearTimeout(timer);
      observer.disconnect();
      resolve(element);
    }
    observer.observe(document.documentElement, {childList: true, subtree: true});
    const element = find();
    if (element) finish(element);
  });
}

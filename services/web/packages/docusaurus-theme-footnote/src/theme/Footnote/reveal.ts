import {styleSheet} from './styleSheet';

const MARK_MS = 2600;

/** How long a heading must stand still, so that no tab and no section that unfolds moves it any more. */
const STILL_MS = 300;

/** How long a heading may take to appear and stand still. */
const TIMEOUT_MS = 5000;

const installMark = styleSheet(/* css */ `
.footnote-target { animation: footnote-target 2.6s ease-out; border-radius: 0.25rem; }
@keyframes footnote-target {
  0%, 60% { background: color-mix(in srgb, var(--ifm-color-primary) 22%, transparent); box-shadow: 0 0 0 0.35rem color-mix(in srgb, var(--ifm-color-primary) 22%, transparent); }
}
`);

/**
 * Opens the tabs and collapsed sections that an element stands in, scrolls to it and marks it for a moment.
 * With `always`, also scrolls to an element that nothing hides. Returns it, or null when it cannot be shown.
 */
export async function reveal(id: string, always = false): Promise<HTMLElement | null> {
  const end = performance.now() + TIMEOUT_MS;
  let uncovered = false;
  let place = Number.NaN;
  let stillSince = Number.NaN;
  // While React takes over a page it draws its tabs anew and applies the reader's choice of them: the element
  // is looked for in each frame, until it stands still on a page that is alive.
  for (let now = performance.now(); now < end; now = performance.now()) {
    const element = document.getElementById(id);
    const isAlive = document.documentElement.dataset.hasHydrated === 'true';
    if (element && isAlive && uncover(element)) uncovered = true;
    const {top, height} = element?.getBoundingClientRect() ?? {top: 0, height: 0};
    if (top + window.scrollY !== place || height === 0 || !isAlive) stillSince = now;
    place = top + window.scrollY;
    if (element && now - stillSince >= (uncovered || !always ? STILL_MS : 0)) {
      if (uncovered || always) show(element);
      return element;
    }
    await new Promise(requestAnimationFrame);
  }
  return null;
}

function show(element: HTMLElement): void {
  element.scrollIntoView();
  installMark();
  element.classList.add('footnote-target');
  setTimeout(() => element.classList.remove('footnote-target'), MARK_MS);
}

/** Opens what hides an element, outermost first; returns whether there was anything. */
function uncover(element: HTMLElement): boolean {
  const controls: HTMLElement[] = [];
  const add = (control: HTMLElement | null | undefined) => control && controls.unshift(control);
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    // A browser opens a `<details>` for a fragment by itself: what Docusaurus has folded in it stays folded.
    if (outer instanceof HTMLDetailsElement && (!outer.open || outer.dataset.collapsed === 'true')) add(outer.querySelector('summary'));
    if (outer.hidden && outer.getAttribute('role') === 'tabpanel') add(tabOf(outer));
  }
  // The theme's own controls, so that its state and what it remembers stay true.
  for (const control of controls) control.click();
  return controls.length > 0;
}

/** The tab of one of Docusaurus' panels, which are linked by nothing but their position. */
function tabOf(panel: HTMLElement): HTMLElement | undefined {
  const tabs = panel.closest('.tabs-container')?.querySelectorAll<HTMLElement>(':scope > [role=tablist] > [role=tab]');
  return tabs?.[Array.from(panel.parentElement?.children ?? []).indexOf(panel)];
}

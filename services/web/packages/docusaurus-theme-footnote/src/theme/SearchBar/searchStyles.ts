import {styleSheet} from '../Footnote/styleSheet';

const CSS = /* css */ `
.footnote-box {
  --edge: color-mix(in srgb, var(--ifm-font-color-base) 18%, transparent);
  --quiet: color-mix(in srgb, var(--ifm-font-color-base) 68%, var(--ifm-background-surface-color));
  --soft: color-mix(in srgb, var(--ifm-font-color-base) 7%, var(--ifm-background-surface-color));
  width: min(40rem, calc(100vw - 2rem));
  max-width: none;
  max-height: min(36rem, 76dvh);
  margin: 12dvh auto auto;
  padding: 0;
  overflow: hidden;
  border: 1px solid var(--edge);
  border-radius: 0.875rem;
  background: var(--ifm-background-surface-color);
  color: var(--ifm-font-color-base);
  box-shadow: var(--ifm-global-shadow-tl);
  font-size: 0.9375rem;
  line-height: 1.5;
}
.footnote-box[open] { display: flex; flex-direction: column; animation: footnote-box-in 0.12s ease-out; }
.footnote-box::backdrop { background: rgb(0 0 0 / 45%); }
.footnote-box *, .footnote-box *::before { box-sizing: border-box; }
.footnote-box .footnote-svg { width: 1.25rem; height: 1.25rem; flex: none; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; color: var(--quiet); }
.footnote-box-field { display: flex; align-items: center; gap: 0.75rem; padding: 0.375rem 0.5rem 0.375rem 1.125rem; }
.footnote-box-field input { flex: 1; min-width: 0; height: 2.75rem; padding: 0; border: 0; outline: 0; background: none; color: inherit; font: inherit; font-size: 1.0625rem; }
.footnote-box-field input::placeholder { color: var(--quiet); opacity: 1; }
.footnote-box .footnote-icon { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; padding: 0; border: 0; border-radius: 0.5rem; background: none; color: var(--quiet); cursor: pointer; }
.footnote-box .footnote-icon:hover { background: var(--soft); }
.footnote-box :focus-visible:not(input) { outline: 2px solid var(--ifm-color-primary); outline-offset: -2px; }
.footnote-box-list { flex: 1; min-height: 0; overflow-y: auto; padding: 0 0.5rem; border-block-start: 1px solid var(--edge); scroll-padding-block: 2rem 4rem; }
.footnote-box-list[hidden] { display: none; }
.footnote-box-page { padding-block: 0.625rem 0.125rem; }
.footnote-box-page > p { margin: 0; padding: 0 0.75rem 0.25rem; color: var(--quiet); font-size: 0.8125rem; font-weight: 600; }
.footnote-box [role=option] { display: block; padding: 0.5rem 0.75rem; border-radius: 0.5rem; color: inherit; text-decoration: none; }
.footnote-box [role=option][aria-selected=true] { background: var(--soft); box-shadow: inset 3px 0 var(--ifm-color-primary); }
.footnote-box-heading { display: block; font-weight: 600; line-height: 1.4; overflow-wrap: anywhere; }
.footnote-box-excerpt { display: -webkit-box; overflow: hidden; color: var(--quiet); font-size: 0.8125rem; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; }
.footnote-box mark { padding: 0; border-radius: 0.15em; background: color-mix(in srgb, var(--ifm-color-primary) 20%, transparent); color: var(--ifm-font-color-base); }
.footnote-box [role=option].footnote-box-ask {
  position: sticky;
  inset-block-end: 0;
  display: flex;
  align-items: center;
  gap: 0.75rem;
  width: calc(100% + 1rem);
  margin: 0.5rem -0.5rem 0;
  padding: 0.75rem 1.25rem;
  border: 0;
  border-block-start: 1px solid var(--edge);
  border-radius: 0;
  background: var(--ifm-background-surface-color);
  font: inherit;
  text-align: start;
  cursor: pointer;
}
.footnote-box [role=option].footnote-box-ask:first-child { margin-block-start: 0; border-block-start: 0; }
.footnote-box [role=option].footnote-box-ask[aria-selected=true] { background: var(--soft); }
.footnote-box-ask > span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.footnote-box-status { margin: 0; padding: 0.75rem 1.25rem; border-block-start: 1px solid var(--edge); color: var(--quiet); }
.footnote-box .footnote-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes footnote-box-in { from { opacity: 0; transform: translateY(-0.5rem); } }
@media (max-width: 576px) {
  .footnote-box { width: 100vw; height: 100dvh; max-height: none; margin: 0; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: reduce) {
  .footnote-box[open] { animation: none; }
}
`;

/** Puts the styles of the search box into the page, once. */
export const installSearchStyles = styleSheet(CSS);

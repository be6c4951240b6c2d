import {styleSheet} from './styleSheet';

const CSS = /* css */ `
:root {
  --footnote-width: 25rem;
}
.footnote-panel {
  --edge: color-mix(in srgb, var(--ifm-font-color-base) 18%, transparent);
  --quiet: color-mix(in srgb, var(--ifm-font-color-base) 68%, var(--ifm-background-surface-color));
  --soft: color-mix(in srgb, var(--ifm-font-color-base) 5%, transparent);
  --tint: color-mix(in srgb, var(--ifm-font-color-base) 11%, transparent);
  /* Sites choose colours for links on their own background: ours also stand on tinted ones. */
  --link: color-mix(in srgb, var(--ifm-link-color) 75%, var(--ifm-font-color-base));
  --accent: var(--footnote-accent, var(--ifm-color-primary-darkest));
  --on-accent: var(--footnote-on-accent, #fff);
  position: fixed;
  inset: 0;
  z-index: calc(var(--ifm-z-index-fixed) + 100);
  display: flex;
  flex-direction: column;
  background: var(--ifm-background-surface-color);
  color: var(--ifm-font-color-base);
  font-size: 0.9375rem;
  line-height: 1.6;
  overscroll-behavior: contain;
}
.footnote-panel[hidden] { display: none; }
.footnote-panel *, .footnote-panel *::before { box-sizing: border-box; }
.footnote-panel :focus-visible { outline: 2px solid var(--ifm-color-primary); outline-offset: 1px; }
.footnote-panel:focus, .footnote-panel textarea:focus-visible { outline: 0; }
.footnote-panel ul, .footnote-panel ol { margin: 0; }

.footnote-header {
  display: flex;
  align-items: center;
  gap: 0.125rem;
  min-height: var(--ifm-navbar-height, 3.75rem);
  padding: 0 0.5rem 0 1.25rem;
  border-block-end: 1px solid var(--edge);
}
.footnote-header h2 { flex: 1; margin: 0; font-size: 1.0625rem; }
.footnote-icon {
  display: grid;
  place-items: center;
  flex: none;
  width: 2.25rem;
  height: 2.25rem;
  padding: 0;
  border: 0;
  border-radius: 0.5rem;
  background: none;
  color: var(--quiet);
  cursor: pointer;
}
.footnote-icon:hover { background: var(--tint); color: var(--ifm-font-color-base); }
.footnote-icon[aria-pressed='true'] { background: var(--tint); color: var(--link); }
.footnote-svg {
  width: 1.25rem;
  height: 1.25rem;
  fill: none;
  stroke: currentcolor;
  stroke-width: 1.8;
  stroke-linecap: round;
  stroke-linejoin: round;
}

.footnote-scroll { position: relative; flex: 1; min-height: 0; overflow: hidden auto; padding: 0 1.25rem; }
.footnote-scroll:focus-visible { outline-offset: -2px; }
.footnote-welcome { padding-block: 1.5rem; }
.footnote-welcome > p { font-size: 1.0625rem; }
.footnote-panel .footnote-questions { display: flex; flex-direction: column; align-items: flex-start; gap: 0.5rem; padding: 0; list-style: none; }
.footnote-questions button {
  padding: 0.5rem 0.875rem;
  border: 1px solid var(--edge);
  border-radius: 1.25rem;
  background: none;
  color: var(--link);
  font: inherit;
  text-align: start;
  cursor: pointer;
}
.footnote-questions button:hover { border-color: currentcolor; background: var(--soft); }

.footnote-turn { padding-block: 1.25rem 1rem; }
/* Room for the newest question to stand at the top, whatever the length of its answer. */
.footnote-turn[data-newest] { min-height: 100%; }
.footnote-question {
  width: fit-content;
  padding: 0.5rem 0.875rem;
  border-radius: 1.125rem 1.125rem 0.25rem;
  background: var(--tint);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.footnote-asked { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 0.25rem; margin-block-end: 1.125rem; }
.footnote-asked .footnote-question { margin: 0; max-width: calc(100% - 2.5rem); }
.footnote-asked .footnote-icon { opacity: 0; }
.footnote-asked:hover .footnote-icon, .footnote-asked .footnote-icon:focus-visible { opacity: 1; }
@media (hover: none) { .footnote-asked .footnote-icon { opacity: 1; } }
.footnote-panel .footnote-asked blockquote, .footnote-panel .footnote-selection blockquote {
  display: -webkit-box;
  flex: 1 1 100%;
  margin: 0;
  padding: 0 0 0 0.75rem;
  overflow: hidden;
  border-inline-start: 3px solid var(--edge);
  color: var(--quiet);
  font-size: 0.8125rem;
  line-height: 1.5;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
}
.footnote-selection { display: flex; align-items: center; gap: 0.5rem; margin-block-end: 0.5rem; }
.footnote-panel .footnote-selection blockquote { flex: 1; -webkit-line-clamp: 2; }
.footnote-answer { position: relative; }
/* The transparent edge bridges the gap, so that the pointer can move onto the card. */
.footnote-preview { position: absolute; z-index: 2; inset-inline: 0; padding-block: 0.375rem; }
.footnote-preview > div {
  padding: 0.75rem 0.875rem;
  border: 1px solid var(--edge);
  border-radius: 0.625rem;
  background: color-mix(in srgb, var(--ifm-font-color-base) 4%, var(--ifm-background-surface-color));
  box-shadow: var(--ifm-global-shadow-md);
  font-size: 0.8125rem;
  line-height: 1.5;
}
.footnote-preview strong { display: block; }
.footnote-preview q { display: -webkit-box; overflow: hidden; margin-block-start: 0.25rem; color: var(--quiet); -webkit-box-orient: vertical; -webkit-line-clamp: 6; }
.footnote-progress { display: flex; align-items: center; gap: 0.625rem; color: var(--quiet); }
.footnote-progress::before, .footnote-cursor {
  content: '';
  display: inline-block;
  width: 0.5rem;
  height: 0.5rem;
  border-radius: 50%;
  background: var(--ifm-color-primary);
  animation: footnote-pulse 1.1s ease-in-out infinite alternate;
}

.footnote-text { overflow-wrap: anywhere; }
.footnote-text p, .footnote-text ul, .footnote-text ol, .footnote-text blockquote { margin: 0 0 0.75rem; }
.footnote-text ul, .footnote-text ol { padding-inline-start: 1.375rem; }
.footnote-text li > p { margin-block-end: 0.25rem; }
.footnote-text a { color: var(--link); text-decoration: underline; text-underline-offset: 0.15em; }
.footnote-text code { font-size: 0.875em; }
.footnote-heading { font-weight: 700; }
.footnote-marker { white-space: nowrap; line-height: 0; }
.footnote-text .footnote-marker a {
  display: inline-block;
  min-width: 1.5em;
  margin-inline-start: 0.15em;
  padding: 0 0.35em;
  border-radius: 0.4em;
  background: var(--tint);
  color: var(--link);
  font-size: 0.9em;
  font-weight: 600;
  line-height: 1.6;
  text-align: center;
  text-decoration: none;
}
.footnote-text .footnote-marker a:hover { background: var(--accent); color: var(--on-accent); }
.footnote-code { position: relative; margin: 0 0 0.75rem; }
.footnote-code pre { margin: 0; padding: 0.75rem 0.875rem; border: 1px solid var(--edge); border-radius: 0.5rem; font-size: 0.8125rem; line-height: 1.55; overflow: auto; }
.footnote-code pre code { padding: 0; border: 0; background: none; font-size: inherit; white-space: pre; overflow-wrap: normal; }
.footnote-code button {
  position: absolute;
  inset: 0.375rem 0.375rem auto auto;
  padding: 0.125rem 0.5rem;
  border: 1px solid var(--edge);
  border-radius: 0.375rem;
  background: var(--ifm-background-surface-color);
  color: var(--quiet);
  font: 500 0.75rem/1.5 var(--ifm-font-family-base);
  cursor: pointer;
  opacity: 0;
}
.footnote-code:hover button, .footnote-code button:focus-visible { opacity: 1; }
.footnote-table { margin: 0 0 0.75rem; overflow-x: auto; }
.footnote-table table { margin: 0; font-size: 0.875rem; }

.footnote-sources { margin: 1rem 0 0.25rem; padding-block-start: 0.75rem; border-block-start: 1px solid var(--edge); }
.footnote-sources h3, .footnote-history h3 { margin: 0 0 0.375rem; color: var(--quiet); font-size: 0.8125rem; font-weight: 600; }
.footnote-panel .footnote-sources ol { padding-inline-start: 0; list-style: none; }
.footnote-sources li { margin: 0 -0.5rem; }
.footnote-sources a { display: grid; grid-template-columns: 1.375rem 1fr; gap: 0 0.5rem; padding: 0.375rem 0.5rem; border-radius: 0.5rem; color: inherit; text-decoration: none; }
.footnote-sources a:hover { background: var(--soft); }
.footnote-number {
  align-self: start;
  margin-block-start: 0.2rem;
  border-radius: 0.3rem;
  background: var(--tint);
  color: var(--link);
  font-size: 0.75rem;
  font-weight: 600;
  line-height: 1.15rem;
  text-align: center;
}
.footnote-crumbs { font-weight: 500; line-height: 1.45; }
.footnote-crumbs > span:not(:last-child) { color: var(--quiet); font-weight: 400; }
.footnote-crumbs > span + span::before { content: '› '; color: var(--quiet); font-weight: 400; }
.footnote-crumbs > span:not(:last-child)::after { content: ' '; }
.footnote-crumbs > span:last-child { color: var(--link); }
.footnote-quote {
  grid-column: 2;
  display: -webkit-box;
  overflow: hidden;
  color: var(--quiet);
  font-size: 0.8125rem;
  line-height: 1.5;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}
.footnote-answer > .footnote-note { margin-block-end: 0.75rem; }
.footnote-actions { display: flex; gap: 0.125rem; margin: 0.25rem -0.5rem 0.5rem; }
.footnote-report { margin: 0 0 0.75rem; padding: 0.75rem 0.875rem; border: 1px solid var(--edge); border-radius: 0.625rem; font-size: 0.875rem; }
.footnote-report fieldset { display: flex; flex-wrap: wrap; gap: 0.375rem; min-width: 0; margin: 0 0 0.75rem; padding: 0; border: 0; }
.footnote-report legend { margin-block-end: 0.5rem; padding: 0; font-weight: 600; }
.footnote-report input { position: absolute; opacity: 0; }
.footnote-report fieldset span { display: block; padding: 0.1875rem 0.75rem; border: 1px solid var(--edge); border-radius: 1rem; cursor: pointer; }
.footnote-report fieldset span:hover { border-color: currentcolor; }
.footnote-report input:checked + span { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.footnote-report input:focus-visible + span { outline: 2px solid var(--ifm-color-primary); outline-offset: 1px; }
.footnote-panel .footnote-report textarea {
  width: 100%;
  margin-block-start: 0.25rem;
  padding: 0.375rem 0.625rem;
  border: 1px solid color-mix(in srgb, var(--ifm-font-color-base) 45%, var(--ifm-background-surface-color));
  border-radius: 0.5rem;
  resize: vertical;
}
.footnote-panel .footnote-report textarea:focus-visible { outline: 2px solid var(--ifm-color-primary); outline-offset: -1px; }
.footnote-buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 0.5rem; }
.footnote-failure {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5rem 0.75rem;
  margin-block: 0.75rem;
  padding: 0.625rem 0.875rem;
  border-inline-start: 3px solid var(--ifm-color-warning-dark);
  border-radius: 0.25rem;
  background: var(--soft);
}
.footnote-failure p { flex: 1 1 12rem; margin: 0; }
.footnote-failure button, .footnote-buttons button {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--edge);
  border-radius: 0.5rem;
  background: var(--ifm-background-surface-color);
  color: inherit;
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
.footnote-buttons button[aria-disabled='true'] { color: var(--quiet); cursor: default; }
.footnote-failure button:hover, .footnote-buttons button:not([aria-disabled='true']):hover { border-color: currentcolor; }
.footnote-failure .footnote-svg { width: 1rem; height: 1rem; }

.footnote-history { padding-block: 1.25rem; }
.footnote-panel .footnote-history ul { padding: 0; list-style: none; }
.footnote-history li { display: flex; align-items: center; margin-inline: -0.5rem; }
.footnote-thread { flex: 1; min-width: 0; padding: 0.5rem; border: 0; border-radius: 0.5rem; background: none; color: inherit; font: inherit; text-align: start; cursor: pointer; }
.footnote-thread:hover { background: var(--soft); }
.footnote-thread[aria-current='true'] span { color: var(--link); }
.footnote-thread span { display: block; overflow: hidden; font-weight: 500; text-overflow: ellipsis; white-space: nowrap; }
.footnote-thread time { color: var(--quiet); font-size: 0.8125rem; }

.footnote-composer { padding: 0.5rem 1rem max(0.75rem, env(safe-area-inset-bottom)); }
.footnote-field {
  display: flex;
  align-items: flex-end;
  gap: 0.375rem;
  padding: 0.375rem 0.375rem 0.375rem 0.875rem;
  border: 1px solid color-mix(in srgb, var(--ifm-font-color-base) 45%, var(--ifm-background-surface-color));
  border-radius: 1rem;
  background: var(--ifm-background-surface-color);
}
.footnote-field:focus-within { border-color: var(--ifm-color-primary); box-shadow: 0 0 0 1px var(--ifm-color-primary); }
.footnote-panel textarea {
  flex: 1;
  min-width: 0;
  max-height: 9.5rem;
  padding: 0.3125rem 0;
  border: 0;
  outline: 0;
  background: none;
  color: inherit;
  font: inherit;
  font-size: max(1rem, 16px);
  line-height: 1.5;
  resize: none;
}
.footnote-panel textarea::placeholder { color: var(--quiet); opacity: 1; }
.footnote-send { display: grid; place-items: center; flex: none; width: 2.125rem; height: 2.125rem; padding: 0; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer; }
.footnote-send[aria-disabled='true'] { background: var(--tint); color: var(--quiet); cursor: default; }
.footnote-below { display: flex; align-items: flex-start; justify-content: space-between; gap: 0.5rem; margin: 0.375rem 0.25rem 0; }
.footnote-below .footnote-note { margin: 0.125rem 0 0; }
.footnote-toggle { flex: none; padding: 0.125rem 0.625rem; border: 1px solid var(--edge); border-radius: 1rem; background: none; color: var(--quiet); font: inherit; font-size: 0.8125rem; line-height: 1.4; cursor: pointer; }
.footnote-toggle[aria-pressed='true'] { border-color: transparent; background: var(--tint); color: var(--ifm-font-color-base); }
.footnote-title { display: flex; flex: 1; gap: 0.25rem; }
.footnote-title input { flex: 1; min-width: 0; padding: 0.4375rem 0.5rem; border: 1px solid var(--edge); border-radius: 0.5rem; background: var(--ifm-background-surface-color); color: inherit; font: inherit; }
.footnote-note { margin: 0.5rem 0.25rem 0; color: var(--quiet); font-size: 0.8125rem; line-height: 1.4; }
.footnote-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.footnote-chatkit { display: flex; flex-direction: column; position: absolute; inset: var(--ifm-navbar-height, 3.75rem) 0 0; visibility: hidden; z-index: -1; }
.footnote-chatkit[data-visible='true'] { visibility: visible; z-index: auto; }
.footnote-chatkit > p { position: absolute; inset: 1.25rem; }
.footnote-chatkit-frame { flex: 1; min-height: 0; width: 100%; }
.footnote-panel .footnote-chatkit .footnote-questions { padding: 0.5rem 1rem 1rem; }

@keyframes footnote-pulse { from { opacity: 0.3; transform: scale(0.8); } }
@keyframes footnote-rise { from { opacity: 0; transform: translateY(1rem); } }
@keyframes footnote-slide { from { opacity: 0; transform: translateX(1.5rem); } }
.footnote-panel { animation: footnote-rise 0.18s ease-out; }

@media (max-width: 996px) {
  html[data-footnote-open] { overflow: hidden; }
}
@media (min-width: 997px) {
  .footnote-panel { inset: 0 0 0 auto; width: var(--footnote-width); border-inline-start: 1px solid var(--edge); animation-name: footnote-slide; }
  html[data-footnote-open] body { padding-inline-end: var(--footnote-width); }
  html[data-footnote-open] .theme-back-to-top-button { inset-inline-end: calc(var(--footnote-width) + 1.3rem); }
}
/* Beside the panel the page's own table of contents would leave the text too narrow. */
@media (min-width: 997px) and (max-width: 1535px) {
  html[data-footnote-open] .col--3:has(> .theme-doc-toc-desktop) { display: none; }
  html[data-footnote-open] .col:has(+ .col--3 > .theme-doc-toc-desktop) { --ifm-col-width: 100%; max-width: 100% !important; }
}
@media (min-width: 997px) and (max-width: 1199px) {
  :root { --footnote-width: 22.5rem; }
}
@media (min-width: 1536px) {
  :root { --footnote-width: 28rem; }
}
/* A phone on its side, or a page at 400 %: the height is for the text. */
@media (max-height: 30rem) {
  .footnote-header { min-height: 2.75rem; }
  .footnote-turn { padding-block: 0.5rem; }
}
@media (prefers-reduced-motion: reduce) {
  .footnote-panel, .footnote-cursor, .footnote-progress::before { animation: none; }
}
@media print {
  .footnote-panel { display: none; }
  html[data-footnote-open] body { padding: 0; }
}
`;

/** Puts the styles into the page, once. */
export const installPanelStyles = styleSheet(CSS);

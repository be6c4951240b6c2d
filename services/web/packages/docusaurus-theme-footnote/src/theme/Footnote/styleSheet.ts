/**
 * Makes a function that puts styles into the page, once.
 *
 * Styles of what readers open come with its code: Docusaurus puts every imported stylesheet into the
 * first page's, and readers who never open it should not pay for it. Constructed stylesheets need no
 * exception from a strict content security policy.
 */
export function styleSheet(css: string): () => void {
  let sheet: CSSStyleSheet | null = null;
  return () => {
    if (sheet && document.adoptedStyleSheets.includes(sheet)) return;
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
  };
}

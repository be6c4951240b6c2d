/// <reference types="@docusaurus/module-type-aliases" />

declare module '@theme/Footnote' {
  import type {ReactNode} from 'react';

  /** The assistant: a launcher on every page, and the panel once the reader asks for it. Takes no props. */
  export default function Footnote(): ReactNode;
}

declare module '@theme/SearchBar' {
  import type {ReactNode} from 'react';

  /** The button that opens the search box, for the navbar. Takes no props. */
  export default function SearchBar(): ReactNode;
}

declare module '@generated/docusaurus-theme-footnote/default/options.json' {
  const options: unknown;
  export default options;
}

declare module '@generated/docusaurus-theme-footnote/default/messages.json' {
  const messages: Record<string, string>;
  export default messages;
}

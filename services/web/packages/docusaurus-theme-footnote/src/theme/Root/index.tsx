import Footnote from '@theme/Footnote';
import InitialRoot from '@theme-init/Root';
import type {ReactNode} from 'react';

/** Puts the assistant on every page. It is never unmounted, so a conversation survives navigation. */
export default function Root({children}: {children: ReactNode}): ReactNode {
  return (
    <InitialRoot>
      {children}
      <Footnote />
    </InitialRoot>
  );
}

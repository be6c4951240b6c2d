import Footnote from '@theme/Footnote';
import type {ReactNode} from 'react';

/** Wraps every page of the site and is never unmounted: the place for an assistant that survives navigation. */
export default function Root({children}: {children: ReactNode}): ReactNode {
  return (
    <>
      {children}
      <Footnote />
    </>
  );
}

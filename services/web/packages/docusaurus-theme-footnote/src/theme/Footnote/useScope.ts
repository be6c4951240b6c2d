import {useLocation} from '@docusaurus/router';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import {useAllPluginInstancesData} from '@docusaurus/useGlobalData';
import {useMemo} from 'react';
import {type DocsInstance, type Scope, scopeOf} from '../../client/scope';

/** Version and locale of the docs that the reader looks at, where the site has several. */
export function useScope(): Scope {
  const {pathname} = useLocation();
  const {i18n} = useDocusaurusContext();
  const docs = useAllPluginInstancesData('docusaurus-plugin-content-docs') as Record<string, DocsInstance> | undefined;
  return useMemo(() => scopeOf(pathname, docs, i18n), [pathname, docs, i18n]);
}

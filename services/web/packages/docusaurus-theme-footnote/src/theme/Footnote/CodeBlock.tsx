import {translate} from '@docusaurus/Translate';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import {Highlight, type PrismTheme} from 'prism-react-renderer';
import type {ReactNode} from 'react';
import {useColorMode} from './useColorMode';
import {useCopy} from './useCopy';

/** Code in the site's own Prism theme, with a button that copies it. */
export default function CodeBlock({code, language = 'text'}: {code: string; language?: string | undefined}): ReactNode {
  const {prism} = useDocusaurusContext().siteConfig.themeConfig as {prism?: {theme?: PrismTheme; darkTheme?: PrismTheme}};
  const mode = useColorMode();
  const theme = mode === 'dark' ? (prism?.darkTheme ?? prism?.theme) : prism?.theme;
  return (
    <div className="footnote-code">
      <Highlight code={code} language={language.toLowerCase()} {...(theme && {theme})}>
        {({style, tokens, getLineProps, getTokenProps}) => (
          <pre style={style} tabIndex={0}>
            <code>
              {tokens.map((line, number) => (
                <span key={number} {...getLineProps({line})}>
                  {line.map((token, column) => (
                    <span key={column} {...getTokenProps({token})} />
                  ))}
                  {'\n'}
                </span>
              ))}
            </code>
          </pre>
        )}
      </Highlight>
      <CopyButton text={code} />
    </div>
  );
}

function CopyButton({text}: {text: string}): ReactNode {
  const [copied, copy] = useCopy();
  return copy && (
    <button type="button" onClick={() => copy(text)}>
      {copied ? translate({id: 'footnote.copied', message: 'Copied'}) : translate({id: 'footnote.copy', message: 'Copy'})}
    </button>
  );
}

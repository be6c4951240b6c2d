import Link from '@docusaurus/Link';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import {useLatestVersion} from '@docusaurus/plugin-content-docs/client';
import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type {ReactNode} from 'react';
import styles from './index.module.css';

const PROMISES = [
  {
    title: 'Checked, then shown',
    text: 'Every claim in an answer carries a footnote: a link to the exact heading it comes from. A claim whose source does not stand in the docs is not shown.',
  },
  {
    title: 'Yours alone',
    text: 'It runs on your machine, without an account or a key. Add a vendor for embeddings or answers only if you want one.',
  },
  {
    title: 'Made for Docusaurus',
    text: 'Routes, heading ids, versions and locales are computed by the rules Docusaurus follows, so a link lands where it says.',
  },
] as const;

export default function Home(): ReactNode {
  const {siteConfig} = useDocusaurusContext();
  const manual = useLatestVersion(undefined);
  const start = manual.docs.find((doc) => doc.id === manual.mainDocId)?.path;
  return (
    <Layout description={siteConfig.tagline}>
      <main className={styles.home}>
        <header>
          <Heading as="h1">
            Answers from your docs, every claim with its footnote<sup aria-hidden="true">1</sup>
          </Heading>
          <p>
            Footnote is a self-hosted assistant for Docusaurus sites. Press <strong>Ask</strong> and put a question to this
            manual.
          </p>
          {start && (
            <Link className="button button--primary button--lg" to={start}>
              Read the manual
            </Link>
          )}
        </header>
        <ul>
          {PROMISES.map(({title, text}) => (
            <li key={title}>
              <Heading as="h2">{title}</Heading>
              <p>{text}</p>
            </li>
          ))}
        </ul>
      </main>
    </Layout>
  );
}

import type {UserThemeConfig} from '@docusaurus/theme-common';
import type {Config} from '@docusaurus/types';
import {type PrismTheme, themes as prismThemes} from 'prism-react-renderer';

/** An environment variable, where an empty string counts as not set (Compose passes `X=` for an unset `X`). */
function env(name: string, fallback: string): string {
  return process.env[name]?.trim() || fallback;
}

/** A Prism theme on a background of ours, with a colour for numbers that is legible on it. */
function codeTheme(theme: PrismTheme, backgroundColor: string, numberColor: string): PrismTheme {
  return {
    plain: {...theme.plain, backgroundColor},
    styles: [...theme.styles, {types: ['number'], style: {color: numberColor}}],
  };
}

const localApi = `http://localhost:${env('FOOTNOTE_API_PORT', '8000')}`;
const apiUrl = env('FOOTNOTE_API_URL', localApi);

const config: Config = {
  title: 'Footnote',
  tagline: 'Answers from your documentation, every claim with its footnote',
  favicon: 'img/logo.svg',
  url: new URL(env('FOOTNOTE_SITE_URL', 'http://localhost:3000')).origin,
  baseUrl: env('FOOTNOTE_BASE_URL', '/'),
  future: {v4: true, faster: true},
  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  i18n: {defaultLocale: 'en', locales: ['en']},
  plugins: [
    [
      '@docusaurus/plugin-content-docs',
      {sidebarPath: './sidebars.ts', showLastUpdateTime: false},
    ],
    '@docusaurus/plugin-content-pages',
    '@docusaurus/plugin-sitemap',
  ],
  themes: [
    ['@docusaurus/theme-classic', {customCss: './src/css/custom.css'}],
    [
      // The package's sources, so that an edit to the assistant shows up at once.
      // Any other site installs `docusaurus-theme-footnote` and names it here.
      './packages/docusaurus-theme-footnote/src/index.ts',
      {
        apiUrl,
        proxy: apiUrl.startsWith('/') ? localApi : undefined,
        ui: env('FOOTNOTE_CHAT_UI', 'auto'),
        domainKey: process.env.CHATKIT_DOMAIN_KEY?.trim() || undefined,
        greeting: 'Ask anything about Footnote. Every claim in an answer links to the heading it comes from.',
        starters: [
          'How do I start the demo?',
          'How do I add Footnote to my site?',
          'What leaves my machine?',
        ],
      },
    ],
  ],
  themeConfig: {
    colorMode: {respectPrefersColorScheme: true},
    navbar: {
      title: 'Footnote',
      logo: {alt: '', src: 'img/logo.svg', srcDark: 'img/logo-dark.svg'},
      items: [{type: 'docSidebar', sidebarId: 'manual', label: 'Manual', position: 'left'}],
    },
    footer: {
      copyright: 'Footnote is free software under the Apache License 2.0.',
    },
    prism: {
      theme: codeTheme(prismThemes.vsLight, '#f8f6f4', '#0b6b46'),
      darkTheme: codeTheme(prismThemes.vsDark, '#262321', '#b5cea8'),
      additionalLanguages: ['bash', 'docker', 'ini', 'json', 'toml'],
    },
  } satisfies UserThemeConfig,
};

export default config;

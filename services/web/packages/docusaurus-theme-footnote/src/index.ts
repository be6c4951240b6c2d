/// <reference path="./theme-footnote.d.ts" preserve="true" />

import path from 'node:path';
import type {LoadContext, Plugin, SwizzleConfig} from '@docusaurus/types';
import {makeChunks, makeDevServer} from './bundling';
import {ManifestWriter} from './manifest';
import {checkChatKit, type FootnoteOptions, showsSearch} from './options';
import {readTranslations} from './translations';

export {validateOptions} from './options';
export type {ChatUi, FootnoteUserOptions as Options, Starter} from './options';

/** Adds the assistant's components to a site, and publishes the list of its pages for the ingest job. */
export default function themeFootnote(context: LoadContext, options: FootnoteOptions): Plugin<undefined> {
  checkChatKit(options, context.siteConfig.url);
  const manifest = new ManifestWriter(context);
  // A theme cannot offer a component on condition: without `SearchBar` the site's own stays.
  const theme = showsSearch(options, context.siteConfig) ? 'theme' : 'theme-without-search';
  const translations = readTranslations(context.i18n.currentLocale);
  let makesPages = false;

  return {
    name: 'docusaurus-theme-footnote',

    getThemePath: () => path.resolve(__dirname, theme),
    getTypeScriptThemePath: () => path.resolve(__dirname, '..', 'src', theme),

    getClientModules: () => [path.resolve(__dirname, 'arrival')],

    async loadContent() {
      makesPages = true;
    },

    /** What is returned here is part of every first page; `docusaurus write-translations`, which loads no content, gets all. */
    async getDefaultCodeTranslationMessages() {
      const {onEveryPage, onIntent} = await translations;
      return makesPages ? onEveryPage : {...onEveryPage, ...onIntent};
    },

    async allContentLoaded({allContent, actions}) {
      const {apiUrl, ui, domainKey, title, greeting, starters} = options;
      await actions.createData('options.json', {apiUrl, ui, domainKey, title, greeting, starters});
      await actions.createData('messages.json', (await translations).onIntent);
      await manifest.collect(allContent);
    },

    configureWebpack(_config, isServer) {
      return isServer ? {} : {...makeChunks(context), ...makeDevServer(options, manifest.devServerStatic)};
    },

    async postBuild(build) {
      await manifest.writeBuild(build);
    },
  };
}

/** What `docusaurus swizzle` may do with our components without a later release breaking it. */
export function getSwizzleConfig(): SwizzleConfig {
  return {
    components: {
      Footnote: {
        actions: {wrap: 'safe', eject: 'unsafe'},
        description: 'The assistant: the launcher and, once opened, the panel. Wrap it to show it on some pages only.',
      },
      Root: {
        actions: {wrap: 'safe', eject: 'safe'},
        description: 'Puts the assistant on every page.',
      },
      SearchBar: {
        actions: {wrap: 'safe', eject: 'unsafe'},
        description: 'The button in the navbar that opens the search box.',
      },
    },
  };
}

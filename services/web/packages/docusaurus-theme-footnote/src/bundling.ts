import type {IncomingMessage, ServerResponse} from 'node:http';
import path from 'node:path';
import type {LoadContext, Plugin} from '@docusaurus/types';
import type {FootnoteOptions} from './options';

type BundlerConfig = ReturnType<NonNullable<Plugin['configureWebpack']>>;

/** Above the priority of Docusaurus' group `common`, below that of its `styles`. */
const PRIORITY = 45;

/** What we ask of the bundler of the browser's code. */
export function makeChunks({generatedFilesDir}: LoadContext): BundlerConfig {
  const ours = [__dirname, path.join(generatedFilesDir, 'docusaurus-theme-footnote')].map(escapePattern);
  const chatKit = '[\\\\/]@openai[\\\\/]chatkit-react[\\\\/]';
  return {
    optimization: {
      splitChunks: {
        cacheGroups: {
          // On a site of few pages Docusaurus moves what two chunks share, and with Rspack and three routes
          // even all there is, into `common`, which every page loads. What we load on intent stays apart.
          footnote: {test: new RegExp([...ours, chatKit].join('|')), chunks: 'async', minChunks: 1, priority: PRIORITY, enforce: true},
        },
      },
    },
  };
}

/** The dev server's part: serves the manifest, and forwards the API's requests where the site and the API share an origin. */
export function makeDevServer({apiUrl, proxy}: FootnoteOptions, manifest: object): BundlerConfig {
  const forward = {context: [`${apiUrl}/api`], target: proxy, changeOrigin: true, pathRewrite: {[`^${escapePattern(apiUrl)}`]: ''}, onProxyRes: endTogether};
  // Docusaurus merges a plugin's `devServer`, which its types leave out.
  return {devServer: {static: [manifest], ...(proxy && {proxy: [forward]})}} as BundlerConfig;
}

/** The proxy leaves a browser waiting for ever when the API dies in mid-answer, and the API writing when the reader leaves. */
function endTogether(answer: IncomingMessage, _request: IncomingMessage, response: ServerResponse): void {
  answer.once('close', () => answer.complete || response.destroy());
  response.once('close', () => answer.destroy());
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

import {Joi} from '@docusaurus/utils-validation';
import type {OptionValidationContext} from '@docusaurus/types';
import {isLocalHost} from './hosts';

/** A question offered before the reader has typed one. */
export interface Starter {
  /** Text on the button. */
  label: string;
  /** Question that is asked; the label when left out. */
  prompt: string;
}

/** Who draws the chat: our own panel, OpenAI's ChatKit, or ChatKit only where it proves to work. */
export type ChatUi = 'local' | 'chatkit' | 'auto';

/** What a site may set, after validation. All of it reaches the reader's browser: never put a secret here. */
export interface FootnoteOptions {
  /** Address of the Footnote API: absolute, or a path on the site's own origin. No trailing slash. */
  apiUrl: string;
  /** Address to which `docusaurus start` forwards the API's requests when `apiUrl` is a path; no trailing slash. */
  proxy?: string;
  ui: ChatUi;
  /** OpenAI's public domain key, needed by ChatKit anywhere but on localhost. */
  domainKey?: string;
  /** Name shown at the top of the panel; left out, ours in the page's language. */
  title?: string;
  /** Text of an empty conversation; left out, ours in the page's language. */
  greeting?: string;
  starters: Starter[];
  /** Whether the search box stands in the navbar; left out, it does unless the site has a search already. */
  search?: boolean;
}

export type FootnoteUserOptions = Partial<
  Omit<FootnoteOptions, 'starters'> & {starters: (string | {label: string; prompt?: string})[]}
>;

const starter = Joi.alternatives().try(
  Joi.string().trim().max(200),
  Joi.object({
    label: Joi.string().trim().max(200).required(),
    prompt: Joi.string().trim().max(4000),
  }),
);

const schema = Joi.object({
  apiUrl: Joi.string()
    .trim()
    .custom(checkApiUrl)
    .default('http://localhost:8000')
    .messages({
      'string.empty': '"apiUrl" is empty: write the API\'s address, such as "https://assistant.example.com", or "/" when it answers on the site\'s own origin',
      'string.base': '"apiUrl" must be a string, such as "https://assistant.example.com"',
      'apiUrl.form': '"apiUrl" is {#value}, which is neither an http(s) address nor a path starting with "/": write for example "https://assistant.example.com"',
    }),
  proxy: Joi.when('apiUrl', {
    is: Joi.string().pattern(/^http/),
    then: Joi.forbidden().messages({
      'any.unknown': '"proxy" is set, but with this "apiUrl" the browser calls the API itself: set "apiUrl" to "/", or leave "proxy" out',
    }),
    otherwise: Joi.string().trim().custom(checkProxy),
  }).messages({
    'string.empty': '"proxy" is empty: leave the option out, or write where the API answers the dev server, such as "http://localhost:8000"',
    'string.base': '"proxy" must be a string, such as "http://localhost:8000"',
    'proxy.form': '"proxy" is {#value}, which is no http(s) address: write where the API answers the dev server, such as "http://localhost:8000"',
  }),
  ui: Joi.string().valid('local', 'chatkit', 'auto').default('auto').messages({
    'any.only': '"ui" is {#value}: write "local" (own panel, no third party), "chatkit" (OpenAI\'s) or "auto"',
  }),
  domainKey: Joi.string().trim().messages({
    'string.empty': '"domainKey" is empty: leave the option out, or write the key OpenAI gave for your domain',
  }),
  title: Joi.string().trim().max(60),
  greeting: Joi.string().trim().max(400),
  search: Joi.boolean().strict().messages({
    'boolean.base': '"search" must be true (Footnote\'s search box in the navbar) or false (none, or the search that the site has)',
  }),
  starters: Joi.array().items(starter).max(6).default([]).messages({
    'array.max': '"starters" has more than {#limit} questions: keep the best, more do not fit a phone',
    'alternatives.types': '{#label} must be a question, or an object with "label" and "prompt"',
    'alternatives.match': '{#label} must be a question, or an object with "label" and "prompt"',
  }),
}).messages({
  'object.unknown': '{#label} is not an option of docusaurus-theme-footnote: use apiUrl, proxy, ui, domainKey, title, greeting, starters or search',
});

/** Docusaurus' hook: returns complete options, or fails the build with a sentence that tells the fix. */
export function validateOptions({
  validate,
  options,
}: OptionValidationContext<FootnoteUserOptions | undefined, FootnoteOptions>): FootnoteOptions {
  // `validate` also carries the `id` that Docusaurus adds to every plugin's options.
  const valid = validate(schema as never, options);
  return {...valid, starters: (valid.starters as (string | Partial<Starter>)[]).map(completeStarter)};
}

/** Refuses ChatKit where it could never show: OpenAI requires a domain key off localhost. */
export function checkChatKit(options: FootnoteOptions, siteUrl: string): void {
  if (options.ui === 'chatkit' && !options.domainKey && !isLocalHost(new URL(siteUrl).hostname)) {
    throw new Error(
      `docusaurus-theme-footnote: "ui" is "chatkit" but there is no "domainKey", and OpenAI shows ChatKit on ${siteUrl} only with one. ` +
        'Register the domain at OpenAI and set "domainKey" (CHATKIT_DOMAIN_KEY), or set "ui" to "local".',
    );
  }
}

/** Whether our search box stands in the navbar: as the site says, else where no other search is configured. */
export function showsSearch(options: FootnoteOptions, {themes, plugins, presets, themeConfig}: SiteConfig): boolean {
  if (options.search !== undefined) return options.search;
  const names = [...themes, ...plugins, ...presets].map((entry): unknown => (Array.isArray(entry) ? entry[0] : entry));
  return !('algolia' in themeConfig) && !('typesense' in themeConfig) && !names.some((name) => typeof name === 'string' && name.includes('search'));
}

/** The part of Docusaurus' configuration that tells of a search. */
interface SiteConfig {
  themes: readonly unknown[];
  plugins: readonly unknown[];
  presets: readonly unknown[];
  themeConfig: object;
}

function completeStarter(value: string | Partial<Starter>): Starter {
  const {label, prompt} = typeof value === 'string' ? {label: value} as Partial<Starter> : value;
  return {label: label ?? '', prompt: prompt ?? label ?? ''};
}

function checkApiUrl(value: string, helpers: {error(code: string): unknown}): unknown {
  const path = value.startsWith('/') && !value.startsWith('//');
  return isHttpAddress(value) || path ? withoutSlash(value) : helpers.error('apiUrl.form');
}

function checkProxy(value: string, helpers: {error(code: string): unknown}): unknown {
  return isHttpAddress(value) ? withoutSlash(value) : helpers.error('proxy.form');
}

function isHttpAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

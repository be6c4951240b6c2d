import {isLocalHost} from '../hosts';
import type {ChatUi} from '../options';

/** OpenAI's loader; it defines `<openai-chatkit>` and cannot be hosted elsewhere. */
export const CHATKIT_SCRIPT = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';

const TAG = 'openai-chatkit';

/** Who draws now. `trying`: our panel is shown while ChatKit loads behind it. */
export type Drawing = 'local' | 'trying' | 'chatkit';

/** What this browser tab found out about ChatKit on an earlier page. */
export type Verdict = 'alive' | 'dead';

export interface Situation {
  ui: ChatUi;
  domainKey: string | undefined;
  hostname: string;
  verdict: Verdict | null;
}

/** Decides who draws first. With `local`, or where ChatKit could not work, OpenAI is never contacted. */
export function chooseDrawing({ui, domainKey, hostname, verdict}: Situation): Drawing {
  if (ui === 'local' || verdict === 'dead') return 'local';
  if (!domainKey && !isLocalHost(hostname)) return 'local';
  return ui === 'chatkit' || verdict === 'alive' ? 'chatkit' : 'trying';
}

/** Seconds until a script that neither loads nor fails is given up. */
const SCRIPT_TIMEOUT_SECONDS = 4;

/**
 * Loads OpenAI's script. Resolves once the element is defined; rejects when the script is blocked,
 * answers something else, or takes too long. Loading twice is the same as loading once.
 */
export function loadChatKit(page: Document = document, timeoutSeconds = SCRIPT_TIMEOUT_SECONDS): Promise<void> {
  const registry = page.defaultView?.customElements;
  if (!registry) return Promise.reject(new ChatKitUnavailable('the page has no window'));
  if (registry.get(TAG)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ChatKitUnavailable('its script took too long')), timeoutSeconds * 1000);
    registry.whenDefined(TAG).then(() => {
      clearTimeout(timer);
      resolve();
    }, reject);
    const script = page.createElement('script');
    script.src = CHATKIT_SCRIPT;
    script.async = true;
    script.onerror = () => {
      clearTimeout(timer);
      script.remove();
      reject(new ChatKitUnavailable('its script could not be loaded'));
    };
    page.head.append(script);
  });
}

/** ChatKit cannot be shown here; our own panel can. */
export class ChatKitUnavailable extends Error {
  override name = 'ChatKitUnavailable';
}

/**
 * Collects the two signs that ChatKit works: its `ready` event, which also fires when its frame stays
 * blank, and a first sign of life from inside the frame (a request through our `fetch`, or a log event).
 */
export class ProofOfLife {
  private ready = false;
  private alive = false;

  constructor(private readonly onProved: () => void) {}

  markReady(): void {
    this.ready = true;
    this.check();
  }

  markAlive(): void {
    this.alive = true;
    this.check();
  }

  private check(): void {
    if (this.ready && this.alive) this.onProved();
  }
}

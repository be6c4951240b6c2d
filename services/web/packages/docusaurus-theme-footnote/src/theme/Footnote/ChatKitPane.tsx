import {translate} from '@docusaurus/Translate';
import {ChatKit, useChatKit} from '@openai/chatkit-react';
import {type ReactNode, useEffect, useMemo, useRef, useState} from 'react';
import {ChatKitUnavailable, ProofOfLife, loadChatKit} from '../../client/chatkitLoader';
import type {Place} from '../../client/protocol';
import type {Call} from './feature';
import {greetingOf} from './greeting';
import type {Services} from './services';
import {useColorMode} from './useColorMode';

/** Seconds in which ChatKit, once its script has run, must show that its frame works. */
const PROOF_TIMEOUT_SECONDS = 8;

/** OpenAI ignores the key on localhost, but its types and its frame require one. */
const LOCALHOST_KEY = 'localhost';

interface ChatKitPaneProps {
  services: Services;
  /** False while ChatKit is only being tried, behind our own panel. */
  visible: boolean;
  call: Call | null;
  /** Called once: whether ChatKit works here. */
  onSettled(alive: boolean): void;
}

/** OpenAI's ChatKit over our own API, for as long as it proves to work. */
export default function ChatKitPane({services, visible, call, onSettled}: ChatKitPaneProps): ReactNode {
  const [defined, setDefined] = useState(false);
  const [proved, setProved] = useState(false);
  const settled = useRef(onSettled);
  settled.current = onSettled;
  const proof = useMemo(
    () =>
      new ProofOfLife(() => {
        setProved(true);
        settled.current(true);
      }),
    [],
  );

  useEffect(() => {
    let current = true;
    loadChatKit().then(
      () => current && setDefined(true),
      (error: unknown) => {
        if (!(error instanceof ChatKitUnavailable)) throw error;
        console.info(`Footnote draws its own panel: ChatKit cannot be used, ${error.message}.`);
        if (current) settled.current(false);
      },
    );
    return () => {
      current = false;
    };
  }, []);

  useEffect(() => {
    if (!defined || proved) return undefined;
    const timer = setTimeout(() => {
      console.info('Footnote draws its own panel: ChatKit cannot be used, its frame shows no sign of life.');
      settled.current(false);
    }, PROOF_TIMEOUT_SECONDS * 1000);
    return () => clearTimeout(timer);
  }, [defined, proved]);

  return (
    <div className="footnote-chatkit" data-visible={visible} inert={!visible}>
      {defined && <Frame services={services} proof={proof} call={proved ? call : null} />}
      {visible && !proved && <p className="footnote-progress">{translate({id: 'footnote.loading', message: 'Loading…'})}</p>}
    </div>
  );
}

interface FrameProps {
  services: Services;
  proof: ProofOfLife;
  call: Call | null;
}

function Frame({services, proof, call}: FrameProps): ReactNode {
  const {options, endpoint, authorizedFetch, storage, place} = services;
  const colorScheme = useColorMode();
  const [suggestions, setSuggestions] = useState<string[]>([]);
  const [initialThread] = useState(() => storage.read('thread'));
  const {control, sendUserMessage} = useChatKit({
    api: {
      url: endpoint,
      domainKey: options.domainKey ?? LOCALHOST_KEY,
      fetch: (input, init) => {
        proof.markAlive();
        return authorizedFetch(input, withPlace(init, place.current));
      },
    },
    initialThread,
    theme: {colorScheme, radius: 'soft'},
    header: {title: {enabled: false}},
    history: {enabled: true},
    threadItemActions: {feedback: true, retry: true},
    startScreen: {greeting: greetingOf(options), prompts: options.starters},
    onReady: () => proof.markReady(),
    onLog: () => proof.markAlive(),
    onThreadChange: ({threadId}) => storage.write('thread', threadId),
    onResponseStart: () => setSuggestions([]),
    onEffect: ({name, data}) => {
      const questions = name === 'suggestions' ? data?.questions : null;
      if (Array.isArray(questions)) setSuggestions(questions.filter((question) => typeof question === 'string'));
    },
  });

  useEffect(() => {
    if (call?.question) void sendUserMessage({text: call.question, newThread: true});
  }, [call, sendUserMessage]);

  return (
    <>
      <ChatKit control={control} className="footnote-chatkit-frame" />
      {suggestions.length > 0 && (
        <ul className="footnote-questions">
          {suggestions.map((question) => (
            <li key={question}>
              <button type="button" onClick={() => void sendUserMessage({text: question})}>
                {question}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** ChatKit has no option for a request's metadata, so it is added to the request's body. */
function withPlace(init: RequestInit | undefined, place: Place): RequestInit | undefined {
  if (typeof init?.body !== 'string') return init;
  const body = JSON.parse(init.body) as {metadata?: object};
  return {...init, body: JSON.stringify({...body, metadata: {...body.metadata, ...place}})};
}

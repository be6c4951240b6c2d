import {translate} from '@docusaurus/Translate';
import {type ReactNode, useEffect, useRef} from 'react';
import type {ChatState} from '../../client/chat';
import {readAloud} from '../../client/speech';

/** Time to be read out; then whoever goes through the panel does not meet the answer a second time. */
const LINGER_MS = 30_000;

/**
 * Tells a screen reader what happens: that an answer is awaited, and each of its sentences once it is complete.
 * The text on screen is not live: it changes with every word.
 */
export default function Announcement({state: {conversation, phase, stopped}}: {state: ChatState}): ReactNode {
  const region = useRef<HTMLDivElement>(null);
  /** The answer being read, and how many of its sentences were said; null while none is awaited. */
  const reading = useRef<{id: string | null; said: number} | null>(null);
  const last = conversation.items.at(-1);

  useEffect(() => {
    const {current} = region;
    if (!current || (phase !== 'answering' && !reading.current)) return;
    const say = (text: string) => {
      const line = document.createElement('p');
      line.textContent = text;
      current.append(line);
      setTimeout(() => line.remove(), LINGER_MS);
    };
    if (!reading.current) {
      current.replaceChildren();
      say(translate({id: 'footnote.announce.waiting', message: 'Your question is being answered.'}));
      reading.current = {id: null, said: 0};
    }
    if (last?.type === 'assistant_message') {
      const said = reading.current.id === last.id ? reading.current.said : 0;
      const text = last.content.map((part) => part.text).join('\n\n');
      const sentences = readAloud(text, phase !== 'answering');
      for (const sentence of sentences.slice(said)) say(sentence);
      reading.current = {id: last.id, said: Math.max(said, sentences.length)};
    }
    if (phase === 'answering') return;
    reading.current = null;
    if (stopped !== null) say(translate({id: 'footnote.stopped', message: 'Stopped.'}));
  }, [phase, last, stopped]);

  // A log is polite, and only what is added to it is read.
  return <div ref={region} className="footnote-hidden" role="log" />;
}

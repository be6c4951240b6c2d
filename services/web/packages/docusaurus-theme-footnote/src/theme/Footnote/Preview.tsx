import {type FocusEvent, type PointerEvent, type ReactNode, useCallback, useEffect, useId, useLayoutEffect, useRef, useState} from 'react';
import type {Citation} from '../../client/citations';

/** Time to move from a marker to its preview. */
const LEAVE_MS = 200;

interface PreviewHandlers {
  onPointerOver(event: PointerEvent): void;
  onPointerLeave(): void;
  onFocus(event: FocusEvent): void;
  onBlur(): void;
}

/** Shows where a footnote leads while its marker is pointed at or has the focus. */
export function usePreview(citations: readonly Citation[]): [preview: ReactNode, handlers: PreviewHandlers] {
  const [marker, setMarker] = useState<HTMLElement | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const show = useCallback((target: EventTarget, isPreview: boolean) => {
    clearTimeout(timer.current);
    const found = (target as Element).closest<HTMLElement>('[data-footnote]');
    if (found) setMarker(found);
    else if (!isPreview) timer.current = setTimeout(() => setMarker(null), LEAVE_MS);
  }, []);
  const hide = useCallback(() => setMarker(null), []);

  const citation = citations.find(({number}) => String(number) === marker?.dataset.footnote);
  return [
    marker && citation && <Preview marker={marker} citation={citation} onDismiss={hide} />,
    {
      onPointerOver: (event) => {
        if (event.pointerType !== 'touch') show(event.target, (event.target as Element).closest('.footnote-preview') !== null);
      },
      onPointerLeave: hide,
      onFocus: ({target}) => show(target, false),
      onBlur: hide,
    },
  ];
}

interface PreviewProps {
  marker: HTMLElement;
  citation: Citation;
  onDismiss(): void;
}

function Preview({marker, citation: {title, description}, onDismiss}: PreviewProps): ReactNode {
  const card = useRef<HTMLDivElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const {current} = card;
    const answer = current?.parentElement;
    const scroller = answer?.closest('.footnote-scroll');
    if (!current || !answer || !scroller) return undefined;
    const place = marker.getBoundingClientRect();
    const frame = answer.getBoundingClientRect();
    const fitsBelow = place.bottom + current.offsetHeight < scroller.getBoundingClientRect().bottom;
    current.style.top = `${(fitsBelow ? place.bottom : place.top - current.offsetHeight) - frame.top}px`;
    marker.setAttribute('aria-describedby', id);
    return () => marker.removeAttribute('aria-describedby');
  }, [marker, id]);

  useLayoutEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== 'Escape') return;
      event.stopPropagation(); // The panel stays open: Escape closes what is on top.
      onDismiss();
    }
    document.addEventListener('keydown', onKeyDown, true);
    return () => document.removeEventListener('keydown', onKeyDown, true);
  }, [onDismiss]);

  return (
    <div ref={card} id={id} role="tooltip" className="footnote-preview">
      <div>
        <strong>{title}</strong>
        {description && <q>{description.replaceAll('`', '')}</q>}
      </div>
    </div>
  );
}

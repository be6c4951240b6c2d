import type {ReactNode} from 'react';

function Icon({children}: {children: ReactNode}): ReactNode {
  return (
    <svg className="footnote-svg" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const CloseIcon = () => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const NewIcon = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>;
export const HistoryIcon = () => <Icon><path d="M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4M12 8v4.5l3 1.5" /></Icon>;
export const SendIcon = () => <Icon><path d="M12 19V5M6 11l6-6 6 6" /></Icon>;
export const StopIcon = () => <Icon><rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentcolor" /></Icon>;
export const RetryIcon = () => <Icon><path d="M20 12a8 8 0 1 1-2.6-5.9M20 4v4h-4" /></Icon>;
export const TrashIcon = () => <Icon><path d="M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 11v4.5M13.5 11v4.5" /></Icon>;
export const ThumbUpIcon = () => <Icon><path d="M7 11v8H4v-8zM7 11l4-7c1.5 0 2.3 1 2 2.5L12.3 10H18a2 2 0 0 1 2 2.3l-1 5a2 2 0 0 1-2 1.7H7" /></Icon>;
export const ThumbDownIcon = () => <Icon><path d="M7 13V5H4v8zM7 13l4 7c1.5 0 2.3-1 2-2.5L12.3 14H18a2 2 0 0 0 2-2.3l-1-5a2 2 0 0 0-2-1.7H7" /></Icon>;
export const SearchIcon = () => <Icon><path d="M16 16l4.5 4.5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z" /></Icon>;
export const AskIcon = () => <Icon><path d="M4 8h9M4 13h8M4 18h15M17 6l2.5-2v8" /></Icon>;
export const ArrowIcon = () => <Icon><path d="M5 12h14M13 6l6 6-6 6" /></Icon>;
export const CopyIcon = () => <Icon><path d="M9 9h10v11H9zM15 9V5H5v11h4" /></Icon>;
export const CheckIcon = () => <Icon><path d="M5 12.5l4.5 4.5L19 7.5" /></Icon>;
export const EditIcon = () => <Icon><path d="M4 20l1-4L16 5l3 3L8 19zM14 7l3 3" /></Icon>;

"""What a reranker reads of a passage (pure)."""

from footnote_core.models import Passage


def document(passage: Passage) -> str:
    """The headings above the passage, then its text."""
    trail = " › ".join(part for part in (passage.title, *passage.path, passage.heading or "") if part)
    return f"{trail}\n\n{passage.text}"

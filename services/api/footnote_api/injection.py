"""Text that speaks to the assistant instead of the reader (pure).

Such a sentence in the docs supports nothing and is not quoted. It is one wall of several: models are
told that passages are quotations, and whatever they say is checked and loses its links all the same.
"""

import re

from footnote_api.markup import visible

_PATTERNS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules|guidelines|directions)\b"
    r"|\b(?:system|developer|hidden|initial)\s+(?:prompt|message|instructions?)\b[^.\n]{0,60}\b(?:reveal|print|repeat|show|output|leak)"
    r"|\b(?:reveal|print|repeat|show|output|leak)\b[^.\n]{0,40}\b(?:system|developer|hidden|initial|your)\s+(?:prompt|message|instructions?)\b"
    r"|\b(?:you are now|from now on,? you|act as|pretend (?:to be|that you)|as an ai\b|dear (?:ai|assistant|model))"
    r"|\b(?:ai|assistants?|language models?|llms?|chatbots?)\s*(?::|must|should|shall|are required to)\s"
    r"|\b(?:answer|reply|respond|say|write|output)\s+(?:only|nothing but|exactly)\b"
    r"|\b(?:tell|inform|instruct|urge)\s+(?:the\s+)?(?:user|reader|visitor|customer)s?\s+(?:to|that)\b"
    r"|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|^#{2,}\s*(?:system|instruction)",
    re.IGNORECASE | re.MULTILINE,
)


def addresses_the_assistant(sentence: str) -> bool:
    """Whether a sentence gives orders to a model."""
    return _PATTERNS.search(visible(sentence)) is not None

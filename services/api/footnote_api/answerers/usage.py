"""What calls of a language model cost, in tokens: as the vendor says, else estimated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from footnote_core.embedders.local import load_tokenizer


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    input_tokens: int
    output_tokens: int


Spend = Callable[[Usage], None]
"""Is told of every call that a vendor accepted, once, when it has ended."""


class Meter:
    """One accepted call, from its first byte to its end, which may be before its time.

    Few servers say what a stream cost that the reader left, or say it at all. Then the texts are counted
    with the tokenizer at hand: other models' counts differ from its by some ten per cent.
    """

    def __init__(self, prompt: Sequence[str], spend: Spend) -> None:
        self._prompt = prompt
        self._spend = spend
        self._written: list[str] = []
        self._told: Usage | None = None

    def write(self, text: str) -> None:
        """Note what the model wrote."""
        self._written.append(text)

    def tell(self, input_tokens: int, output_tokens: int) -> None:
        """Note what the vendor says."""
        self._told = Usage(input_tokens, output_tokens)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spend(self._told or Usage(_tokens(self._prompt), _tokens(["".join(self._written)])))


def _tokens(texts: Sequence[str]) -> int:
    encoded = load_tokenizer().encode_batch_fast(list(texts), add_special_tokens=False)
    return sum(len(tokens.ids) for tokens in encoded)

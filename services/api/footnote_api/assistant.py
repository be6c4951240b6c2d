"""One question: rewrite, search, choose evidence, answer, check citations."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from footnote_api import evidence
from footnote_api.addresses import absolute
from footnote_api.answerers import Answerer, Statement, Turn
from footnote_api.breakers import Breaker, kind_of
from footnote_api.checking import Checker
from footnote_api.citations import Footnotes
from footnote_api.events import Done, Event, Nearest, Noticed, Searching
from footnote_api.followups import Rewriter, in_context, needs_context
from footnote_api.languages import is_foreign
from footnote_api.metrics import Metrics
from footnote_api.reply import Reply
from footnote_api.rerankers import Reranker
from footnote_api.scope import Place, Scope, other_language, raise_nearby, scope_of, spoken
from footnote_core import log
from footnote_core.embedders import Embedder
from footnote_core.errors import UpstreamError
from footnote_core.index import GenerationInfo, Index
from footnote_core.models import Passage

_SEARCHED = 20
"""Passages searched for one question; evidence chooses among them."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Answers questions from the index. `fallback` answers when `answerer`'s vendor fails."""

    site_url: str
    index: Index
    embedder: Embedder
    answerer: Answerer
    metrics: Metrics
    reranker: Reranker | None = None
    fallback: Answerer | None = None
    strictness: float = 1.0
    breakers: Mapping[str, Breaker] = field(
        default_factory=lambda: {stage: Breaker(stage) for stage in ("embed", "rerank", "answer")}
    )

    async def ready(self) -> GenerationInfo:
        """The generation that answers come from; IndexNotReady with the reason when there is none."""
        return await self.index.ready(self.embedder)

    def vendors(self) -> dict[str, dict[str, str | None]]:
        """What serves each stage, and why it fails if it does."""
        names = {"embed": self.embedder.id, "answer": self.answerer.name}
        if self.reranker is not None:
            names["rerank"] = self.reranker.name
        return {
            stage: {"name": name, "failing": self.breakers[stage].reason} for stage, name in names.items()
        }

    async def find(
        self, question: str, *, limit: int, version: str | None = None, locale: str | None = None
    ) -> list[Passage]:
        """The best passage of each of the `limit` sections that fit `question` best, best first.

        Its last word may be half-typed, as in a search box.
        """
        default = scope_of(Place(), await self.ready())
        scope = Scope(version or default.version, locale or default.locale)
        return await self._search(question, scope, limit=limit, typing=True)

    async def answer(
        self, question: str, *, history: Sequence[Turn] = (), place: Place | None = None
    ) -> AsyncGenerator[Event]:
        """The events of one answer, `Done` last.

        Raises IndexNotReady when the index goes away, UpstreamError when no answerer is left.
        """
        place = place or Place()
        yield Searching()
        info = await self.ready()
        reply = Reply(Footnotes(self.site_url), self.answerer.name, spoken(place, info))
        asked = await self._standalone(question, history, place, info)
        found, scope = await self._evidence(asked, place, info, reply)
        reply.lap("search")
        if found.sufficient:
            if scope.fallback:
                reply.open_with(scope.fallback)
            async for event in self._say(question, found.passages, history, reply):
                yield event
        refused = not reply.footnotes.citations
        if refused:
            yield reply.say(reply.phrases.refusal)
        elif found.unknown:
            names = [f"`{name}`" for name in found.unknown[:3]]  # as code, so that nothing in them is markup
            said = reply.phrases.not_mentioned.format(names=reply.phrases.listed(names))
            yield reply.say(f"\n\n{said}")
        reply.lap("answer")
        nearest = (
            [Nearest(absolute(self.site_url, p.link), p.title, p.heading) for p in found.nearest[:3]]
            if refused
            else []
        )
        answer = reply.finish(refused=refused, nearest=tuple(nearest))
        self.metrics.question(answer.timings_ms, refused=refused)
        log.event(
            "question_answered",
            refused=refused,
            passages=len(found.passages),
            cited=len(answer.citations),
            cut=reply.cut,
            answerer=answer.answerer,
            **{f"{stage}_ms": value for stage, value in answer.timings_ms.items()},
        )
        yield Done(answer)

    async def _standalone(
        self, question: str, history: Sequence[Turn], place: Place, info: GenerationInfo
    ) -> str:
        """The question to search for: rewritten by the model where there is one and it is needed."""
        locale = scope_of(place, info).locale or "en"
        if isinstance(self.answerer, Rewriter) and (
            needs_context(question, history) or is_foreign(question, locale)
        ):
            try:
                with self.breakers["answer"].attempt():
                    question = await self.answerer.standalone(question, history, locale)
                return in_context(question, (), place.selection)
            except UpstreamError as error:
                self._degraded("rewrite", error)
        return in_context(question, history, place.selection)

    async def _evidence(
        self, asked: str, place: Place, info: GenerationInfo, reply: Reply
    ) -> tuple[evidence.Evidence, Scope]:
        """Evidence in the reader's version and language, else in the default language, and where it is from."""
        scope = scope_of(place, info)
        found = await self._judge(asked, place, scope, info, reply)
        if not found.sufficient and (other := other_language(scope, info)):
            elsewhere = await self._judge(asked, place, other, info, reply)
            if elsewhere.sufficient:
                return elsewhere, other
        return found, scope

    async def _judge(
        self, asked: str, place: Place, scope: Scope, info: GenerationInfo, reply: Reply
    ) -> evidence.Evidence:
        passages = await self._search(asked, scope, limit=_SEARCHED, lap=reply.lap)
        passages = raise_nearby(passages, place.page)
        return await evidence.choose(asked, passages, self.index, info, self.strictness)

    async def _search(
        self,
        question: str,
        scope: Scope,
        *,
        limit: int,
        typing: bool = False,
        lap: Callable[[str], None] = lambda stage: None,
    ) -> list[Passage]:
        """Passages for `question`, best first; by words alone while the embedder's vendor fails."""
        vector = None
        try:
            with self.breakers["embed"].attempt():
                vector = (await self.embedder.embed([question], "query"))[0]
        except UpstreamError as error:
            self._degraded("embed", error)
        lap("embed")
        passages = await self.index.search(
            question, vector, limit=limit, version=scope.version, locale=scope.locale, typing=typing
        )
        if self.reranker is None or not passages:
            return passages
        try:
            with self.breakers["rerank"].attempt():
                return await self.reranker.rerank(question, passages)
        except UpstreamError as error:
            self._degraded("rerank", error)
            return passages

    async def _say(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn], reply: Reply
    ) -> AsyncIterator[Event]:
        """What of the answer holds. Where nothing of a model's answer does, the fallback answers."""
        local = self.embedder if self.embedder.id.startswith("local/") else None
        foreign = is_foreign(question, passages[0].locale)
        checker = Checker(question, passages, local, foreign=foreign)
        async for event in self._checked(
            self._statements(question, passages, history, reply), checker, reply
        ):
            yield event
        if checker.cut and not reply.footnotes.citations and self.fallback and reply.notice is None:
            yield self._fall_back(reply.phrases.unsupported, reply)
            quotes = self.fallback.stream(question, passages, history)
            async for event in self._checked(quotes, checker, reply):
                yield event
        self.metrics.sentences(kept=checker.kept, moved=checker.moved, cut=checker.cut)
        reply.cut = checker.cut

    async def _checked(
        self, statements: AsyncIterator[Statement | Noticed], checker: Checker, reply: Reply
    ) -> AsyncIterator[Event]:
        """Statements whose citations hold; text that claims nothing waits for one that does."""
        held = ""
        async for statement in statements:
            if isinstance(statement, Noticed):
                yield statement
                continue
            parts = await checker.check(statement)
            if statement.support and not parts:
                held = ""
            for part in parts:
                cited = reply.check(part, checker.evidence) if part.support else []
                if cited:
                    for event in reply.cite(held + part.text, cited):
                        yield event
                held = "" if part.support else held + part.text

    async def _statements(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn], reply: Reply
    ) -> AsyncIterator[Statement | Noticed]:
        """What the answerer says; the fallback goes on where its vendor fails."""
        try:
            with self.breakers["answer"].attempt():
                async for statement in self.answerer.stream(question, passages, history):
                    yield statement
        except UpstreamError as error:
            if self.fallback is None:
                raise
            self._degraded("answer", error)
            yield self._fall_back(reply.phrases.failure(kind_of(error), error.message), reply)
            if reply.text:
                yield Statement("\n\n", ())
            async for statement in self.fallback.stream(question, passages, history):
                yield statement

    def _fall_back(self, reason: str, reply: Reply) -> Noticed:
        """Let the fallback speak from here on, and tell the reader why."""
        assert self.fallback is not None
        reply.answerer = self.fallback.name
        reply.notice = f"{reason} {reply.phrases.quoted_instead}"
        return Noticed(reply.notice)

    def _degraded(self, stage: str, error: UpstreamError) -> None:
        log.warning("stage_degraded", stage=stage, code=error.code, kind=kind_of(error), reason=error.message)
        self.metrics.degraded(stage)

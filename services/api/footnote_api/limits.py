"""How much one reader and one address may ask of the server in a minute."""

import math
from collections.abc import Sequence

from footnote_api.clients import Caller, Client, Clients
from footnote_api.rates import Rates
from footnote_core import log
from footnote_core.errors import RateLimited
from footnote_core.exposure import is_loopback
from footnote_core.settings import Settings


class Limits:
    """Counts what is asked, for all workers together. Each method raises RateLimited for too much."""

    def __init__(self, settings: Settings, rates: Rates) -> None:
        self._clients = Clients(
            settings.trusted_proxies, settings.unlimited_addresses, on_loopback=is_loopback(settings.bind)
        )
        self._settings = settings
        self._rates = rates
        self._warned = False

    def client(self, peer: str, forwarded: Sequence[str] = ()) -> Client:
        """Who sends a request; the operator is told once of a proxy that is not listed."""
        client = self._clients.client(peer, forwarded)
        if client.unknown_proxy and not self._warned:
            self._warned = True
            log.warning(
                "proxy_not_trusted",
                address=client.address,
                hint="list it in FOOTNOTE_TRUSTED_PROXIES, or all of its readers share one limit",
            )
        return client

    def question(self, caller: Caller) -> None:
        """A question, which may cost money."""
        self._take(
            caller.client,
            "questions",
            (f"owner {caller.owner}", "FOOTNOTE_QUESTIONS_PER_OWNER", self._settings.questions_per_owner),
            (
                f"question {caller.client.address}",
                "FOOTNOTE_QUESTIONS_PER_ADDRESS",
                self._settings.questions_per_address,
            ),
        )

    def read(self, client: Client) -> None:
        """A search, or a request about conversations."""
        allowed = self._settings.searches_per_address
        self._take(client, "requests", (f"read {client.address}", "FOOTNOTE_SEARCHES_PER_ADDRESS", allowed))

    def session(self, client: Client) -> None:
        """A client secret."""
        allowed = self._settings.sessions_per_address
        self._take(
            client, "sessions", (f"session {client.address}", "FOOTNOTE_SESSIONS_PER_ADDRESS", allowed)
        )

    def _take(self, client: Client, what: str, *limits: tuple[str, str, int]) -> None:
        """Count one under each `(name, setting, most a minute)`."""
        held = [limit for limit in limits if limit[2]]
        if client.unlimited or not held:
            return
        waits = self._rates.take([(name.encode(), most) for name, _, most in held])
        if longest := max(waits):
            seconds = math.ceil(longest)
            unit = "second" if seconds == 1 else "seconds"
            raise RateLimited(
                f"Too many {what} in a short time. Try again in {seconds} {unit}.",
                seconds,
                held[waits.index(longest)][1],
            )

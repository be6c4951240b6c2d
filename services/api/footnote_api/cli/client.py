"""A small client of the API for the commands: one session, plain sentences when it fails."""

from types import TracebackType
from typing import Any, Self

import httpx

from footnote_api.proofs import solve
from footnote_core.errors import FootnoteError, ProofRequired
from footnote_core.settings import load

_SECONDS = 120.0
_MOST_BITS = 28
"""Of a proof of work: no server of ours asks for more."""


class ApiFailed(FootnoteError):
    """The API cannot be reached, or refused; the message says why."""


def default_address() -> str:
    """The API of this machine, on the port that the settings name."""
    return f"http://127.0.0.1:{load().api_port}"


class ApiClient:
    """Speaks to the API at `address`; gets a client secret at its first question."""

    def __init__(self, address: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=address.rstrip("/"), timeout=_SECONDS, transport=transport)
        self._address = address
        self._secret: str | None = None

    def search(self, question: str, limit: int) -> dict[str, Any]:
        """The body of `GET /api/search`."""
        return self._send("GET", "/api/search", params={"q": question[:400], "limit": limit})

    def ask(self, question: str) -> dict[str, Any]:
        """The body of `POST /api/ask`; the client secret is renewed when it has expired."""
        if self._secret is None:
            self._renew()
        try:
            return self._ask(question)
        except ApiFailed as error:
            if error.details != {"status": 401}:
                raise
            self._renew()
            return self._ask(question)

    def _ask(self, question: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._secret}"}
        return self._send("POST", "/api/ask", json={"question": question}, headers=headers)

    def _renew(self) -> None:
        body: dict[str, Any] = {"existing": self._secret}
        try:
            session = self._send("POST", "/api/chatkit/session", json=body)
        except ApiFailed as error:
            match error.details:
                case {"asked": {"challenge": str(challenge), "bits": int(bits)}} if bits <= _MOST_BITS:
                    body["proof"] = {"challenge": challenge, "nonce": solve(challenge, bits)}
                case _:
                    raise
            session = self._send("POST", "/api/chatkit/session", json=body)
        self._secret = session["client_secret"]

    def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **options)
            body = response.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            hint = "Is it running? Start it with `make demo`, or name another address with --api."
            raise ApiFailed(f"The API at {self._address} cannot be reached ({error}). {hint}") from error
        except ValueError as error:
            raise ApiFailed(f"What answers at {self._address} is not Footnote's API.") from error
        if not response.is_success or not isinstance(body, dict):
            told = body if isinstance(body, dict) else {}
            details: dict[str, Any] = {"status": response.status_code}
            if told.get("code") == ProofRequired.code:
                details["asked"] = told.get("details")
            raise ApiFailed(
                told.get("message") or f"The API answered with status {response.status_code}.", details
            )
        return body

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

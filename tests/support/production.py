"""The production overlay with a certificate and secrets of its own, before a language model that can be held up."""

import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange

import httpx

from tests.support.stack import ROOT, Stack, engine, free_port, running_stack
from tests.support.vendors import KEY, Json, Vendors, vendors

OVERLAY = "infra/compose.prod.yml"
_SENTENCE = re.compile(r"^[A-Z][^.!?\n|`*\[\]()]{40,200}\.", re.MULTILINE)


@dataclass
class Model(Vendors):
    """Says two sentences of the passages it is given, the second one only when `go_on` is set."""

    go_on: threading.Event = field(default_factory=threading.Event)

    def events(
        self, path: str, body: Json, finish: str | None = None
    ) -> Iterator[tuple[str | None, Json | str]]:
        passages = re.split(r"^\[(\d+)\] ", body["messages"][-1]["content"], flags=re.MULTILINE)[1:]
        quotes = [
            (found.group(), number)
            for number, text in zip(passages[::2], passages[1::2], strict=True)
            if (found := _SENTENCE.search(text))
        ]
        (first, one), (second, other) = quotes[:2]
        # Only what follows a marker tells that it has ended.
        self.answer = [f"{first[:-1]} [{one}].\n\n", second[0], f"{second[1:-1]} [{other}]."]
        for event in super().events(path, body, finish):
            if second[1:-1] in str(event):
                assert self.go_on.wait(20), "nobody has read the first sentence"
            yield event


@dataclass
class Production:
    """The running overlay. `site` is the one origin, `directory` has the secrets."""

    stack: Stack
    model: Model
    site: str
    http: str
    directory: Path

    def tls(self) -> ssl.SSLContext:
        """Trusts the stack's certificate and no other."""
        return ssl.create_default_context(cafile=str(self.directory / "tls_certificate"))

    def raw(self, data: bytes) -> bytes:
        """All that comes back for these bytes over TLS within some seconds, until the server closes."""
        host, port = self.site.removeprefix("https://").split(":")
        received = b""
        with (
            socket.create_connection((host, int(port)), timeout=3) as plain,
            self.tls().wrap_socket(plain, server_hostname=host) as connection,
        ):
            try:
                connection.sendall(data)
                while piece := connection.recv(65_536):
                    received += piece
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass  # the server need not listen to the end, and may wait for more
        return received

    def client(self) -> httpx.Client:
        """A client of the site that offers HTTP/2."""
        return httpx.Client(base_url=self.site, verify=self.tls(), http2=True, timeout=15)


@contextmanager
def running_production(directory: Path, *overlays: Path, **more: str) -> Iterator[Production]:
    """Make secrets, start the overlay, yield it when it is healthy, and remove it.

    `overlays` are compose files on top of it, `more` are settings.
    """
    secrets = directory / "secrets"
    subprocess.run(
        [ROOT / "infra/secrets.sh", secrets, "--self-signed", "localhost"], check=True, capture_output=True
    )
    (secrets / "openai_api_key").write_text(KEY)
    bridge = engine().networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    https, http = free_port(), free_port()
    site = f"https://localhost:{https}"
    with vendors(Model(), bridge) as model:
        assert isinstance(model, Model)
        model.go_on.set()
        settings = {
            "FOOTNOTE_SITE_URL": site,
            "FOOTNOTE_BIND": "127.0.0.1",
            "FOOTNOTE_HTTPS_PORT": str(https),
            "FOOTNOTE_HTTP_PORT": str(http),
            "FOOTNOTE_SECRETS_DIR": str(secrets),
            "FOOTNOTE_SUBNET": f"10.231.{randrange(100, 255)}.0/28",
            "FOOTNOTE_ANSWER_MODEL": "gpt-test",
            "OPENAI_BASE_URL": f"{model.url}/v1",
        } | more
        with running_stack(directory, OVERLAY, *overlays, **settings) as stack:
            yield Production(stack, model, site, f"http://localhost:{http}", secrets)

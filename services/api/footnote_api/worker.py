"""gunicorn's worker: uvicorn, which ends without cutting anybody off.

uvicorn closes every connection on which no request is being answered. A request that arrives at that
moment fails, and a client cannot tell whether it was carried out. Here the worker stops taking new
connections, answers what still comes on those it has, asks for no more of it, and only then closes.
"""

import asyncio
import logging
import sys
import time
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from footnote_api.connections import BoundedProtocol

LINGER_SECONDS = 0.5
"""For requests on their way when the worker was told to end."""

STORING_SECONDS = 2
"""What is left of the grace period for answers that had to be cut, to be stored."""


class LingeringServer(Server):
    """Leaves its listening sockets to its sister workers first, then its connections."""

    linger_seconds = LINGER_SECONDS

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        # Stands on every answer from here on: the client opens its next connection elsewhere.
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        until = time.monotonic() + self.linger_seconds
        while True:
            await asyncio.sleep(0.05)  # also for what the system has accepted, but nobody has looked at
            if not self.server_state.connections or time.monotonic() > until:
                break
        await super().shutdown(sockets)


class Worker(UvicornWorker):  # type: ignore[misc]  # comes without types
    """Lets answers that stream go on until the grace period is nearly over."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": BoundedProtocol,
        "ws": "none",
        "server_header": False,
        "proxy_headers": False,  # who the client is, FOOTNOTE_TRUSTED_PROXIES decides
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        logging.getLogger("uvicorn.error").propagate = True  # to the log that everything else is in
        self.config.timeout_graceful_shutdown = self.cfg.graceful_timeout - STORING_SECONDS

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        server = LingeringServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

"""How gunicorn serves the API: `gunicorn -c services/api/gunicorn.conf.py`.

Settings are checked here, in the master, before any worker exists: a wrong one ends the start with
one sentence and exit code 2, never with workers that die and are started again.
"""

import asyncio
import errno
import os
import secrets
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from footnote_api.tracing import check_tracing
from footnote_api.worker import STORING_SECONDS, Worker
from footnote_core import log
from footnote_core.errors import ConfigurationError
from footnote_core.exposure import check_exposure
from footnote_core.settings import load


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    raise SystemExit(2)


try:
    _settings = load()
    check_exposure(_settings)
    check_tracing(os.environ)
except ConfigurationError as error:
    _refuse(error.message)

log.configure(_settings.log_level)

if not _settings.session_keys:
    # One secret for all workers; they inherit the environment.
    os.environ["FOOTNOTE_SESSION_SECRET"] = secrets.token_hex(32)
    log.warning(
        "session_secret_generated",
        hint="set FOOTNOTE_SESSION_SECRET to keep sessions over a restart and over hosts",
    )

_METRICS = "footnote-metrics-"
"""A name and no variable tells on_exit: a reload reads this file again, and forgets what it held."""

wsgi_app = "footnote_api.main:create_app()"
_host = f"[{_settings.bind}]" if ":" in _settings.bind else _settings.bind
bind = f"{_host}:{_settings.api_port}"
workers = _settings.workers
worker_class = Worker
preload_app = False
"""The index and the database must be opened after the fork."""
graceful_timeout = _settings.shutdown_seconds + STORING_SECONDS
timeout = 60
keepalive = 30
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - memory, not a disk that may stall
control_socket_disable = True
accesslog = None
proc_name = "footnote-api"
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True}},
}


def on_starting(server: Any) -> None:
    """Refuse what would otherwise fail again and again in every worker; then prepare what they share."""
    from footnote_api.databases import check_database
    from footnote_api.rates import share_rates

    try:
        asyncio.run(check_database(_settings.database_url.get_secret_value()))
    except ConfigurationError as error:
        _refuse(error.message)
    if "GUNICORN_FD" not in os.environ and "LISTEN_FDS" not in os.environ:
        for address in server.cfg.address:
            if isinstance(address, tuple):
                _check_free(address[0], address[1])
    share_rates()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=_METRICS)


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                _refuse(f"Port {port} on {host} is in use. Stop what uses it, or set FOOTNOTE_API_PORT.")
            _refuse(
                f"{host}:{port} cannot be bound: {error.strerror}. See FOOTNOTE_BIND and FOOTNOTE_API_PORT."
            )


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker that ended has counted, but not its files."""
    from footnote_api.shared_metrics import bury

    bury(os.environ["PROMETHEUS_MULTIPROC_DIR"], worker.pid)


def on_exit(server: Any) -> None:
    """Delete the directory of metrics, if it is this server's own."""
    directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if directory.name.startswith(_METRICS):
        shutil.rmtree(directory, ignore_errors=True)

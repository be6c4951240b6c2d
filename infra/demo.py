"""The whole product on this machine without Docker: index, API and site until Ctrl-C.

Started by `make demo`. Everything it starts ends with it, however it ends: each child is its own
process group that is ended here, and the kernel ends this process if its parent (make) dies.
"""

import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from dotenv import dotenv_values

from footnote_core.errors import ConfigurationError
from footnote_core.exposure import check_exposure
from footnote_core.settings import Settings, load

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LOGS = ROOT / ".footnote/logs"
START_SECONDS = 240
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """A signal asked the demo to end."""


class Failed(Exception):
    """A part of the demo did not start or ended by itself; the message says what to do."""


class Child:
    """A part of the demo as a process group of its own, its output in a log file.

    url  its address; None when it has none and need not be waited for
    """

    def __init__(
        self, name: str, command: list[str], cwd: Path, env: Mapping[str, str], url: str | None
    ) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.url = url
        self.log = LOGS / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise Failed if the process has ended."""
        if (code := self.process.poll()) is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Failed(f"The {self.name} ended with exit code {code}. The end of {self.log}:\n{tail}")

    def answers(self) -> bool:
        """Whether its address gives 200."""
        if self.url is None:
            return True
        try:
            with urllib.request.urlopen(self.url, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        """End the group: politely, then by force."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main() -> int:
    """Run the demo; 0 when it was told to stop, 1 when a part failed, 2 when it could not start."""
    parser = argparse.ArgumentParser(description="Footnote without Docker.")
    parser.add_argument("--site", help="index this Docusaurus site instead of the bundled manual")
    parser.add_argument("--no-web", action="store_true", help="leave the site out")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    children: list[Child] = []
    try:
        settings, env = _settings(options.site)
        _check_port(settings.api_port, "FOOTNOTE_API_PORT")
        if not options.no_web:
            _check_port(settings.web_port, "FOOTNOTE_WEB_PORT")
            children.append(_web(settings, env))
        _ingest(env)
        children.append(_api(settings, env))
        if not settings.sitemap_url:
            children.append(_watch(env))
        _wait(children)
        addresses = " · ".join(
            f"{c.name} http://127.0.0.1:{_port(settings, c.name)}" for c in reversed(children) if c.url
        )
        print(
            f"Footnote is ready: {addresses} (Ctrl-C ends it, logs in {LOGS.relative_to(ROOT)})", flush=True
        )
        while True:
            time.sleep(0.5)
            for child in children:
                child.check()
    except Stopped:
        return 0
    except ConfigurationError as error:
        print(error.message, file=sys.stderr)
        return 2
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.stop()


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _settings(site: str | None) -> tuple[Settings, dict[str, str]]:
    """Settings of the parts, and their environment: addresses follow the ports unless they were set."""
    settings = load(env_file=ROOT / ".env")
    check_exposure(settings)
    # Docusaurus does not read .env by itself.
    env = {**{k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}, **os.environ}
    if site:
        env["FOOTNOTE_SITE_DIR"] = site
    given = settings.model_fields_set
    origins = [f"http://{host}:{settings.web_port}" for host in ("localhost", "127.0.0.1")]
    if "site_url" not in given:
        env["FOOTNOTE_SITE_URL"] = origins[0]
    if "cors_origins" not in given:
        env["FOOTNOTE_CORS_ORIGINS"] = ",".join(origins)
    env.setdefault("FOOTNOTE_SHUTDOWN_SECONDS", str(STOP_SECONDS // 2))
    # One thread a process is fastest for vectors this small, and leaves the other cores alone.
    env.setdefault("OPENBLAS_NUM_THREADS", "1")
    return settings, env


def _check_port(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} is in use. Free it or set {name} to another one."
            ) from error


def _ingest(env: Mapping[str, str]) -> None:
    process = subprocess.Popen([BIN / "footnote-ingest"], cwd=ROOT, env=env)
    try:
        code = process.wait()
    finally:
        process.terminate()
        process.wait()
    if code not in (0, 1):  # 1: some pages failed, were named, and the rest is live
        raise Failed(f"footnote-ingest ended with exit code {code}.")


def _watch(env: Mapping[str, str]) -> Child:
    """Indexes again what is saved while the demo runs."""
    return Child("ingest", [str(BIN / "footnote-ingest"), "--watch"], ROOT, env, None)


def _api(settings: Settings, env: Mapping[str, str]) -> Child:
    config = ROOT / "services/api/gunicorn.conf.py"
    command = [str(BIN / "gunicorn"), "-c", str(config), "footnote_api.main:create_app()"]
    return Child("API", command, ROOT, env, f"http://127.0.0.1:{settings.api_port}/readyz")


def _web(settings: Settings, env: Mapping[str, str]) -> Child:
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError("Node.js 20 or later is missing. Install it, or run `make demo WEB=0`.")
    web = ROOT / "services/web"
    script = web / "node_modules/@docusaurus/core/bin/docusaurus.mjs"
    command = [
        node,
        str(script),
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(settings.web_port),
        "--no-open",
    ]
    return Child("site", command, web, env, f"http://127.0.0.1:{settings.web_port}{settings.base_url}")


def _port(settings: Settings, name: str) -> int:
    return settings.api_port if name == "API" else settings.web_port


def _wait(children: list[Child]) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = list(children)
    while waiting:
        for child in children:
            child.check()
        waiting = [child for child in waiting if not child.answers()]
        if time.monotonic() > deadline:
            raise Failed(f"The {waiting[0].name} did not answer in {START_SECONDS} s; see {waiting[0].log}.")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())

"""Real servers for browser tests: the API over an index of the manual, and the site in both its forms."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "services" / "web"

SITE_URL = "http://localhost:3000"
"""The origin that citations name. The tests read the site on other ports: the panel must map one to the other."""

_FOREIGN = ("FOOTNOTE_", "CHATKIT_", "QDRANT_", "COHERE_", "OPENAI_")
"""Settings of whoever runs the tests, which must not reach the servers under test."""


class StartFailed(Exception):
    """A server or a job did not do what the tests need; the message ends with its output."""


@dataclass
class Server:
    """A running process and the address it answers on."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """End the process with all its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with only the given settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, **settings}


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path) -> None:
    """Run a job to its end. Raises StartFailed with its output unless it exits with 0."""
    with log.open("wb") as output:
        code = subprocess.run(command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT).returncode
    if code:
        raise StartFailed(f"`{' '.join(command)}` ended with exit code {code}:\n{_tail(log)}")


def start(
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    url: str,
    path: str,
    seconds: float = 90,
) -> Server:
    """Start a server and wait until `url + path` answers 200. Raises StartFailed with its output."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server(url, process, log)
    deadline = time.monotonic() + seconds
    while not _answers(url + path):
        if process.poll() is not None:
            raise StartFailed(
                f"`{' '.join(command)}` ended with exit code {process.returncode}:\n{_tail(log)}"
            )
        if time.monotonic() > deadline:
            server.stop()
            raise StartFailed(f"{url}{path} did not answer within {seconds:.0f} s:\n{_tail(log)}")
        time.sleep(0.1)
    return server


def index_manual(folder: Path) -> dict[str, str]:
    """Index the manual into a folder; returns the settings with which the API serves it."""
    return index_site(folder, WEB, SITE_URL)


def index_site(folder: Path, site: Path, url: str) -> dict[str, str]:
    """Index a site's sources into a folder; returns the settings with which the API serves them."""
    settings = {
        "FOOTNOTE_INDEX_PATH": str(folder / "index"),
        "FOOTNOTE_DATABASE_URL": f"sqlite:///{folder / 'threads.db'}",
        "FOOTNOTE_SITE_DIR": str(site),
        "FOOTNOTE_SITE_URL": url,
        "FOOTNOTE_EMBEDDER": "local",
        "FOOTNOTE_ANSWERER": "extractive",
        "FOOTNOTE_SESSION_SECRET": "signs-what-the-browser-tests-hand-out",
    }
    run([_script("footnote-ingest")], ROOT, environment(**settings), folder / "ingest.log")
    return settings


def start_api(settings: Mapping[str, str], port: int, origins: Sequence[str], log: Path) -> Server:
    """The real API behind gunicorn."""
    env = environment(**settings, FOOTNOTE_CORS_ORIGINS=",".join(origins))
    command = [
        _script("gunicorn"),
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "uvicorn_worker.UvicornWorker",
        "--graceful-timeout",
        "2",
        "footnote_api.main:create_app()",
    ]
    return start(command, ROOT, env, log, f"http://localhost:{port}", "/readyz")


def build_site(folder: Path, settings: Mapping[str, str]) -> None:
    """`docusaurus build` into a folder."""
    _check_installed()
    env = _site_environment(folder, settings)
    run(["npx", "docusaurus", "build", "--out-dir", str(folder / "site")], WEB, env, folder / "build.log")


def start_built_site(folder: Path, port: int) -> Server:
    """`docusaurus serve` of what `build_site` made."""
    command = ["npx", "docusaurus", "serve", "--no-open", "--port", str(port), "--dir", str(folder / "site")]
    return start(
        command, WEB, _site_environment(folder, {}), folder / "serve.log", f"http://localhost:{port}", "/"
    )


def start_dev_site(folder: Path, port: int, settings: Mapping[str, str]) -> Server:
    """`docusaurus start`, as `make demo` and the web container run it."""
    _check_installed()
    command = ["npx", "docusaurus", "start", "--no-open", "--port", str(port)]
    env = _site_environment(folder, settings)
    return start(command, WEB, env, folder / "dev.log", f"http://localhost:{port}", "/footnote-manifest.json")


def _site_environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    # Generated files of their own: a demo that runs meanwhile keeps its settings.
    generated = Path(".docusaurus", "browser-tests", folder.name)
    return environment(
        **settings,
        FOOTNOTE_SITE_URL=SITE_URL,
        DOCUSAURUS_GENERATED_FILES_DIR_NAME=str(generated),
        DOCUSAURUS_NO_PERSISTENT_CACHE="true",  # It would give the files generated for another build.
    )


def _check_installed() -> None:
    if not (WEB / "node_modules" / "@docusaurus" / "core").is_dir():
        raise StartFailed("The site's packages are missing. Install them: cd services/web && npm ci")


def _script(name: str) -> str:
    script = ROOT / ".venv" / "bin" / name
    if not script.is_file():
        raise StartFailed(f"{script} is missing. Install the workspace: make install")
    return str(script)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-3000:]

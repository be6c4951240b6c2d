"""The compose stack under a project name of its own, for tests that need all four services."""

import json
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from docker.errors import DockerException
from docker.models.containers import Container
from testcontainers.compose import DockerCompose

ROOT = Path(__file__).parents[2]
QDRANT_DOUBLE = "footnote/qdrant-double:dev"
IMAGES = ("footnote/api:dev", "footnote/ingest:dev", "footnote/web:dev", "footnote/site:dev", QDRANT_DOUBLE)
PREPARE = "Run infra/airgap/prepare.sh: it starts an engine (infra/airgap/airgap.sh) and builds the images."
OWN_PREFIXES = ("FOOTNOTE_", "QDRANT_", "OPENAI_", "COHERE_", "CHATKIT_", "COMPOSE_")
LOG_LINES = 40


def engine() -> docker.DockerClient:
    """The Docker engine with every image built; fails the test with what to do otherwise."""
    try:
        client = docker.from_env()
        present = {tag for image in client.images.list() for tag in image.tags}
    except DockerException as error:
        pytest.fail(f"No Docker engine answers ({error}). {PREPARE}", pytrace=False)
    if missing := set(IMAGES) - present:
        pytest.fail(f"Images are missing: {', '.join(sorted(missing))}. {PREPARE}", pytrace=False)
    return client


def free_port() -> int:
    """A port nobody listens on. Fixed for the stack's life, so that a restart keeps its addresses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stack:
    """A running stack. Addresses are of this host; logs are what the containers wrote so far.

    With the variables in `environment` a plain `docker compose` in the repository means this stack.
    """

    def __init__(
        self,
        compose: DockerCompose,
        client: docker.DockerClient,
        settings: dict[str, str],
        environment: dict[str, str],
    ) -> None:
        self._compose = compose
        self._client = client
        self.environment = environment
        self.project = settings["COMPOSE_PROJECT_NAME"]
        self.api_url = f"http://127.0.0.1:{settings['FOOTNOTE_API_PORT']}"
        self.web_url = f"http://127.0.0.1:{settings['FOOTNOTE_WEB_PORT']}"
        self.site_url = f"http://localhost:{settings['FOOTNOTE_WEB_PORT']}"

    def container(self, service: str) -> Container:
        """The service's container, running or not."""
        return self._client.containers.get(self._compose.get_container(service, include_all=True).ID)

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `docker compose ARGUMENTS` for this project; its output is in the error when it fails."""
        done = subprocess.run(
            [*self._compose.compose_command_property, *arguments],
            cwd=ROOT, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"docker compose {' '.join(arguments)}: {done.stdout}\n{done.stderr}")
        return done

    def api(self, **options: Any) -> httpx.Client:
        """A client of the API; connections are not reused, so that every worker gets its turn."""
        return httpx.Client(
            base_url=self.api_url, timeout=15, limits=httpx.Limits(max_keepalive_connections=0), **options
        )

    def ask(self, question: str) -> httpx.Response:
        """Ask as the widget does: a session first, then the question with its client secret."""
        with self.api() as api:
            session = api.post("/api/chatkit/session")
            session.raise_for_status()
            bearer = {"authorization": f"Bearer {session.json()['client_secret']}"}
            return api.post("/api/ask", json={"question": question}, headers=bearer)

    def api_workers(self) -> list[str]:
        """Process ids of gunicorn's workers, as seen inside the container: the children of init's child."""
        children = (
            "cat $(for pid in $(cat /proc/1/task/1/children); do echo /proc/$pid/task/$pid/children; done)"
        )
        done = self.container("api").exec_run(["bash", "-c", children])
        found: list[str] = done.output.decode().split()
        return found

    def last_logs(self) -> str:
        """Errors in every container's log and its end, each under its name and state."""
        parts = []
        for container in self._client.containers.list(
            all=True, filters={"label": f"com.docker.compose.project={self.project}"}
        ):
            lines = container.logs().decode(errors="replace").splitlines()
            errors = [line for line in lines[:-LOG_LINES] if '"level": "error"' in line][:LOG_LINES]
            shown = "\n".join([*errors, *lines[-LOG_LINES:]])
            parts.append(f"--- {container.name} ({container.status})\n{shown}")
        return "\n".join(parts)


@contextmanager
def running_stack(directory: Path, *overlays: Path | str, **settings: str) -> Iterator[Stack]:
    """Start the stack, yield it when API and site are healthy, then remove it with its volumes.

    `overlays` are compose files on top of docker-compose.yml. `settings` go to compose as from a
    `.env`; neither the caller's own `.env` nor its environment reaches the stack, or a vendor's key would.
    """
    client = engine()
    settings = {
        "COMPOSE_PROJECT_NAME": f"footnote-test-{uuid.uuid4().hex[:8]}",
        "QDRANT_IMAGE": QDRANT_DOUBLE,
        "FOOTNOTE_API_PORT": str(free_port()),
        "FOOTNOTE_WEB_PORT": str(free_port()),
    } | settings
    env_file = directory / "stack.env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    files = ["docker-compose.yml", *map(str, overlays)]
    compose = DockerCompose(ROOT, compose_file_name=files, env_file=str(env_file))
    environment = {"COMPOSE_FILE": os.pathsep.join(files), "COMPOSE_ENV_FILES": str(env_file)}
    stack = Stack(compose, client, settings, environment)
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(OWN_PREFIXES):
                patch.delenv(name)
        try:
            started = stack.command("up", "--wait", "--no-build", check=False)
            if started.returncode:
                pytest.fail(
                    f"The stack did not come up.\n{started.stderr}\n{stack.last_logs()}", pytrace=False
                )
            yield stack
        finally:
            stack.command("down", "--volumes", "--timeout", "5")


def events(log: str) -> list[dict[str, Any]]:
    """The JSON lines in a log; other lines are left out."""
    return [json.loads(line[line.index("{") :]) for line in log.splitlines() if '{"at"' in line]


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Poll until `condition` holds; a transport error counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    raise AssertionError(f"after {seconds:g} s still waiting for {what}")

"""Each image by itself: what it holds, and the API over the embedded index without any other service."""

import json
import re
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import httpx
import pytest
from docker.models.volumes import Volume
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from tests.support.stack import ROOT, engine, free_port

PRODUCTION = ["footnote/api:dev", "footnote/ingest:dev", "footnote/site:dev"]
PRODUCT = [*PRODUCTION, "footnote/web:dev"]
HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "init": True}
MANUAL = {str(ROOT / "services/web"): {"bind": "/site", "mode": "ro"}}
LARGEST_MEGABYTES = {
    "footnote/api:dev": 300,
    "footnote/ingest:dev": 300,
    "footnote/site:dev": 105,
    "footnote/web:dev": 620,
}
"""A little above what they are: growth should be noticed. The site's is a tenth of that on Alpine."""

INSTALLERS = re.compile(
    r"(^|/)(site-packages|dist-packages)/(pip|uv)/|(^|/)ensurepip/|(^|/)node_modules/npm/"
    r"|(^|/)bin/(pip\d?|npm|npx|node|uv)$|\.whl$"
)


@pytest.fixture(scope="module")
def client() -> docker.DockerClient:
    return engine()


@pytest.fixture
def volume(client: docker.DockerClient) -> Iterator[Volume]:
    volume = client.volumes.create()
    yield volume
    volume.remove()


@pytest.mark.parametrize("tag", PRODUCT)
def test_image_is_labelled_numeric_and_not_larger_than_it_was(client: docker.DockerClient, tag: str) -> None:
    image = client.images.get(tag)
    config = image.attrs["Config"]
    assert config["Labels"]["org.opencontainers.image.title"] == tag.split(":")[0]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert all(part.isdigit() and part != "0" for part in config["User"].split(":"))
    assert config["Healthcheck"]
    assert image.attrs["Size"] / 1e6 < LARGEST_MEGABYTES[tag]


@pytest.mark.parametrize(
    ("tag", "stranger"), [("footnote/api:dev", "footnote_ingest"), ("footnote/ingest:dev", "footnote_api")]
)
def test_image_holds_its_own_service_and_no_installer(
    client: docker.DockerClient, tag: str, stranger: str
) -> None:
    probe = (
        "from importlib.util import find_spec; import footnote_core;"
        f"print([m for m in ('pip', 'uv', 'pytest', 'agents', '{stranger}') if find_spec(m)])"
    )
    assert (
        client.containers.run(tag, [probe], entrypoint=["python", "-c"], remove=True, **HARDENED) == b"[]\n"
    )


@pytest.mark.parametrize("tag", PRODUCTION)
def test_no_layer_holds_an_installer(client: docker.DockerClient, tag: str, tmp_path: Path) -> None:
    """Of what a later layer deletes, the earlier one keeps a copy: so each is looked through."""
    saved = tmp_path / "image.tar"
    with saved.open("wb") as file:
        for chunk in client.images.get(tag).save():
            file.write(chunk)
    with tarfile.open(saved) as image:
        manifest = json.load(image.extractfile("manifest.json"))  # type: ignore[arg-type]
        names: set[str] = set()
        for layer in manifest[0]["Layers"]:
            with tarfile.open(fileobj=image.extractfile(layer)) as files:
                names.update(files.getnames())
    assert len(names) > 500
    assert not [name for name in names if INSTALLERS.search(name)]


def test_built_site_of_ones_own_takes_the_manuals_place(client: docker.DockerClient, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>Ours</title><script>ours()</script>")
    tag = f"footnote/site:test-{uuid.uuid4().hex[:8]}"
    build = ["docker", "build", "--quiet", "--build-context", f"built={tmp_path}", "--tag", tag]
    options = ["--build-arg", "FOOTNOTE_SITE_URL=https://docs.example.com", "services/web"]
    subprocess.run([*build, *options], cwd=ROOT, check=True, capture_output=True)
    try:
        told = client.containers.run(
            tag, ["-c", "ls /srv/site; cat /etc/nginx/site.conf"], entrypoint=["sh"], remove=True, **HARDENED
        ).decode()
    finally:
        client.images.remove(tag)
    assert told.splitlines()[0] == "index.html"
    assert "docs" not in told.splitlines()[:2]
    assert "https://docs.example.com" in told
    assert told.count("'sha256-") == 1


def test_api_alone_is_alive_but_not_ready(client: docker.DockerClient) -> None:
    with _api() as api:
        assert httpx.get(f"{api}/healthz").status_code == 200
        ready = httpx.get(f"{api}/readyz")
    assert ready.status_code == 503
    assert ready.json()["code"] == "index_not_ready"


def test_api_serves_an_embedded_index_built_by_ingest(client: docker.DockerClient, volume: Volume) -> None:
    data = {volume.name: {"bind": "/data", "mode": "rw"}}
    job = client.containers.run(
        "footnote/ingest:dev",
        volumes=MANUAL | data,
        detach=True,
        tmpfs={"/tmp": ""},
        network_mode="none",
        **HARDENED,
    )
    assert job.wait(timeout=120)["StatusCode"] == 0, job.logs().decode()
    job.remove()
    with _api(volume.name) as api:
        hits = (
            httpx.get(f"{api}/api/search", params={"q": "start the demo"}).raise_for_status().json()["hits"]
        )
        assert hits
        assert httpx.get(f"{api}/readyz").status_code == 200


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("FOOTNOTE_CORS_ORIGINS", "https://*.corp.test"),
        ("FOOTNOTE_SESSION_SECRET", "too short"),
        ("FOOTNOTE_COLOUR", "blue"),
    ],
)
@pytest.mark.parametrize("tag", ["footnote/api:dev", "footnote/ingest:dev"])
def test_wrong_setting_ends_the_container_and_is_named(
    client: docker.DockerClient, tag: str, setting: str, value: str
) -> None:
    container = client.containers.run(
        tag,
        environment={setting: value},
        volumes=MANUAL,
        tmpfs={"/tmp": "", "/data": "uid=10001"},
        detach=True,
        **HARDENED,
    )
    try:
        assert container.wait(timeout=60)["StatusCode"] == 2
        log = container.logs().decode()
    finally:
        container.remove(force=True)
    assert setting in log
    assert value not in log.replace(setting, "")
    assert "Traceback" not in log


@contextmanager
def _api(volume: str | None = None) -> Iterator[str]:
    """The API image on a port of this host, its data in `volume`; yields its address."""
    port = free_port()
    container = (
        DockerContainer("footnote/api:dev")
        .with_bind_ports(8000, port)
        .with_kwargs(**HARDENED)
        .with_tmpfs_mount("/tmp")
        .waiting_for(HttpWaitStrategy(8000, "/healthz").for_status_code(200).with_startup_timeout(30))
    )
    if volume:
        container.with_volume_mapping(volume, "/data", "rw")
    else:
        container.with_tmpfs_mount("/data", "uid=10001")
    with container:
        yield f"http://127.0.0.1:{port}"

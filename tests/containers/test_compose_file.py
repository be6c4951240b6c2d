"""What can be said of docker-compose.yml without an engine."""

import json
import os
import re
import subprocess
from pathlib import Path

import yaml

from footnote_core.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
PRODUCTION = ("docker-compose.yml", "infra/compose.prod.yml")

NOT_OF_THE_STACK = {"FOOTNOTE_INDEX_PATH", "FOOTNOTE_MODELS_PATH"}
"""The embedded index has its place in the image, and the stack uses the server; the images do not have fastembed."""


def test_every_setting_can_be_given_to_the_stack() -> None:
    mentioned = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    missing = Settings.names().keys() - mentioned - NOT_OF_THE_STACK
    assert not missing, f"docker-compose.yml passes no {sorted(missing)} on"


def test_ports_on_the_host_do_not_change_the_ports_inside() -> None:
    for name, service in SERVICES.items():
        given = service.get("environment", {})
        assert not {"FOOTNOTE_API_PORT", "FOOTNOTE_WEB_PORT"} & given.keys(), name


def test_the_api_is_told_where_its_port_is_published_but_listens_everywhere_inside() -> None:
    published = SERVICES["api"]["ports"][0].partition(":${")[0]
    assert SERVICES["api"]["environment"]["FOOTNOTE_BIND"] == published
    assert '"--bind", "0.0.0.0:8000"' in (ROOT / "services/api/Dockerfile").read_text()


def test_only_api_and_web_are_published_and_only_on_the_chosen_address() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "web"}
    for ports in published.values():
        assert all(port.startswith("${FOOTNOTE_BIND:-127.0.0.1}:") for port in ports)


def test_images_of_others_are_pinned_and_qdrants_can_be_replaced() -> None:
    assert re.fullmatch(
        r"\$\{QDRANT_IMAGE:-qdrant/qdrant:v\d+\.\d+\.\d+-unprivileged\}", SERVICES["qdrant"]["image"]
    )
    for dockerfile in ROOT.glob("services/*/Dockerfile"):
        stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", dockerfile.read_text(), re.MULTILINE)
        own = {"scratch", *(name for _, name in stages)}
        for tag in {tag for tag, _ in stages} - own:
            assert re.fullmatch(r"(python:3\.13|node:22|nginx:1\.30)\S*-slim\S*", tag), f"{dockerfile}: {tag}"


def test_production_overlay_is_valid_as_it_stands_and_publishes_the_proxy_alone() -> None:
    files = [part for file in PRODUCTION for part in ("-f", file)]
    told = subprocess.run(
        ["docker", "compose", "--env-file", os.devnull, *files, "config", "--format", "json"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    services = json.loads(told.stdout)["services"]
    assert [name for name, service in services.items() if service.get("ports")] == ["web"]
    assert services["web"]["build"]["target"] == "site"
    assert not [volume for volume in services["web"]["volumes"] if volume["type"] == "bind"]
    assert services["api"]["environment"]["FOOTNOTE_BIND"] == "0.0.0.0", "the check of the secret at start"
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["deploy"]["resources"]["limits"].keys() >= {"memory", "pids"}, name
        given = {
            k for k, v in service.get("environment", {}).items() if v and k.endswith(("_KEY", "_SECRET"))
        }
        assert not given, f"{name} gets {given} in its environment instead of a file"

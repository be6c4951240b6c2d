"""Dashboard and alert rules name metrics that the API really has, in expressions that Prometheus understands."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from footnote_api.metrics import Metrics
from footnote_core.index import GenerationInfo

MONITORING = Path(__file__).parents[2] / "infra/monitoring"
MANUAL = Path(__file__).parents[2] / "services/web/docs/operations.md"
ALERTS: list[dict[str, Any]] = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
_SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}


def dashboard_expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    yield "annotation", DASHBOARD["annotations"]["list"][0]["expr"]


@pytest.fixture(scope="module")
def samples() -> set[str]:
    """Names of all samples that the API can have, counted already or not."""
    live = GenerationInfo("local/x", 8, "f" * 64, 1, 1, "2026-01-01T00:00:00+00:00")
    text = Metrics().exposition(live).decode()
    return {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in _SUFFIXES[family.type]
        if not family.name.endswith("_created")  # only of a process without sister workers
    }


@pytest.mark.parametrize(("place", "expression"), [
    *((rule["alert"], rule["expr"]) for rule in ALERTS), *dashboard_expressions()
])  # fmt: skip
def test_every_metric_that_is_named_exists(samples: set[str], place: str, expression: str) -> None:
    named = set(re.findall(r"\bfootnote_\w+", expression))
    assert named or "up{" in expression, place
    assert named <= samples


def test_manual_names_every_metric(samples: set[str]) -> None:
    text = MANUAL.read_text()
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in samples}
    missing = {name for name in families if f"`{name}`" not in text}
    assert not missing, f"operations.md does not tell of {sorted(missing)}"


@pytest.fixture
def promtool() -> str:
    """Prometheus' own checker; skips the test where there is none, and fails it in CI."""
    if found := shutil.which("promtool"):
        return found
    reason = "promtool is not installed; on Debian it is in the package prometheus"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should(promtool: str) -> None:
    _run(promtool, "check", "config", str(MONITORING / "prometheus.yml"))
    _run(promtool, "test", "rules", str(MONITORING / "alerts.test.yml"))
    tested = set(re.findall(r"alertname: (\w+)", (MONITORING / "alerts.test.yml").read_text()))
    assert tested == {rule["alert"] for rule in ALERTS}


def test_prometheus_understands_every_panel(promtool: str, tmp_path: Path) -> None:
    rules = [
        {
            "record": f"panel:{number}",
            "expr": expression.replace("$__rate_interval", "5m").replace('"$job"', '".*"'),
        }
        for number, (_, expression) in enumerate(dashboard_expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    _run(promtool, "check", "rules", str(file))


def test_panels_ask_the_chosen_source_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])

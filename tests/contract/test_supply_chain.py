"""What the product is made of can be listed, and its licences are known."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.licences import Dependency, npm_dependencies, python_dependencies

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("(MIT OR GPL-3.0-only)", True),
        ("MIT AND GPL-3.0-only", False),
        ("Apache-2.0 AND MIT", True),
        ("MIT License; Apache Software License", True),
        ("MIT License; GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0", False),
        ("SEE LICENSE IN LICENSE", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_by_one_choice_and_all_its_parts(licence: str, allowed: bool) -> None:
    assert Dependency("npm", "x", "1", licence).is_allowed is allowed


def test_licences_are_told_of_what_runs_and_not_of_the_tools() -> None:
    named = {dependency.name for dependency in python_dependencies()}
    assert {"fastapi", "gunicorn", "qdrant-client", "opentelemetry-sdk"} <= named
    assert not {"pytest", "ruff", "mypy"} & named


def test_bills_of_materials_name_every_package_with_version_and_address(tmp_path: Path) -> None:
    subprocess.run(
        ["make", "--no-print-directory", "sbom", f"SBOM_DIR={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    python = _components(tmp_path / "python.cdx.json")
    npm = _components(tmp_path / "npm.cdx.json")
    assert {"pkg:pypi/fastapi", "pkg:pypi/wordllama"} <= python
    assert {"pkg:npm/%40docusaurus/core", "pkg:npm/react"} <= npm
    assert {f"pkg:pypi/{dependency.name}" for dependency in python_dependencies()} <= python
    assert {f"pkg:npm/{dependency.name.replace('@', '%40')}" for dependency in npm_dependencies()} <= npm
    assert "pkg:pypi/pytest" not in python


def _components(file: Path) -> set[str]:
    """Package addresses without their versions, of which each has one."""
    bill: dict[str, Any] = json.loads(file.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    found = set()
    for component in bill["components"]:
        if address := component.get("purl"):
            assert address.partition("?")[0].endswith(f"@{component['version']}"), address
            found.add(address.partition("?")[0].rpartition("@")[0])
    return found

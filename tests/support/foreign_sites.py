"""Docusaurus sites that are not ours: the theme is installed into them from its tarball, as a reader of the manual does."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.servers import WEB, Server, environment, run, start

THEME = "docusaurus-theme-footnote"
DOCUSAURUS = WEB / "node_modules" / ".bin" / "docusaurus"


def pack_theme(folder: Path) -> Path:
    """`npm pack` of the theme; returns the tarball."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", "--workspace", THEME, "--pack-destination", str(folder)]
    run(command, WEB, environment(), folder / "pack.log")
    return next(folder.glob("*.tgz"))


def make_site(folder: Path, tarball: Path, config: str, files: Mapping[str, str]) -> Path:
    """Write a site with the theme installed; returns its directory.

    The other packages are links to those of this repository: nothing is downloaded.
    """
    site = folder / "site"
    packages = site / "node_modules"
    packages.mkdir(parents=True)
    for package in (WEB / "node_modules").iterdir():
        if package.name != THEME and not package.name.startswith("."):
            (packages / package.name).symlink_to(package)
    with tarfile.open(tarball) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    shutil.move(folder / "unpacked" / "package", packages / THEME)
    manifest = {"name": "fresh-site", "private": True, "dependencies": {THEME: "*"}}
    for name, text in {
        "package.json": json.dumps(manifest),
        "docusaurus.config.mjs": config,
        **files,
    }.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return site


def build(site: Path) -> None:
    """`docusaurus build`. Raises StartFailed with its output."""
    command = [str(DOCUSAURUS), "build"]
    run(command, site, environment(DOCUSAURUS_NO_PERSISTENT_CACHE="true"), site / "build.log")


def start_dev(site: Path, port: int) -> Server:
    """`docusaurus start` without a browser, once it serves the manifest of its pages."""
    command = [str(DOCUSAURUS), "start", "--no-open", "--port", str(port)]
    env = environment(DOCUSAURUS_NO_PERSISTENT_CACHE="true")
    return start(command, site, env, site / "dev.log", f"http://localhost:{port}", "/footnote-manifest.json")


def build_output(site: Path) -> str:
    """What `docusaurus build` says, whether it works or not."""
    command = [str(DOCUSAURUS), "build"]
    env = environment(DOCUSAURUS_NO_PERSISTENT_CACHE="true", NO_COLOR="1")
    done = subprocess.run(command, cwd=site, env=env, capture_output=True, text=True, timeout=200)
    return done.stdout + done.stderr


class StaticSite:
    """Serves a built site under its base URL, with a content security policy if one is given."""

    def __init__(self, directory: Path, port: int, base_url: str = "/", policy: str | None = None) -> None:
        self.url = f"http://localhost:{port}"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(directory, base_url, policy))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def strict_policy(pages: Iterable[Path], api: str, *script_hosts: str) -> str:
    """A policy that allows the site's own files, what Docusaurus writes into its pages, and the API."""
    hashes = hashes_of(page.read_text("utf-8") for page in pages)
    hosts = " ".join(script_hosts)
    return (
        f"default-src 'none'; script-src 'self' {hosts} {hashes}; style-src 'self'; style-src-attr 'unsafe-inline'; "
        f"img-src 'self' data:; font-src 'self'; connect-src 'self' {api}; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-src 'none'"
    )


def hashes_of(pages: Iterable[str]) -> str:
    """Sources for a policy that allow the inline scripts of some HTML."""
    scripts = {
        script
        for page in pages
        for script in re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
        if script
    }
    return " ".join(sorted(f"'sha256-{_digest(script)}'" for script in scripts))


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _handler(directory: Path, base_url: str, policy: str | None) -> Any:
    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            relative = urlsplit(path).path
            if not relative.startswith(base_url):
                return str(directory / "nothing")
            found = Path(super().translate_path("/" + relative.removeprefix(base_url)))
            page = found.with_name(found.name + ".html")
            return str(page if not found.exists() and page.is_file() else found)

        def end_headers(self) -> None:
            if policy:
                self.send_header("content-security-policy", policy)
            super().end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return lambda *args: Handler(*args, directory=str(directory))

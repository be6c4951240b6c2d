"""The HTML that Docusaurus makes of `tests/fixtures/crawl/site`, kept in `tests/fixtures/crawl/build`.

`python -m tests.support.golden_site` builds it anew with the packages of services/web. Scripts, styles and
icons are taken out of the pages; what is left stands as Docusaurus wrote it.
"""

import re
import shutil
import tempfile
from pathlib import Path

from tests.support.servers import WEB, environment, run

FIXTURE = Path(__file__).parents[1] / "fixtures" / "crawl"
SITE, BUILD = FIXTURE / "site", FIXTURE / "build"

_NOISE = re.compile(
    r"<script\b.*?</script>|<style\b.*?</style>|<svg\b.*?</svg>"
    r'|<link\b[^>]*\brel="?(?:stylesheet|preload|modulepreload|preconnect|icon)\b[^>]*>',
    re.DOTALL,
)
_KEPT = {".html", ".json"}


def trim(html: str) -> str:
    """A page without what only a browser needs."""
    return _NOISE.sub("", html)


def rebuild() -> None:
    """Build the site in a folder of its own and put its pages in place of the committed ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(SITE, folder / "site")
        (folder / "site" / "node_modules").symlink_to(WEB / "node_modules")
        env = environment(
            FOOTNOTE_WEB_DIR=str(WEB), DOCUSAURUS_NO_PERSISTENT_CACHE="true", TZ="UTC", NO_UPDATE_NOTIFIER="1"
        )
        command = [str(WEB / "node_modules/.bin/docusaurus"), "build", "--out-dir", str(folder / "build")]
        run(command, folder / "site", env, folder / "build.log")
        shutil.rmtree(BUILD, ignore_errors=True)
        for path in sorted((folder / "build").rglob("*")):
            if (
                path.is_file()
                and (path.suffix in _KEPT or path.name == "sitemap.xml")
                and path.name != "404.html"
            ):
                kept = BUILD / path.relative_to(folder / "build")
                kept.parent.mkdir(parents=True, exist_ok=True)
                text = path.read_text("utf-8")
                kept.write_text(trim(text) if path.suffix == ".html" else text, "utf-8")


if __name__ == "__main__":
    rebuild()
    print(f"{sum(path.stat().st_size for path in BUILD.rglob('*') if path.is_file()) / 1000:.0f} kB")

"""One small documentation as three sites, each with the real API behind it, before a model that can be held up.

`dev` is `docusaurus start`, which forwards to the API; `built` has a base URL; `versioned` has one too, two
versions, two languages and a Root of its own. The built ones are served under a strict content security policy.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from footnote_api.sessions import Sessions
from tests.support.foreign_sites import StaticSite, build, make_site, start_dev, strict_policy
from tests.support.servers import Server, free_port, index_site, start_api
from tests.support.vendors import KEY, Json, Vendors

SITE_URL = "https://docs.example"
"""What the sites call themselves, and citations name: the panel must map it to where the reader is."""

CHATKIT_HOST = "https://cdn.platform.openai.com"

GUIDE = """---
title: Guide
---

import Tabs from '@theme/Tabs';
import TabItem from '@theme/TabItem';

## Install the pump

The pump moves water.

It stands beside the well.

<Tabs>
<TabItem value="a" label="Linux">

### Pump on Linux

Use the package `pump` on Linux machines.

The package comes with a service.

</TabItem>
<TabItem value="b" label="Windows">

### Pump on Windows

Run the installer `pump.exe` on Windows machines.

The installer asks for a folder.

</TabItem>
</Tabs>

<details>
<summary>More</summary>

### Pressure of the pump

The pressure of the pump is {PRESSURE} bar.

A gauge shows the pressure of the pump.

</details>
"""
VALVE = """---
title: Valve
---

import Tabs from '@theme/Tabs';
import TabItem from '@theme/TabItem';

## Choose a valve

<Tabs groupId="os" queryString>
<TabItem value="linux" label="Debian">

### Valve on Debian

Take the round valve.

It is made of steel.

</TabItem>
<TabItem value="windows" label="Windows 11">

### Valve on Windows 11

<details>
<summary>Parts</summary>

#### Spring of the valve

The spring is made of brass.

The spring lasts ten years.

</details>

</TabItem>
</Tabs>
"""
_FRENCH = (
    "## Bruit de la pompe\n\nLe bruit de la pompe reste faible la nuit.\n\nLa pompe est posée sur du liège.\n"
)
_ROOT = """import Root from '@theme-original/Root';
export default function SiteRoot(props) {
  return <div id="own-root"><Root {...props} /></div>;
}
"""
_DOCS = {
    "docs/guide.mdx": GUIDE.replace("{PRESSURE}", "nine"),
    "docs/valve.mdx": VALVE,
    "src/pages/index.md": "# Home\n",
}
_OTHERS = {
    "versioned_docs/version-1.0/guide.mdx": GUIDE.replace("{PRESSURE}", "four"),
    "versions.json": '["1.0"]',
    "src/theme/Root.js": _ROOT,
    "i18n/fr/docusaurus-plugin-content-docs/version-1.0/guide.mdx": _FRENCH,
    "i18n/fr/docusaurus-plugin-content-docs/current/guide.mdx": _FRENCH,
}


def _released() -> Event:
    event = Event()
    event.set()
    return event


@dataclass
class SlowModel(Vendors):
    """Says two sentences of the passages it is given, the second one only while `go_on` is set."""

    go_on: Event = field(default_factory=_released)
    rewritten: str = "What is the pressure of the pump?"

    def events(
        self, path: str, body: Json, finish: str | None = None
    ) -> Iterator[tuple[str | None, Json | str]]:
        passages = re.split(r"^\[(\d+)\] ", body["messages"][-1]["content"], flags=re.MULTILINE)[1:]
        sentences = [
            (sentence, number)
            for number, text in zip(passages[::2], passages[1::2], strict=True)
            for sentence in re.findall(r"^[A-Z].*(?=\.$)", text.split("\n\nQuestion: ")[0], re.MULTILINE)
        ]
        first, number = sentences[0]
        # Of another passage, where there is one.
        rest, other = next((pair for pair in sentences if pair[1] != number), sentences[1])
        # Only what follows a marker tells that it has ended.
        self.answer = [f"{first} [{number}].\n\n", rest[0], f"{rest[1:]} [{other}]."]
        for event in super().events(path, body, finish):
            if rest[1:] in str(event):
                self.go_on.wait()
            yield event


@dataclass
class RestartableApi:
    """The real API at an address that it keeps when it is stopped and started again."""

    settings: dict[str, str]
    port: int
    origins: Sequence[str]
    log: Path
    _server: Server | None = None

    def start(self) -> None:
        self._server = start_api(self.settings, self.port, self.origins, self.log)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = None

    @contextmanager
    def with_settings(self, **changed: str) -> Iterator[None]:
        """Run with other settings for a while."""
        usual = self.settings
        try:
            self._restart(usual | changed)
            yield
        finally:
            self._restart(usual)

    def _restart(self, settings: dict[str, str]) -> None:
        self.stop()
        self.settings = settings
        self.start()


@dataclass
class JourneySite:
    """A running site. `base` and `docs` are the paths of the site and of the docs that are read, without a slash."""

    origin: str
    base: str
    docs: str
    api: RestartableApi
    model: SlowModel
    is_built: bool

    def expired(self, secret: str) -> str:
        """A client secret of the same reader as `secret`, which ended an hour ago."""
        keys = [self.api.settings["FOOTNOTE_SESSION_SECRET"].encode()]
        long_ago = Sessions(keys, ttl_seconds=600, clock=lambda: time.time() - 4200)
        return long_ago.issue(secret, self.origin).value


@contextmanager
def dev_site(folder: Path, tarball: Path, model: SlowModel) -> Iterator[JourneySite]:
    api_port, port = free_port(), free_port()
    theme = f"apiUrl: '/', proxy: 'http://localhost:{api_port}'"
    site = make_site(folder, tarball, _config("/", theme), _DOCS)
    with _api(folder, site, api_port, [], model) as api:
        server = start_dev(site, port)
        try:
            yield JourneySite(server.url, "", "/docs", api, model, is_built=False)
        finally:
            server.stop()


@contextmanager
def built_site(
    folder: Path, tarball: Path, model: SlowModel, *, versioned: bool = False
) -> Iterator[JourneySite]:
    api_port, port = free_port(), free_port()
    api_url = f"http://localhost:{api_port}"
    more = "i18n: {defaultLocale: 'en', locales: ['en', 'fr']}," if versioned else ""
    site = make_site(
        folder,
        tarball,
        _config("/project/", f"apiUrl: '{api_url}'", more),
        _DOCS | (_OTHERS if versioned else {}),
    )
    build(site)
    policy = strict_policy((site / "build").rglob("*.html"), api_url, CHATKIT_HOST)
    server = StaticSite(site / "build", port, "/project/", policy)
    try:
        with _api(folder, site, api_port, [server.url], model) as api:
            docs = "/project/docs/next" if versioned else "/project/docs"
            yield JourneySite(server.url, "/project", docs, api, model, is_built=True)
    finally:
        server.close()


@contextmanager
def _api(
    folder: Path, site: Path, port: int, origins: Sequence[str], model: SlowModel
) -> Iterator[RestartableApi]:
    settings = index_site(folder, site, SITE_URL) | {
        "FOOTNOTE_ANSWERER": "openai",
        "FOOTNOTE_FIRST_WORDS_SECONDS": "60",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{model.url}/v1",
    }
    api = RestartableApi(settings, port, origins, folder / "api.log")
    api.start()
    try:
        yield api
    finally:
        api.stop()


def _config(base_url: str, theme: str, more: str = "") -> str:
    return f"""export default {{
  title: 'Project', url: '{SITE_URL}', baseUrl: '{base_url}', future: {{v4: true, faster: true}}, {more}
  plugins: ['@docusaurus/plugin-content-docs', '@docusaurus/plugin-content-pages'],
  themes: ['@docusaurus/theme-classic', ['docusaurus-theme-footnote', {{{theme}, ui: 'auto'}}]],
  themeConfig: {{
    colorMode: {{respectPrefersColorScheme: true}},
    navbar: {{title: 'Project', items: [{{type: 'docsVersionDropdown', position: 'left'}}]}},
  }},
}};
"""

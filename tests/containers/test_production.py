"""The production overlay as readers and strangers meet it: one origin over TLS."""

import json
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel import ask, open_panel, open_search, wait_for_answer
from tests.support.chromium import chromium
from tests.support.large_site import write_large_site
from tests.support.production import Production, running_production
from tests.support.smuggling import SMUGGLED
from tests.support.stack import ROOT, Stack, wait_for

QUESTION = "How do I start the demo?"
SEARCHES = [
    f"{what} {where}" for what in ("port", "locale", "chunk", "secret") for where in ("setting", "error")
]
LARGEST_MEGABYTES = 1000
"""Of the three containers together."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with running_production(tmp_path_factory.mktemp("production")) as production:
        yield production


@pytest.fixture
def stack(production: Production) -> Stack:
    return production.stack


def _bearer(client: httpx.Client) -> dict[str, str]:
    session = client.post("/api/chatkit/session", headers={"origin": str(client.base_url).rstrip("/")})
    return {
        "authorization": f"Bearer {session.raise_for_status().json()['client_secret']}",
        "origin": str(client.base_url).rstrip("/"),
    }


def test_answer_streams_through_tls_and_http2_while_the_model_still_writes(production: Production) -> None:
    production.model.go_on.clear()
    with production.client() as client:
        headers = _bearer(client) | {"accept": "text/event-stream", "accept-encoding": "gzip, br"}
        with client.stream("POST", "/api/ask", json={"question": QUESTION}, headers=headers) as response:
            assert response.status_code == 200
            assert response.http_version == "HTTP/2"
            assert "content-encoding" not in response.headers
            lines = response.iter_lines()
            early = next(line for line in lines if line.startswith("data: ") and '"text"' in line)
            assert not production.model.go_on.is_set()
            production.model.go_on.set()
            events = [line for line in lines if line.startswith("event: ")]
    assert json.loads(early.removeprefix("data: "))["text"]
    assert events[-1] == "event: done"
    assert events.count("event: citation") == 2


def test_site_and_api_share_one_origin_and_every_answer_is_guarded(production: Production) -> None:
    with production.client() as client:
        page = client.get("/docs/quick-start").raise_for_status()
        search = client.get("/api/search", params={"q": "demo"}).raise_for_status()
        missing = client.get("/docs/nowhere")
        unknown = client.get("/api/nowhere")
    # Over HTTP/1.1: httpx waits for room to send the rest, whatever has been answered.
    large = httpx.post(f"{production.site}/api/ask", content=b"x" * 70_000, verify=production.tls())
    assert page.http_version == "HTTP/2"
    assert "text/html" in page.headers["content-type"]
    assert search.json()["hits"][0]["url"].startswith(production.site)
    assert missing.status_code == 404
    assert "text/html" in missing.headers["content-type"]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    for answer in (page, search, missing, unknown, large):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", answer.headers["x-request-id"])
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"script-src[^;]*('unsafe|\*|https?:)", policy)


def test_texts_are_compressed_and_only_named_files_are_kept_for_long(production: Production) -> None:
    with production.client() as client:
        page = client.get("/docs/quick-start")
        script = re.search(r"/assets/js/main\.\w+\.js", page.text)
        assert script
        file = client.get(script.group())
        search = client.get("/api/search", params={"q": "demo", "limit": 20})
        secret = client.post("/api/chatkit/session")
    for answer in (page, file, search):
        assert answer.headers["content-encoding"] == "gzip", answer.url
        assert "accept-encoding" in answer.headers["vary"].lower()
    assert "content-encoding" not in secret.headers
    assert page.headers["cache-control"] == "no-cache"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/healthz", "/openapi.json", "/footnote-manifest.json"]
)
def test_what_readers_need_not_see_is_not_passed_on(production: Production, path: str) -> None:
    with production.client() as client:
        assert client.get(path).status_code == (200 if "manifest" in path else 404)


def test_http_leads_to_https_and_tls_is_not_old(production: Production) -> None:
    plain = httpx.get(f"{production.http}/docs/intro?x=1")
    assert plain.status_code == 308
    assert plain.headers["location"] == "https://localhost/docs/intro?x=1"
    address = production.site.removeprefix("https://")
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        spoken = subprocess.run(
            ["openssl", "s_client", version, "-cipher", "DEFAULT:@SECLEVEL=0", "-connect", address],
            stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        assert (spoken.returncode == 0) == accepted, version


def test_request_id_of_the_browser_reaches_the_vendor_and_every_log(production: Production) -> None:
    with production.client() as client:
        sent = _bearer(client) | {"x-request-id": "reader-4711"}
        answered = client.post("/api/ask", json={"question": QUESTION}, headers=sent).raise_for_status()
        client.get("/api/search", params={"q": "a private question"})
    assert answered.headers["x-request-id"] == "reader-4711"
    assert "reader-4711" in {headers.get("x-request-id") for headers in production.model.headers}
    for service in ("web", "api"):
        log = production.stack.container(service).logs().decode()
        assert '"reader-4711"' in log, service
        assert "private" not in log, service
    assert re.search(r'"network":"\d+\.\d+\.\d+\.0"', production.stack.container("web").logs().decode())


def test_api_believes_the_proxy_and_nobody_before_it(production: Production) -> None:
    """What a client says of its own address is gone, and the proxy's own word is taken."""
    with production.client() as client:
        forged = {
            "x-forwarded-for": "203.0.113.7",
            "forwarded": "for=203.0.113.7",
            "x-real-ip": "203.0.113.7",
        }
        client.get("/api/search", params={"q": "demo"}, headers=forged).raise_for_status()
    log = production.stack.container("api").logs().decode()
    assert "proxy_not_trusted" not in log
    assert "203.0.113.7" not in log


@pytest.fixture(scope="module")
def page(production: Production) -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(ignore_https_errors=True)
        context.add_init_script(
            "window.violations = []; document.addEventListener('securitypolicyviolation',"
            " (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`))"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page


def test_site_search_and_panel_work_under_the_policy(production: Production, page: Page) -> None:
    for path in ("/docs/settings", "/docs/http-api", "/docs/quick-start"):
        page.goto(production.site + path)
        expect(page.locator("html")).to_have_attribute("data-has-hydrated", "true")
        assert page.evaluate("window.violations") == []
    open_search(page)
    page.keyboard.type("demo")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    open_panel(page)
    ask(page, QUESTION)
    answer = wait_for_answer(page)
    expect(answer.locator(".footnote-marker a").first).to_be_visible()
    assert page.evaluate("window.violations") == []


def test_script_that_the_build_did_not_write_does_not_run(production: Production, page: Page) -> None:
    page.goto(production.site)
    page.evaluate(
        "const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.head.append(script); const image = new Image(); image.src = 'https://elsewhere.example/x.png'"
    )
    page.wait_for_function("window.violations.length >= 2")
    assert page.evaluate("window.ran") is None
    assert {violation.split()[0] for violation in page.evaluate("window.violations")} == {
        "script-src-elem",
        "img-src",
    }


@pytest.mark.parametrize(("service", "user"), [("qdrant", "1000"), ("api", "10001"), ("web", "10001")])
def test_containers_are_hardened_and_hold_no_secret_in_their_environment(
    production: Production, service: str, user: str
) -> None:
    container = production.stack.container(service)
    host = container.attrs["HostConfig"]
    assert container.attrs["Config"]["User"].split(":")[0] == user
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"]
    assert host["PidsLimit"]
    assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}
    published = [b for b in (container.attrs["NetworkSettings"]["Ports"] or {}).values() if b]
    assert bool(published) == (service == "web")
    told = json.dumps(container.attrs["Config"]) + container.logs().decode()
    for secret in production.directory.iterdir():
        if content := secret.read_text().strip():
            assert content not in told, secret.name


def test_site_image_serves_without_node_and_without_a_development_server(production: Production) -> None:
    web = production.stack.container("web")
    assert web.exec_run(["sh", "-c", "command -v node npm"]).exit_code != 0
    names = web.exec_run(["sh", "-c", "cat /proc/[0-9]*/comm"]).output.decode().split()
    assert "nginx" in names
    assert "node" not in names


def test_settings_are_told_in_the_container_and_no_secret(production: Production) -> None:
    told = production.stack.command("exec", "-T", "api", "footnote-check-config", "--all").stdout
    assert "reached by     other machines" in told
    assert "OPENAI_API_KEY=set  (/run/secrets/openai_api_key)" in told
    assert "COHERE_API_KEY=  (default)" in told
    for secret in production.directory.iterdir():
        if content := secret.read_text().strip():
            assert content not in told, secret.name


def test_three_containers_fit_into_a_gigabyte_with_a_thousand_pages(tmp_path: Path) -> None:
    write_large_site(tmp_path / "site", 1000, ROOT / "services/web/docs")
    with running_production(tmp_path, FOOTNOTE_SITE_DIR=str(tmp_path / "site")) as production:
        with production.client() as client:
            for words in (QUESTION, *SEARCHES):
                assert client.get("/api/search", params={"q": words}).raise_for_status().json()["hits"]
            answer = client.post("/api/ask", json={"question": QUESTION}, headers=_bearer(client))
            answer.raise_for_status()
        used = {name: _megabytes(production, name) for name in ("qdrant", "api", "web")}
    print(f"megabytes in use: {used}")
    assert sum(used.values()) < LARGEST_MEGABYTES, used


def _megabytes(production: Production, service: str) -> float:
    """What a container uses, without files that the system could forget, as `docker stats` counts."""
    memory = production.stack.container(service).stats(stream=False, one_shot=True)["memory_stats"]
    return float(memory["usage"] - memory["stats"]["inactive_file"]) / 1e6


def test_new_certificate_is_served_after_a_reload(production: Production, tmp_path: Path) -> None:
    script = ROOT / "infra/secrets.sh"
    subprocess.run([script, tmp_path, "--self-signed", "localhost"], check=True, capture_output=True)
    for name in ("tls_certificate", "tls_key"):
        (production.directory / name).write_text((tmp_path / name).read_text())
    production.stack.command("exec", "-T", "web", "nginx", "-e", "stderr", "-s", "reload")
    new = (tmp_path / "tls_certificate").read_text()
    port = int(production.site.rpartition(":")[2])

    def served() -> bool:
        return ssl.get_server_certificate(("localhost", port), timeout=5) == new

    wait_for(served, "the new certificate", 10)


def test_site_stays_while_the_api_is_away_and_says_so(production: Production) -> None:
    production.stack.command("stop", "api")
    try:
        with production.client() as client:
            page = client.get("/docs/quick-start")
            away = client.get("/api/search", params={"q": "demo"})
    finally:
        production.stack.command("up", "--wait", "--no-build", "api")
    assert page.status_code == 200
    assert (away.status_code, away.json()["code"]) in ((502, "upstream_error"), (504, "upstream_timeout"))

    def answers() -> bool:
        with production.client() as client:
            return client.get("/api/search", params={"q": "demo"}).status_code == 200

    wait_for(answers, "the API behind the proxy", 15)


def test_rolling_restart_fails_no_request_behind_the_proxy(production: Production) -> None:
    before = set(production.stack.api_workers())
    stop = threading.Event()

    def read_on() -> list[int]:
        """An address that is not limited, and that only the API knows to be none."""
        statuses = []
        with production.client() as client:
            while not stop.is_set():
                statuses.append(client.get("/api/nowhere").status_code)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read_on) for _ in range(4)]
        production.stack.command("kill", "--signal", "HUP", "api")
        wait_for(lambda: not before & set(production.stack.api_workers()), "the old workers' end", 60)
        stop.set()
        answered = [status for reader in readers for status in reader.result(30)]
    assert set(answered) == {404}
    assert len(production.stack.api_workers()) == len(before)


def test_backup_restores_index_and_conversations_on_an_empty_host(
    production: Production, tmp_path: Path
) -> None:
    def backup(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["infra/backup.sh", *map(str, arguments)],
            cwd=ROOT, env=os.environ | production.stack.environment, capture_output=True, text=True,
        )  # fmt: skip

    with production.client() as client:
        bearer = _bearer(client)
        content = [{"type": "input_text", "text": QUESTION}]
        message = {"content": content, "attachments": [], "inference_options": {}}
        asked = {"type": "threads.create", "params": {"input": message}}
        client.post("/api/chatkit", json=asked, headers=bearer).raise_for_status()
    before = _kept(production, bearer)
    assert before[0], "a conversation"
    saved = backup("save", tmp_path / "saved")
    assert saved.returncode == 0, saved.stderr
    assert (tmp_path / "saved").stat().st_mode & 0o077 == 0

    refused = backup("restore", tmp_path / "saved")
    assert refused.returncode == 2
    assert "is running" in refused.stderr
    production.stack.command("down", "--volumes", "--timeout", "5")
    assert backup("restore", tmp_path / "nowhere").returncode == 2
    restored = backup("restore", tmp_path / "saved")
    assert restored.returncode == 0, restored.stderr
    production.stack.command("up", "--wait", "--no-build")
    assert _kept(production, bearer) == before


def _kept(production: Production, bearer: dict[str, str]) -> tuple[list[str], str]:
    """The reader's conversations, and when the live generation of the index was built."""
    listing = {"type": "threads.list", "params": {"limit": 20, "order": "desc"}}
    with production.client() as client:
        threads = client.post("/api/chatkit", json=listing, headers=bearer).raise_for_status().json()
    ready = production.stack.container("api").exec_run(
        [
            "python",
            "-c",
            "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/readyz').read())",
        ]
    )
    built = re.search(r'"created_at":"([^"]+)"', ready.output.decode())
    assert built
    return [thread["id"] for thread in threads["data"]], built.group(1)


def test_nothing_reaches_the_api_that_the_proxy_did_not_take_for_a_request(production: Production) -> None:
    host = production.site.removeprefix("https://")
    asked, passed = _asked_of_the_api(production), _passed_by_the_proxy(production)
    for case in SMUGGLED:
        sent = case.replace(b"host: x", f"host: {host}".encode()).replace(b"/healthz", b"/api/search?q=demo")
        production.raw(sent)
    assert _asked_of_the_api(production) - asked == _passed_by_the_proxy(production) - passed > 0


def _asked_of_the_api(production: Production) -> int:
    """Requests of readers that the API has answered or refused."""
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    metrics = production.stack.container("api").exec_run(["python", "-c", read]).output.decode()
    counts = re.findall(r'^footnote_requests_total\{.*route="(.+?)".*\} (\S+)$', metrics, re.MULTILINE)
    own = ("/healthz", "/readyz", "/metrics")  # its health check, and this
    return sum(int(float(count)) for route, count in counts if route not in own)


def _passed_by_the_proxy(production: Production) -> int:
    lines = production.stack.container("web").logs(stderr=False).decode().splitlines()
    served = [json.loads(line) for line in lines if '"request_served"' in line]
    return sum(one["upstream_seconds"] not in ("", "-") for one in served)


def test_reader_who_forges_addresses_is_limited_like_anybody(production: Production) -> None:
    with production.client() as client:
        answers = [
            client.post("/api/chatkit/session", headers={"x-forwarded-for": f"203.0.113.{number}"})
            for number in range(200)
        ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].json()["code"] == "rate_limited"
    assert int(refused[0].headers["retry-after"]) > 0

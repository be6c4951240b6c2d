"""The stack as a user gets it: up, ask, follow a citation, restart, index again."""

import json

import httpx
import pytest
from docker.models.containers import Container

from tests.support.stack import Stack, events, wait_for

QUESTION = "How do I start the demo?"


def test_ingest_ended_cleanly_before_the_api_was_healthy(stack: Stack) -> None:
    state = stack.container("ingest").attrs["State"]
    assert state["Status"] == "exited"
    assert state["ExitCode"] == 0
    assert stack.container("api").attrs["State"]["Health"]["Status"] == "healthy"
    assert stack.container("web").attrs["State"]["Health"]["Status"] == "healthy"


def test_answer_cites_pages_that_the_site_serves(stack: Stack) -> None:
    answer = stack.ask(QUESTION).raise_for_status().json()
    assert not answer["refused"]
    assert answer["citations"]
    manifest = httpx.get(f"{stack.web_url}/footnote-manifest.json", timeout=30).raise_for_status().json()
    served = {page["path"] for page in manifest["pages"]}
    for citation in answer["citations"]:
        url = httpx.URL(citation["url"])
        assert f"{url.scheme}://{url.netloc.decode()}" == stack.site_url
        assert url.path in served
        assert citation["quote"]


def test_question_without_an_answer_in_the_docs_is_refused(stack: Stack) -> None:
    answer = stack.ask("What is the boiling point of tungsten hexafluoride?").raise_for_status().json()
    assert answer["refused"]
    assert answer["citations"] == []


def test_answer_needs_a_client_secret(stack: Stack) -> None:
    with stack.api() as api:
        refused = api.post(
            "/api/ask", json={"question": QUESTION}, headers={"authorization": "Bearer forged"}
        )
    assert refused.status_code == 401
    assert refused.json()["code"] == "session_invalid"


def test_every_worker_answers(stack: Stack) -> None:
    """With one worker stopped, its twin alone has to serve, and the other way round."""
    api = stack.container("api")
    workers = stack.api_workers()
    assert len(workers) == 2
    for worker in workers:
        assert api.exec_run(["bash", "-c", f"kill -STOP {worker}"]).exit_code == 0
        try:
            assert stack.ask(QUESTION).status_code == 200
        finally:
            api.exec_run(["bash", "-c", f"kill -CONT {worker}"])


@pytest.mark.parametrize("path", ["/api/search?q=demo", "/api/search", "/nowhere"])
def test_site_may_read_every_answer_and_strangers_none(stack: Stack, path: str) -> None:
    with stack.api() as api:
        ours = api.get(path, headers={"origin": stack.site_url})
        loopback = api.get(path, headers={"origin": stack.site_url.replace("localhost", "127.0.0.1")})
        stranger = api.get(path, headers={"origin": "https://evil.example"})
    assert ours.headers["access-control-allow-origin"] == stack.site_url
    assert "access-control-allow-origin" in loopback.headers
    assert "access-control-allow-origin" not in stranger.headers


def test_preflight_is_granted_to_the_site_only(stack: Stack) -> None:
    asks = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    with stack.api() as api:
        assert api.options("/api/ask", headers={"origin": stack.site_url} | asks).status_code == 200
        assert api.options("/api/ask", headers={"origin": "https://evil.example"} | asks).status_code == 400


def test_web_serves_the_manual_with_the_assistant(stack: Stack) -> None:
    with httpx.Client(base_url=stack.web_url, timeout=30) as web:
        page = web.get("/docs/").raise_for_status().text
        script = web.get("/main.js").raise_for_status().text
    assert "main.js" in page
    assert "docusaurus-theme-footnote" in script
    assert stack.api_url.replace("127.0.0.1", "localhost") in script, "the browser is told where the API is"


def test_commands_run_inside_the_containers(stack: Stack) -> None:
    asked = stack.command("exec", "-T", "api", "footnote-ask", QUESTION, "--json")
    assert json.loads(asked.stdout)["citations"]
    helped = stack.command("run", "--rm", "--no-deps", "ingest", "--help")
    assert "--sitemap" in helped.stdout


@pytest.mark.parametrize(
    ("service", "user"), [("qdrant", "1000"), ("ingest", "10001"), ("api", "10001"), ("web", "1000")]
)
def test_containers_are_hardened(stack: Stack, service: str, user: str) -> None:
    container = stack.container(service)
    host = container.attrs["HostConfig"]
    assert container.attrs["Config"]["User"].split(":")[0] == user
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Init"]
    assert host["Memory"]
    assert host["PidsLimit"]
    assert not host["Privileged"]
    published = [
        bindings for bindings in (container.attrs["NetworkSettings"]["Ports"] or {}).values() if bindings
    ]
    assert bool(published) == (service in ("api", "web"))
    assert all(binding["HostIp"] == "127.0.0.1" for bindings in published for binding in bindings)


@pytest.mark.parametrize("service", ["qdrant", "api", "web"])
def test_processes_hold_no_capability_and_cannot_write_to_the_image(stack: Stack, service: str) -> None:
    container = stack.container(service)
    status = container.exec_run(["cat", "/proc/self/status"]).output.decode()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert container.exec_run(["touch", "/written"]).exit_code != 0


def test_qdrant_has_no_way_out_and_no_published_port(stack: Stack) -> None:
    networks = stack.container("qdrant").attrs["NetworkSettings"]["Networks"]
    assert set(networks) == {f"{stack.project}_footnote"}
    assert not _has_default_route(stack.container("qdrant"))
    assert _has_default_route(stack.container("api")), "by it the API reaches the vendors"


def _has_default_route(container: Container) -> bool:
    routes = container.exec_run(["cat", "/proc/net/route"]).output.decode().splitlines()[1:]
    return any(route.split()[1] == "00000000" for route in routes)


def test_second_up_embeds_nothing(stack: Stack) -> None:
    stack.command("up", "--wait", "--no-build")
    log = stack.container("ingest").logs().decode()
    started = [event for event in events(log) if event["event"] == "ingest_started"]
    outcomes = [event for event in events(log) if event["event"] in ("index_unchanged", "index_published")]
    assert len(started) == len(outcomes) > 1, "ingest runs at every up"
    assert outcomes[-1].get("embedded", 0) == 0
    assert stack.ask(QUESTION).status_code == 200


def test_stack_answers_the_same_after_a_restart(stack: Stack) -> None:
    before = stack.ask(QUESTION).raise_for_status().json()
    stack.command("restart", "--timeout", "10")
    wait_for(lambda: stack.api().get("/readyz").status_code == 200, "the API after a restart", 60)
    after = stack.ask(QUESTION).raise_for_status().json()
    assert [c["url"] for c in after["citations"]] == [c["url"] for c in before["citations"]]
    wait_for(lambda: httpx.get(stack.web_url, timeout=10).status_code == 200, "the site after a restart", 90)

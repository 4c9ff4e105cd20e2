"""Security headers: every answer of every service has them, refusals and internal errors too."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

import httpx
import pytest

from steppe.http.problems import Problem
from steppe.http.security_headers import DATA_HEADERS, docs_policy
from tests.stack import Service

Start = Callable[..., Service]
_NEVER_ENDS = "/v1/stream"


def answers_of(client: httpx.Client) -> list[httpx.Response]:
    """One answer of every route, whatever it says, one of no route, and one of a method that is not allowed."""
    results = [client.get("/nothing/of/the/kind"), client.delete("/livez"), client.head("/livez")]
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            place = re.sub(r"\{[^}]+\}", "nothing", path)
            if place == _NEVER_ENDS:
                with client.stream(method, place) as answer:
                    results.append(answer)
            else:
                results.append(client.request(method, place))
    return results


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_every_answer_tells_a_browser_to_load_nothing_with_it(start: Start, name: str) -> None:
    with httpx.Client(base_url=start(name).address, timeout=10) as client:
        answers = answers_of(client)
    assert len({answer.request.url.path for answer in answers}) > 6
    for answer in answers:
        for header, value in DATA_HEADERS.items():
            assert answer.headers.get_list(header) == [value], (answer.request.url, answer.status_code, header)
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


def test_the_projectors_health_server_says_it_too_and_not_what_it_runs_on(start: Start) -> None:
    until_it_listens = httpx.HTTPTransport(retries=6)
    with httpx.Client(base_url=start("projector").address, transport=until_it_listens, timeout=10) as client:
        for path in ("/livez", "/readyz", "/metrics", "/nothing"):
            answer = client.get(path)
            for header, value in DATA_HEADERS.items():
                assert answer.headers[header] == value, (path, header)
            assert answer.headers["server"] == "steppe"


def test_a_fault_says_it_too() -> None:
    problem = Problem(slug="internal-error", status=500, title="A defect")
    assert problem.headers.items() >= DATA_HEADERS.items()


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_the_docs_may_run_their_own_scripts_and_no_others(start: Start, name: str) -> None:
    page = httpx.get(start(name).address + "/docs", timeout=10).raise_for_status()
    policy = page.headers["content-security-policy"]
    allowed = next(part for part in policy.split("; ") if part.startswith("script-src"))
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert inline
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inline]
    assert allowed.split() == ["script-src", "'self'", *(f"'sha256-{one}'" for one in hashes)]
    assert not re.search(r"\son\w+=", page.text), "handlers in attributes would need 'unsafe-inline'"
    assert "default-src 'none'" in policy


def test_a_script_that_is_not_in_the_page_is_not_allowed() -> None:
    policy = docs_policy(b"<html><script>go()</script></html>")
    assert policy != docs_policy(b"<html><script>steal()</script></html>")
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]

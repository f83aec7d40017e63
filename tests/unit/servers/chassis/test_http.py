"""HTTP to vendors: never lured inside, never repeated, never telling a secret, never more than its bounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.chassis import http
from servers.chassis.http import Http, NoAnswer, NotSent, is_public
from tests.vendors.http import Reply, Request, Server


@pytest.fixture
def calls() -> list[Request]:
    return []


@pytest.fixture
def inner(calls: list[Request]) -> Iterator[Server]:
    """A server of this network that no vendor may send us to."""

    def handle(request: Request) -> Reply:
        calls.append(request)
        return Reply(200, b"secret of the network")

    with Server(handle) as server:
        yield server


@pytest.fixture
def api(inner: Server) -> Iterator[Server]:
    """A vendor, at another name of this machine than `inner`."""

    def handle(request: Request) -> Reply:
        match request.path:
            case "/redirect":
                return Reply(302, b"", {"location": f"http://localhost:{inner.port}/"})
            case "/moved":
                return Reply(302, b"", {"location": f"http://localhost:{inner.port}/files/clip"})
            case "/large":
                return Reply(200, b"x" * (http.MOST_ANSWER_BYTES + 1))
            case "/drop":
                return Reply(drop=True)
            case "/echo":
                return Reply(401, request.headers.get("authorization", "").encode())
            case _:
                return Reply(200, b"{}")

    with Server(handle) as server:
        yield server


@pytest.fixture
async def client(api: Server) -> http.Http:
    return Http(api.url, ["sk-very-secret"])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.20.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_clip_on_a_private_address_is_not_fetched(
    client: Http, inner: Server, calls: list[Request]
) -> None:
    for url in (f"http://localhost:{inner.port}/", f"http://[::1]:{inner.port}/", "file:///etc/passwd"):
        with pytest.raises(NotSent):
            async with client.download(url):
                pass
    assert calls == []


async def test_a_redirect_to_a_private_address_is_not_followed(
    client: Http, api: Server, calls: list[Request]
) -> None:
    with pytest.raises(NotSent):
        async with client.download(f"{api.url}/redirect"):
            pass
    assert calls == []


async def test_an_api_call_goes_to_the_configured_host_alone(
    client: Http, inner: Server, calls: list[Request]
) -> None:
    with pytest.raises(NotSent):
        await client.call("GET", f"http://localhost:{inner.port}/")
    answer = await client.call("GET", "/redirect")
    assert answer.status == 302
    assert calls == []


async def test_a_key_does_not_follow_a_redirect_to_another_host(
    api: Server, inner: Server, calls: list[Request]
) -> None:
    trusting = Http(api.url, private_hosts=[f"localhost:{inner.port}"])
    async with trusting.download(f"{api.url}/moved", {"authorization": "Bearer key"}) as response:
        assert response.status_code == 200
    (call,) = calls
    assert "authorization" not in call.headers


async def test_what_was_sent_and_not_answered_is_told_from_what_was_never_sent(client: Http) -> None:
    with pytest.raises(NoAnswer):
        await client.call("POST", "/drop", json={})
    with pytest.raises(NoAnswer):
        await client.call("GET", "/large")
    nobody = Http("http://127.0.0.1:9")
    with pytest.raises(NotSent):
        await nobody.call("POST", "/")


async def test_a_post_is_sent_once(api: Server) -> None:
    seen = []

    def handle(request: Request) -> Reply:
        seen.append(request.path)
        return Reply(drop=True)

    with Server(handle) as server:
        with pytest.raises(NoAnswer):
            await Http(server.url).call("POST", "/pay", json={})
    assert seen == ["/pay"]


async def test_secrets_stay_out_of_messages(client: Http) -> None:
    answer = await client.call("GET", "/echo", headers={"authorization": "Bearer sk-very-secret"})
    assert answer.text() == "Bearer ***"
    assert "sk-very-secret" not in repr(answer)
    assert answer.refused

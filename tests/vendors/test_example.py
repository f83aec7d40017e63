"""The provider of the README, as a third party would install it."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import grpc
import pytest

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator
from tests.vendors.studio import request, studio

EXAMPLES = Path(__file__).parents[2] / "examples"


class Acme(Simulator):
    """The API that the example speaks."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return Reply(401, b"no such key")
        if request.method == "POST" and request.path == "/clips":
            return Reply.of({"id": self.accept(request.json()).id}, 201)
        task = self.tasks[request.path.removeprefix("/clips/")]
        state = self.advance(task)
        words = {"queued": "waiting", "running": "working", "succeeded": "ready", "failed": "broken"}
        link = {"link": self.clip_url(task)} if state == "succeeded" else {}
        return Reply.of({"state": words[state], "done": 0.5, **link})

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["seconds"])


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as a package with an entry point."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.delitem(sys.modules, "provider", raising=False)
    found = importlib.metadata.entry_points

    def entry_points(**params: str) -> object:
        if params.get("group") != "reelmesh.video.vendors":
            return found(**params)
        acme = importlib.metadata.EntryPoint("acme", "provider:Acme", "reelmesh.video.vendors")
        return [*found(**params), acme]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


@pytest.mark.usefixtures("installed")
async def test_it_makes_clips(own_settings: Path, sockets: Path) -> None:
    with Acme() as acme:
        given = {"key": acme.KEY, "base_url": acme.url}
        async with studio(own_settings, sockets, acme=given) as server:
            asked = request(first_frame=await server.picture(), request_id="r", engine="acme")
            assert (await server.made(asked)).duration.seconds == 5
        (task,) = acme.tasks.values()
        assert task.request["seconds"] == 8
        assert task.request["picture"].startswith("data:image/png;base64,")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("reply", "code", "told"),
    [
        (Reply(402, b"top up"), grpc.StatusCode.FAILED_PRECONDITION, "top up"),
        (Reply(401, b"no such key"), grpc.StatusCode.FAILED_PRECONDITION, "no such key"),
        (Reply(451, b"not that"), grpc.StatusCode.INVALID_ARGUMENT, "not that"),
        (Reply(201, b"{}"), grpc.StatusCode.FAILED_PRECONDITION, "not known whether"),
        (Reply(drop=True), grpc.StatusCode.FAILED_PRECONDITION, "not known whether"),
    ],
)
async def test_what_goes_wrong_is_told_as_what_it_is(
    own_settings: Path, sockets: Path, reply: Reply, code: grpc.StatusCode, told: str
) -> None:
    with Acme() as acme:
        acme.faults.append((r"^POST /clips", reply))
        async with studio(
            own_settings, sockets, acme={"key": acme.KEY, "base_url": acme.url, "options": {}}
        ) as server:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await server.made(request(request_id="r", engine="acme"))
        assert failed.value.code() is code
        assert told in (failed.value.details() or "")
        assert acme.accepted == 0


def test_it_is_short_enough_to_be_printed() -> None:
    assert len((EXAMPLES / "provider.py").read_text().splitlines()) <= 65

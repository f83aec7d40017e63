"""What holds for every vendor, whatever its API looks like."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from reelmesh.work.v1 import work_pb2
from servers.video import task as tasks
from tests.vendors.cast import CAST, Role, account
from tests.vendors.http import Reply
from tests.vendors.simulator import Simulator, clip
from tests.vendors.studio import Studio, request, studio

STATE = video_pb2.AttemptState
FORGETFUL = ("runway", "fal", "openai", "svd", "comfyui")
"""Vendors whose word for a task that is not there is known for certain."""


@pytest.fixture(params=CAST)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def role(name: str) -> Role:
    return CAST[name]


@pytest.fixture
def vendor(role: Role) -> Iterator[Simulator]:
    with role.make() as simulator:
        simulator.clip_seconds = 15.0
        yield simulator


def shot(request_id: str, engine: str = "", prompt: str = "a fox runs") -> video_pb2.GenerateRequest:
    asked = request(request_id=request_id, engine=engine, prompt=prompt)
    asked.duration.FromMilliseconds(500)
    return asked


async def refusal(server: Studio, asked: video_pb2.GenerateRequest) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.made(asked)
    return refused.value


async def attempts(server: Studio, request_id: str) -> list[video_pb2.Attempt]:
    asked = video_pb2.ListAttemptsRequest(request_id=request_id)
    return list(reversed((await server.video.ListAttempts(asked)).attempts))


async def stands(server: Studio, state: int) -> None:
    while (await attempts(server, "r"))[0].state != state:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_a_paid_task_outlives_every_bad_answer(
    name: str, role: Role, vendor: Simulator, own_settings: Path, sockets: Path
) -> None:
    bad = [
        Reply(200, b"<html>{"),
        Reply(200, b"[]"),
        Reply(200, b'{"task": 7, "status": 7, "data": [], "videos": {}, "assets": []}'),
        Reply(503, b"ill"),
        Reply(429, b"busy", {"retry-after": "0"}),
        Reply(200, b"{", delay_seconds=0.3),
        Reply(drop=True),
    ]
    vendor.faults.extend((role.poll, reply) for reply in bad)
    vendor.life.words = ("A_WORD_OF_NEXT_YEAR",)
    vendor.clip_faults.extend([Reply(403), Reply(200, clip(15.0), cut_after=3000)])
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        result = await server.made(shot("r"))
        assert (result.clip.facts.width_pixels, result.clip.facts.height_pixels) == (96, 160)
        (attempt,) = await attempts(server, "r")
        assert attempt.state == STATE.ATTEMPT_STATE_SUCCEEDED
    assert vendor.accepted == 1
    assert not vendor.faults
    assert not vendor.clip_faults


async def test_a_fresh_task_may_be_unknown_for_a_while(
    name: str, vendor: Simulator, own_settings: Path, sockets: Path
) -> None:
    vendor.unknown_polls = 3
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        assert (await server.made(shot("r"))).clip.digest
        assert len(await attempts(server, "r")) == 1
    assert vendor.accepted == 1
    assert not vendor.unknown_polls


@pytest.mark.parametrize("name", FORGETFUL)
async def test_a_task_that_stays_unknown_is_at_its_end(
    name: str, vendor: Simulator, own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "UNSEEN_SECONDS", 0.0)
    vendor.unknown_polls = 2 if name == "comfyui" else 1
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        with contextlib.suppress(grpc.aio.AioRpcError):
            await server.made(shot("r"))
        first, *_ = await attempts(server, "r")
        assert first.state == STATE.ATTEMPT_STATE_FAILED


async def test_a_corrupt_clip_is_a_failure_with_its_cost_and_another_attempt(
    name: str, vendor: Simulator, own_settings: Path, sockets: Path
) -> None:
    vendor.clip_faults.append(Reply(200, b"\0\0\0\x18ftypmp42" + b"no video" * 500))
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        pinned = shot("r", engine="main")
        assert (await server.made(pinned)).clip.digest
        first, second = await attempts(server, "r")
        assert (first.state, first.trouble) == (STATE.ATTEMPT_STATE_FAILED, "bad_output")
        assert first.cost.nanos or first.cost.units
        assert (second.state, second.why) == (STATE.ATTEMPT_STATE_SUCCEEDED, "retry")
    assert vendor.accepted == 2


async def test_a_submit_without_an_answer_is_found_or_left_to_a_person(
    name: str, role: Role, vendor: Simulator, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        vendor.drop_after_accepting = 1
        if role.finds:
            assert (await server.made(shot("taken"))).clip.digest
        else:
            assert (await refusal(server, shot("taken"))).code() == grpc.StatusCode.FAILED_PRECONDITION
        assert vendor.accepted == 1
        for trouble in (Reply(502, b"bad gateway"), Reply(drop=True), Reply(200, b"<html>")):
            vendor.faults.append((role.submit, trouble))
            asked = shot(
                f"lost-{trouble.status}-{trouble.drop}", prompt=f"a hare {trouble.status} {trouble.drop}"
            )
            before = vendor.accepted
            if role.finds == "handle":  # it certainly has none: the same attempt is handed in again
                assert (await server.made(asked)).clip.digest
                assert vendor.accepted == before + 1
                continue
            for _ in range(2):  # a call that is repeated changes nothing
                unknown = await refusal(server, asked)
                assert unknown.code() == grpc.StatusCode.FAILED_PRECONDITION
                assert "not known whether" in (unknown.details() or "")
            assert vendor.accepted == before
            (attempt,) = await attempts(server, asked.request_id)
            assert attempt.state == STATE.ATTEMPT_STATE_UNCONFIRMED
            assert attempt.cost.nanos or attempt.cost.units


async def test_refusals_are_told_apart_and_cost_nothing(
    name: str, role: Role, vendor: Simulator, own_settings: Path, sockets: Path
) -> None:
    def own(**more: object) -> dict[str, object]:
        return account(name, vendor, sockets, **more)

    accounts = {case: own() for case in ("credit", "moderation", "busy", "slow")}
    if role.wrong_key is not None:
        accounts["auth"] = own(**role.wrong_key)
    async with studio(own_settings, sockets, **accounts) as server:
        if role.wrong_key is not None:
            refused = await refusal(server, shot("auth", engine="auth"))
            assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION
            assert (await attempts(server, "auth"))[0].trouble == "auth"
            assert not any(str(secret) in str(refused) for secret in role.wrong_key.values())
            tested = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="auth"))
            assert not tested.ok or "no call that would check it" in tested.detail
        if role.credit is not None:
            vendor.faults.append((role.submit, role.credit))
            refused = await refusal(server, shot("credit", engine="credit"))
            assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION
            assert (await attempts(server, "credit"))[0].trouble == "credit"
        if role.busy is not None:
            soon = Reply(role.busy.status, role.busy.body, {**role.busy.headers, "retry-after": "0"})
            vendor.faults.append((role.submit, soon))
            assert (await server.made(shot("slow", engine="slow"))).clip.digest
            vendor.faults.append((role.submit, role.busy))
            freely = shot("busy")
            freely.routing.allow.extend(["busy", "slow"])
            assert (await server.made(freely)).provenance.engine == "slow"
            first, second = await attempts(server, "busy")
            assert (first.trouble, second.why) == ("throttled", "failover")
        accepted = vendor.accepted
        if role.moderates:
            if role.moderated is not None:
                vendor.life.end, vendor.life.failure = "failed", role.moderated
            refused = await refusal(server, shot("moderation", engine="moderation", prompt="blood"))
            assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT
            (attempt,) = await attempts(server, "moderation")  # nobody else is asked for it either
            assert attempt.trouble == "moderation"
            assert vendor.accepted == accepted + (role.moderated is not None)
        listed = await server.video.ListProviders(video_pb2.ListProvidersRequest())
        health = {one.engine.name: one.health for one in listed.providers}
        shut = {case for case in accounts if health[case] == video_pb2.PROVIDER_HEALTH_NOT_SERVING}
        expected = {"auth"} if role.wrong_key is not None else set()
        expected |= {"credit"} if role.credit is not None else set()
        expected |= {"busy"} if role.busy is not None else set()
        assert shut == expected


async def test_cancelling_tells_the_vendor_or_follows_what_is_paid(
    name: str, vendor: Simulator, own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "UNSEEN_SECONDS", 0.0)
    vendor.life.running_polls = 1_000_000
    async with studio(own_settings, sockets, main=account(name, vendor, sockets)) as server:
        call = server.video.Generate(shot("r"))
        async for response in call:
            if response.progress.stage == "generating" or vendor.accepted:
                break
        await stands(server, STATE.ATTEMPT_STATE_SUBMITTED)
        await server.work.CancelWork(work_pb2.CancelWorkRequest(request_id="r"))
        with pytest.raises(grpc.aio.AioRpcError):
            async for _ in call:
                pass
        (task,) = vendor.tasks.values()
        if name in ("runway", "comfyui", "svd"):
            await stands(server, STATE.ATTEMPT_STATE_CANCELLED)
            assert task.cancelled
            return
        deletes = name in ("openai", "fal")
        while deletes and not task.cancelled:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        # Asked again, the same task is followed: it was paid for.
        vendor.life.running_polls = 1
        assert (await server.made(shot("r"))).clip.digest
        made = await attempts(server, "r")
    # What the vendor deleted is at its end, whatever it costs: a repeated call makes a new one.
    assert len(made) == vendor.accepted == (2 if deletes else 1)

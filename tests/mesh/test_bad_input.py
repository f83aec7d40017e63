"""What nobody should send: each is refused with a clear status that names field and rule, and nothing breaks.

After every refusal the same mesh still serves.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

import reelmesh
from reelmesh import errors
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.script.v1 import script_pb2
from reelmesh.script.v1.script_pb2_grpc import ScriptServiceStub
from tests.mesh.running import SMALL, Up, mesh, states

SECRET = "the-secret-of-the-neighbouring-file"
PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{path}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {path}\n",
    "named": "{path}\n",
}


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running
        said = running.logs()
        assert "Traceback" not in said
        assert SECRET not in said


@pytest.fixture
async def client(up: Up, request: pytest.FixtureRequest) -> AsyncIterator[reelmesh.Client]:
    """A client of the mesh, which still serves when the test is over, by the same processes."""
    before = up.pids()
    async with up.client() as one:
        yield one
        graph = StepGraph()
        graph.steps.add(id="say").synthesize.text = f"Still here after {request.node.name}."
        assert states(await one.wait(await one.submit(graph))) == {"say": "SUCCEEDED"}
    assert up.pids() == before


def narrated(**more: Any) -> reelmesh.NarratedVideo:
    return reelmesh.NarratedVideo(**{"canvas": SMALL, **more})


async def refused(client: reelmesh.Client, wanted: Any, field: str, rule: str) -> None:
    """Submitting it is an error that names field and rule."""
    with pytest.raises(errors.InvalidArgument) as caught:
        await client.submit(wanted)
    assert (field, True) in [(one.field, rule in one.rule) for one in caught.value.violations]
    assert field in caught.value.message


async def fails(client: reelmesh.Client, wanted: Any, step: str, field: str, rule: str) -> errors.JobFailed:
    """The job is taken in and fails in that step; its status names field and rule."""
    with pytest.raises(errors.JobFailed) as caught:
        await client.wait(await client.submit(wanted))
    assert caught.value.step == step
    why = errors.from_status(caught.value.status)  # type: ignore[arg-type]
    assert isinstance(why, errors.InvalidArgument)
    assert [one.field for one in why.violations] == [field]
    assert rule in why.violations[0].rule
    assert field in caught.value.message
    return caught.value


async def given(client: reelmesh.Client, path: Path, content: bytes) -> reelmesh.Asset:
    path.write_bytes(content)
    return await client.upload(path)


def bomb(width: int, height: int) -> bytes:
    """A tiny PNG that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def test_empty_text(client: reelmesh.Client) -> None:
    await refused(client, narrated(text=""), "spec.narrated_video", "give exactly one of text")
    await fails(client, narrated(text=" \n\n  "), "plan", "text", "no letter or digit")
    await fails(client, narrated(text="... !!!"), "plan", "text", "no letter or digit")


async def test_a_megabyte_of_text(client: reelmesh.Client) -> None:
    text = "A fox. " * 150_000
    await refused(client, narrated(text=text), "spec.narrated_video.text", "at most 200000 characters")
    stub = ScriptServiceStub(client.channel("script"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Plan(script_pb2.PlanRequest(text=text)).read()
    why = errors.from_call(caught.value)
    assert isinstance(why, errors.InvalidArgument)
    assert [one.field for one in why.violations] == ["text"]


async def test_control_characters(client: reelmesh.Client) -> None:
    rule = "must not hold control characters"
    await refused(client, narrated(text="A fox\x00 ran."), "spec.narrated_video.text", rule)
    scenes = [{"text": "A fox."}, {"text": "It \x1b[31m ran."}]
    await refused(client, narrated(scenes=scenes), "spec.narrated_video.scenes[1].text", rule)
    graph = StepGraph()
    graph.steps.add(id="say").synthesize.text = "A fox\x07"
    await refused(client, graph, "spec.graph.steps[0].synthesize.text", rule)


async def test_an_unknown_voice(client: reelmesh.Client) -> None:
    wanted = narrated(text="A fox.", voice={"voice": "nobody"})
    await fails(client, wanted, "narrate[0]", "voice", '"nobody" is not a voice')


async def test_a_size_of_7x100000(client: reelmesh.Client) -> None:
    size = {"width_pixels": 7, "height_pixels": 100_000}
    wanted = narrated(text="A fox.", canvas=size)
    canvas = "spec.narrated_video.canvas"
    await refused(client, wanted, f"{canvas}.height_pixels", "less than or equal to 4096")
    await refused(client, wanted, f"{canvas}.width_pixels", "must be even")
    graph = StepGraph(steps=[{"id": "paint", "generate_image": {"prompt": "a fox", **size}}])  # type: ignore[list-item]
    await refused(
        client, graph, "spec.graph.steps[0].generate_image.height_pixels", "less than or equal to 8192"
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 12_000), (2_000_000_000, 1)])
async def test_a_picture_that_is_a_decompression_bomb(
    client: reelmesh.Client, tmp_path: Path, size: tuple[int, int]
) -> None:
    picture = await given(client, tmp_path / "bomb.png", bomb(*size))
    scene = {"text": "Look.", "picture": picture}
    await fails(client, narrated(scenes=[scene]), "compose", "scenes[0].picture", "at most 64 megapixels")
    moving = narrated(scenes=[{**scene, "animate": True}])
    await fails(client, moving, "animate[0]", "first_frame", "at most 64 megapixels")


@pytest.mark.parametrize("kind", PLAYLISTS)
async def test_sound_that_is_a_playlist_of_local_files(
    client: reelmesh.Client, tmp_path: Path, kind: str
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    content = PLAYLISTS[kind].format(path=secret).encode()
    listing = await given(client, tmp_path / "song.wav", content)
    text = {"text": "Look."}
    for wanted, step, field in (
        (narrated(audio=listing), "transcribe", "audio"),
        (narrated(**text, music={"audio": listing}), "compose", "music.audio"),
        (narrated(scenes=[{**text, "clip": listing}]), "compose", "scenes[0].clip"),
        (narrated(scenes=[{**text, "picture": listing}]), "compose", "scenes[0].picture"),
    ):
        failed = await fails(client, wanted, step, field, "must be media of a known format")
        assert SECRET not in str(failed.job)
        assert str(secret) not in str(failed.job.execution)


async def test_an_asset_that_does_not_exist(client: reelmesh.Client) -> None:
    nothing = reelmesh.Asset(digest="ab" * 32)
    for wanted, step, field in (
        (narrated(audio=nothing), "transcribe", "audio"),
        (narrated(scenes=[{"text": "Look.", "picture": nothing}]), "compose", "scenes[0].picture"),
    ):
        with pytest.raises(errors.JobFailed) as caught:
            await client.wait(await client.submit(wanted))
        assert caught.value.step == step
        assert isinstance(errors.from_status(caught.value.status), errors.NotFound)  # type: ignore[arg-type]
        assert f"{field}: asset {nothing.digest} is not in the store" in caught.value.message
    crooked = narrated(scenes=[{"text": "Look.", "picture": {"digest": "../../etc/passwd"}}])
    await refused(client, crooked, "spec.narrated_video.scenes[0].picture.digest", "does not match")


async def test_an_asset_of_somebody_else(client: reelmesh.Client, up: Up, tmp_path: Path) -> None:
    async with reelmesh.Client(home=up.home, owner="eve") as eve:
        theirs = await given(client, tmp_path / "mine.wav", b"RIFF\0\0\0\0WAVE")
        with pytest.raises(errors.JobFailed) as caught:
            await eve.wait(await eve.submit(narrated(audio=theirs)))
        assert isinstance(errors.from_status(caught.value.status), errors.NotFound)  # type: ignore[arg-type]


async def test_a_graph_of_10000_steps(client: reelmesh.Client) -> None:
    graph = StepGraph()
    for number in range(10_000):
        graph.steps.add(id=f"s{number}").synthesize.text = "a"
    await refused(client, graph, "spec.graph.steps", "no more than 100 item")
    # The same work as a fan-out of as many scenes as there may be at once is refused by its own bound.
    many = narrated(scenes=[{"text": "a"}] * 1001)
    await refused(client, many, "spec.narrated_video.scenes", "no more than 1000 item")


@pytest.mark.slow
async def test_a_server_that_is_down() -> None:
    quick: dict[str, Any] = {
        "ORCHESTRATOR__CONNECT_SECONDS": "0.3",
        "ORCHESTRATOR__RETRY__MAX_ATTEMPTS": "2",
        "ORCHESTRATOR__RETRY__INITIAL_DELAY_SECONDS": "0.1",
    }
    with mesh("--only", "orchestrator,storage,script,imagegen", **quick) as up:
        async with up.client() as client:
            with pytest.raises(errors.JobFailed) as caught:
                await client.wait(await client.submit(narrated(text="A fox.")))
            assert caught.value.step == "narrate[0]"
            assert isinstance(errors.from_status(caught.value.status), errors.Unavailable)  # type: ignore[arg-type]
            assert "tts server" in caught.value.message
            assert caught.value.retryable
            graph = StepGraph()
            graph.steps.add(id="plan").plan.text = "A fox."
            assert states(await client.wait(await client.submit(graph))) == {"plan": "SUCCEEDED"}
            with pytest.raises(errors.MeshNotRunning, match="no tts server"):
                await client.voices()


@pytest.mark.slow
async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    # Room may come: a job asks again a minute later, and here but once.
    full: dict[str, Any] = {
        "STORAGE__LOW_SPACE_BYTES": str(1 << 60),
        "ORCHESTRATOR__RETRY__MAX_ATTEMPTS": "1",
    }
    with mesh("--only", "orchestrator,storage,script,tts,imagegen", **full) as up:
        async with up.client() as client:
            with pytest.raises(errors.ResourceExhausted, match="disk") as refusal:
                await given(client, tmp_path / "a.bin", b"content")
            assert refusal.value.reason == "STORE_FULL"
            with pytest.raises(errors.JobFailed) as caught:
                await client.wait(await client.submit(narrated(text="A fox.")))
            why = errors.from_status(caught.value.status)  # type: ignore[arg-type]
            assert isinstance(why, errors.ResourceExhausted)
            assert "disk" in why.message
            assert [job.id async for job in client.jobs()] == [caught.value.job.id]

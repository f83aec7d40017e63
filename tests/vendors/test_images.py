"""Pictures by other machines: of the size and format asked for, with what was passed over told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from PIL import Image

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.imagegen.v1 import imagegen_pb2, imagegen_pb2_grpc
from servers.chassis import serve
from servers.chassis.conformance import picture_bytes
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.settings import Settings
from servers.imagegen.__main__ import SERVER
from servers.imagegen.comfyui import ComfyUIEngine
from servers.imagegen.openai import OpenAIEngine, best_size
from tests.vendors.comfyui import ComfyPictures, picture_workflow
from tests.vendors.http import Reply
from tests.vendors.images import Images, error
from tests.vendors.simulator import Life


class Drawing:
    """An ImageGen server that runs."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.stub: Any = imagegen_pb2_grpc.ImageGenServiceStub(channel)

    async def events(self, **fields: Any) -> list[Any]:
        given = {
            "prompt": "a fox under a vine",
            "width_pixels": 90,
            "height_pixels": 160,
            "seed": 5,
            **fields,
        }
        return [event async for event in self.stub.Generate(imagegen_pb2.GenerateRequest(**given))]

    async def draw(self, **fields: Any) -> imagegen_pb2.GenerateResult:
        return (await self.events(**fields))[-1].result  # type: ignore[no-any-return]

    async def refusal(self, **fields: Any) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await self.draw(**fields)
        return refused.value

    async def opened(self, asset: Asset) -> Image.Image:
        path = await self.running.resources.assets.path(DEFAULT_OWNER, asset, "asset")
        with Image.open(path) as picture:
            picture.load()
            return picture

    async def store(self, content: bytes) -> Asset:
        assets: Any = self.running.resources.assets
        async with assets.scratch("test") as scratch:
            path = scratch / "file"
            path.write_bytes(content)
            return await assets.store(DEFAULT_OWNER, path, "image/png")  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def drawing(sockets: Path, name: str, options: dict[str, Any]) -> AsyncIterator[Drawing]:
    settings = Settings(imagegen={"engines": [name], "options": {name: options}})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/imagegen")
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield Drawing(running, channel)
    finally:
        await running.stop(0)


@pytest.fixture
def images() -> Iterator[Images]:
    with Images() as simulator:
        yield simulator


@pytest.fixture
def comfy() -> Iterator[ComfyPictures]:
    with ComfyPictures() as simulator:
        yield simulator


def account(images: Images, **more: Any) -> dict[str, Any]:
    return {"key": images.KEY, "base_url": images.url, **more}


def machine(comfy: ComfyPictures, folder: Path, **more: Any) -> dict[str, Any]:
    told = {"base_url": comfy.url, "workflows": {"mine": picture_workflow(folder)}, "poll_seconds": 0.02}
    return {**told, **more}


def test_what_asks_with_a_key_costs_unless_it_is_said_not_to(images: Images) -> None:
    assert OpenAIEngine(account(images)).paid
    assert not OpenAIEngine(account(images, paid=False)).paid
    assert not OpenAIEngine({"base_url": images.url}).paid
    assert not ComfyUIEngine({}).paid
    assert ComfyUIEngine({"key": "${COMFY_KEY}"}).paid


async def test_openai_makes_the_nearest_size_and_it_is_cut(images: Images, sockets: Path) -> None:
    models = {"gpt-image-1": {"quality": "low", "price": 0.011}, "dall-e-3": {}}
    async with drawing(sockets, "openai", account(images, models=models)) as server:
        told = imagegen_pb2.SceneSettings(camera="low angle", mood="calm")
        jpeg = imagegen_pb2.IMAGE_FORMAT_JPEG
        more = {"format": jpeg, "style": "ink", "character": "Fox: red", "scene_settings": told}
        result = await server.draw(count=2, negative_prompt="text", **more)
        assert [(await server.opened(one.asset)).size for one in result.images] == [(90, 160), (90, 160)]
        assert [one.seed for one in result.images] == [5, 6]
        assert (await server.opened(result.images[0].asset)).format == "JPEG"
        assert result.provenance.cost.nanos == 22_000_000
        assert list(result.provenance.warnings) == [
            "negative_prompt was passed over: openai has no use for it"
        ]
        wanted = "a fox under a vine, Fox: red, low angle, calm, ink style"
        body = {"model": "gpt-image-1", "prompt": wanted, "n": 1, "size": "1024x1536", "quality": "low"}
        assert images.bodies == [body, body]
        images.links = True
        linked = await server.draw(model="dall-e-3", width_pixels=160, height_pixels=90)
        assert (await server.opened(linked.images[0].asset)).size == (160, 90)
        assert images.bodies[-1]["size"] == "1792x1024"
        assert images.bodies[-1]["response_format"] == "b64_json"


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (error(400, "Your request was rejected", "moderation_blocked"), "INVALID_ARGUMENT", "was rejected"),
        (error(429, "quota", "insufficient_quota"), "FAILED_PRECONDITION", "quota"),
        (Reply.of({"created": 1, "data": []}), "INTERNAL", "holds no picture"),
        (Reply.of({"created": 1, "data": [{"b64_json": "AAAA"}]}), "INTERNAL", "gave no picture"),
        (Reply.of({"created": 1, "data": [{"b64_json": "%"}]}), "INTERNAL", "not base64"),
        (
            Reply.of({"created": 1, "data": [{"url": "http://localhost:1/x"}]}),
            "INTERNAL",
            "not a public address",
        ),
        (Reply(drop=True), "FAILED_PRECONDITION", "may have been paid"),
    ],
)
async def test_what_goes_wrong_is_told(
    images: Images, sockets: Path, reply: Reply, code: str, said: str
) -> None:
    images.replies.append(reply)
    async with drawing(sockets, "openai", account(images)) as server:
        refused = await server.refusal()
        assert (refused.code().name, said in str(refused.details())) == (code, True), refused.details()
        assert (await server.refusal(model="other")).code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("wanted", "sizes", "found"),
    [
        ((1080, 1920), ["1024x1024", "1024x1536", "1536x1024"], "1024x1536"),
        ((200, 200), ["256x256", "512x512", "1024x1024"], "256x256"),
        ((600, 600), ["256x256", "512x512", "1024x1024"], "1024x1024"),
        ((2000, 2000), ["256x256", "1024x1024"], "1024x1024"),
        ((123, 45), [], "123x45"),
    ],
)
def test_the_size_to_ask_for(wanted: tuple[int, int], sizes: list[str], found: str) -> None:
    assert best_size(*wanted, sizes) == found


async def test_comfyui_fills_the_slots_and_shows_where_it_stands(
    comfy: ComfyPictures, sockets: Path, tmp_path: Path
) -> None:
    comfy.accept({"1": {"inputs": {}}}, ident="another")
    comfy.life = Life(queued_polls=1, running_polls=2)
    async with drawing(sockets, "comfyui", machine(comfy, tmp_path)) as server:
        reference = await server.store(picture_bytes(8, 8))
        events = await server.events(
            negative_prompt="text", steps=12, reference_image=reference, guidance=3, request_id="r"
        )
        result = events[-1].result
        assert (await server.opened(result.images[0].asset)).size == (90, 160)
        assert any(event.progress.stage == "queued" for event in events)
        request = next(task for name, task in comfy.tasks.items() if name != "another").request
        assert request["1"]["inputs"]["width"] == 96
        assert request["2"]["inputs"]["text"] == "masterpiece, a fox under a vine"
        assert request["3"]["inputs"]["text"] == "text"
        assert request["4"]["inputs"] == {"seed": 5, "steps": 12, "model": ["1", 0]}
        assert request["5"]["inputs"]["image"] in comfy.pictures
        assert list(result.provenance.warnings) == ["guidance was passed over: comfyui has no use for it"]
        models = (await server.stub.ListModels(imagegen_pb2.ListModelsRequest())).models
        assert [(one.engine, one.name, one.ready) for one in models] == [("comfyui", "mine", True)]


async def test_comfyui_takes_up_a_task_whose_answer_was_lost(
    comfy: ComfyPictures, sockets: Path, tmp_path: Path
) -> None:
    comfy.drop_after_accepting = 1
    async with drawing(sockets, "comfyui", machine(comfy, tmp_path)) as server:
        lost = await server.refusal(request_id="same")
        assert lost.code() == grpc.StatusCode.UNAVAILABLE
        assert (await server.draw(request_id="same")).images
        assert comfy.sent == 1
        comfy.life = Life(end="failed", failure="CUDA out of memory")
        failed = await server.refusal(request_id="other")
        assert "CUDA out of memory" in str(failed.details())
        comfy.life = Life()
        assert (await server.draw(request_id="other")).images
        comfy.node_error = "Value not in list"
        assert "Value not in list" in str((await server.refusal()).details())


async def test_comfyui_is_told_when_nobody_wants_the_picture(
    comfy: ComfyPictures, sockets: Path, tmp_path: Path
) -> None:
    comfy.life = Life(running_polls=1_000_000)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def note(line: str, when: str) -> None:
        if (line, when) == ("POST /interrupt", "after"):
            loop.call_soon_threadsafe(ended.set)

    comfy.on_request = note
    async with drawing(sockets, "comfyui", machine(comfy, tmp_path)) as server:
        request = imagegen_pb2.GenerateRequest(prompt="a fox", width_pixels=64, height_pixels=64, seed=1)
        call = server.stub.Generate(request)
        async for _ in call:
            if comfy.accepted:
                break
        call.cancel()
        await ended.wait()
    assert [task.cancelled for task in comfy.tasks.values()] == [True]


async def test_a_workflow_that_can_not_be_read_is_told(sockets: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("[")
    options = {"workflows": {"mine": str(tmp_path / "broken.json")}}
    async with drawing(sockets, "comfyui", options) as server:
        refused = await server.refusal(engine="comfyui")
        assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "imagegen.options.comfyui.workflows.mine" in str(refused.details())

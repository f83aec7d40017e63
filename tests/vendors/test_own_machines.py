"""ComfyUI, Jiekou, Yunwu, Stable Video and digital humans: what is special to each."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors import comfyui
from tests.vendors.cast import account
from tests.vendors.http import Reply, Request
from tests.vendors.jiekou import Jiekou
from tests.vendors.simulator import SimTask, Simulator
from tests.vendors.studio import Studio, request, studio
from tests.vendors.svd import Svd
from tests.vendors.yunwu import Yunwu


def sound(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        tone = np.sin(np.arange(int(16000 * seconds)) * 0.2) * 9000
        file.writeframes(tone.astype("<i2").tobytes())
    return out.getvalue()


async def provider(server: Studio, name: str = "main") -> video_pb2.Provider:
    listed = await server.video.ListProviders(video_pb2.ListProvidersRequest())
    return next(one for one in listed.providers if one.engine.name == name)


async def test_a_workflow_is_filled_and_its_picture_uploaded(
    own_settings: Path, sockets: Path, tmp_path: Path
) -> None:
    with comfyui.ComfyUI() as server_of_graphs:
        options = {"workflow": comfyui.workflow(tmp_path), "lengths": [2]}
        given = {"type": "comfyui", "base_url": server_of_graphs.url, "options": options}
        async with studio(own_settings, sockets, main=given) as server:
            asked = request(first_frame=await server.picture(), request_id="r", seed=7)
            asked.duration.FromSeconds(2)
            assert (await server.made(asked)).duration.seconds == 2
            (task,) = server_of_graphs.tasks.values()
            assert task.request["3"]["inputs"] == {"seed": 7, "model": ["2", 0]}
            assert task.request["2"]["inputs"]["video_frames"] == 16
            assert task.request["4"]["inputs"]["text"] == "masterpiece, a fox runs"
            assert task.request["1"]["inputs"]["image"] in server_of_graphs.pictures
            tested = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
            assert tested.detail == "ready on cuda:0 Toy"
            (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
            assert attempt.task_id == attempt.id == task.id


async def test_a_workflow_that_is_wrong_is_told_by_its_node(own_settings: Path, sockets: Path) -> None:
    with comfyui.ComfyUI() as graphs:
        graphs.node_error = "Value 14.5 is not an integer"
        async with studio(own_settings, sockets, main=account("comfyui", graphs, sockets)) as server:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.made(request(request_id="r"))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "node 3: Value 14.5 is not an integer" in (refused.value.details() or "")
        assert graphs.accepted == 0


async def test_without_a_workflow_it_is_not_ready_and_says_why(own_settings: Path, sockets: Path) -> None:
    given = {"type": "comfyui", "options": {"workflow": str(sockets / "nowhere.json")}}
    async with studio(own_settings, sockets, main=given) as server:
        told = await provider(server)
        assert not told.engine.ready
        assert [one.name for one in told.engine.missing] == ["workflow"]


async def test_a_failed_node_is_told(own_settings: Path, sockets: Path) -> None:
    with comfyui.ComfyUI() as graphs:
        graphs.life.end, graphs.life.failure = "failed", "CUDA out of memory"
        async with studio(own_settings, sockets, main=account("comfyui", graphs, sockets)) as server:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await server.made(request(request_id="r"))
        assert "KSampler: CUDA out of memory" in (failed.value.details() or "")


@pytest.mark.parametrize(
    "place", ["video_url", "detail.video_url", "detail.url", "detail.upsample_video_url"]
)
async def test_yunwu_tells_the_clip_in_any_of_four_places(
    place: str, own_settings: Path, sockets: Path
) -> None:
    with Yunwu(place) as yunwu:
        yunwu.life.words = ("queued", "in_progress", "image_downloading", "video_generation_completed")
        async with studio(own_settings, sockets, main=account("yunwu", yunwu, sockets)) as server:
            assert (await server.made(request(request_id="r"))).clip.digest
            (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
            assert attempt.task_id.startswith("veo3.1-components:")
        assert yunwu.accepted == 1


async def test_yunwu_takes_pictures_and_the_fields_of_sora(own_settings: Path, sockets: Path) -> None:
    with Yunwu() as yunwu:
        main = account("yunwu", yunwu, sockets, models=["sora-2"])
        async with studio(own_settings, sockets, main=main) as server:
            await server.made(request(first_frame=await server.picture(), request_id="r"))
        (task,) = yunwu.tasks.values()
        assert task.request["orientation"] == "portrait"
        assert task.request["duration"] == 10
        assert task.request["images"][0].startswith("data:image/png;base64,")


async def test_jiekou_takes_pictures_and_slugs_of_ones_own(own_settings: Path, sockets: Path) -> None:
    with Jiekou() as jiekou:
        slugs = {"sora-2-video-reverse": {"links": False, "picture": False, "path": "/v3/async/{slug}"}}
        both = {
            "main": account("jiekou", jiekou, sockets, models=["sora-2-img2video"]),
            "own": account(
                "jiekou", jiekou, sockets, models=["sora-2-video-reverse"], options={"slugs": slugs}
            ),
        }
        async with studio(own_settings, sockets, **both) as server:
            await server.made(request(first_frame=await server.picture(), request_id="1", engine="main"))
            await server.made(request(request_id="2", engine="own"))
        first, second = jiekou.tasks.values()
        assert first.request["image"].startswith("data:image/png;base64,")
        assert (second.request["size"], second.request["duration"]) == ("720x1280", 10)


async def test_stable_video_gets_a_picture_of_its_size(own_settings: Path, sockets: Path) -> None:
    with Svd() as machine:
        given = account("svd", machine, sockets, options={})
        async with studio(own_settings, sockets, main=given) as server:
            picture = await server.picture()
            asked = request(first_frame=picture, request_id="r", provider_params={"motion_bucket_id": "90"})
            asked.duration.FromSeconds(2)
            assert (await server.made(asked)).clip.digest
            (posted,) = [one for one in machine.seen if one.path == "/generate"]
            _, content, _ = posted.files()["image"]
            decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
            assert decoded is not None
            assert decoded.shape == (1024, 576, 3)
            assert posted.form()["motion_bucket_id"] == "90"
            assert posted.form()["frames"] == "14"
            tested = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
            assert tested.detail == "ready: svd-xt on Toy GPU"


class Talker(Simulator):
    """A digital-human service with names of its own."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.method == "POST" and request.path == "/api/talk":
            files, form = request.files(), request.form()
            if set(files) != {"face", "speech"} or form != {"quality": "high"}:
                return Reply.of({"detail": {"message": "face, speech and quality are required"}}, 422)
            task = self.accept({name: content for name, (_, content, _) in files.items()})
            return Reply.of({"data": {"job": task.id}}, 202)
        task = self.tasks.get(request.path.removeprefix("/api/jobs/"))
        if task is None:
            return Reply.of({"detail": {"message": "no such job"}}, 404)
        state = self.advance(task)
        told: dict[str, Any] = {"state": state.upper(), "percent": 40}
        if state == "succeeded":
            told["video"] = f"/files/{task.id}.1.mp4"
        if state == "failed":
            told["why"] = "no face was found"
        return Reply.of({"data": told})

    def seconds_of(self, task: SimTask) -> float:
        """As long as the sound."""
        with wave.open(io.BytesIO(task.request["speech"])) as file:
            return file.getnframes() / file.getframerate()


def talker(simulator: Talker) -> dict[str, Any]:
    options = {
        "submit": "/api/talk",
        "poll": "/api/jobs/{id}",
        "image_field": "face",
        "audio_field": "speech",
        "fields": {"quality": "high"},
        "id": "data.job",
        "status": "data.state",
        "url": "data.video",
        "progress": "data.percent",
        "error": "data.why",
    }
    return {"type": "digital_human", "base_url": simulator.url, "options": options}


async def test_a_digital_human_speaks_as_long_as_the_sound(own_settings: Path, sockets: Path) -> None:
    with Talker() as service:
        async with studio(own_settings, sockets, main=talker(service)) as server:
            asked = video_pb2.GenerateRequest(
                first_frame=await server.picture(),
                driving_audio=await server.store(sound(2.5), "audio/wav"),
                width_pixels=96,
                height_pixels=160,
                request_id="r",
            )
            result = await server.made(asked)
            assert result.provenance.engine == "main"
            assert result.duration.ToMilliseconds() == pytest.approx(2500, abs=100)
            assert "talking-head" in (await provider(server)).engine.capabilities
            service.life.end = "failed"
            again = video_pb2.GenerateRequest()
            again.CopyFrom(asked)
            again.request_id, again.engine = "s", "main"
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await server.made(again)
            assert "no face was found" in (failed.value.details() or "")


async def test_what_no_account_makes_is_made_by_what_is_built_in(own_settings: Path, sockets: Path) -> None:
    with Yunwu() as yunwu:
        async with studio(own_settings, sockets, main=account("yunwu", yunwu, sockets)) as server:
            asked = video_pb2.GenerateRequest(
                first_frame=await server.picture(),
                driving_audio=await server.store(sound(1.0), "audio/wav"),
                width_pixels=96,
                height_pixels=160,
                frames_per_second=10,
                request_id="r",
            )
            assert (await server.made(asked)).provenance.engine == "mouth"
        assert yunwu.accepted == 0


async def test_a_key_that_http_does_not_take_is_told_before_anything_is_sent(
    own_settings: Path, sockets: Path
) -> None:
    with Yunwu() as yunwu:
        for number, key in enumerate(("wrong\nkey", "schlüssel…")):
            given = account("yunwu", yunwu, sockets, key=key)
            home = own_settings / str(number)
            async with studio(home, sockets, main=given) as server:
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await server.made(request(request_id="r"))
                assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
                assert key not in json.dumps(str(refused.value))
        assert yunwu.seen == []

"""The talking head: its mouth moves with the sound, is still in silence, and the clip has the sound."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.video.v1.video_pb2 import GenerateRequest, GenerateResult
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import OWNER
from servers.chassis.errors import InvalidArgument
from servers.chassis.servicer import Desk
from servers.video import mouth_worker
from servers.video.mouth import MouthProvider

RATE = 10
SIZE = (240, 320)


@pytest.fixture
async def mouth() -> AsyncIterator[MouthProvider]:
    engine = MouthProvider({})
    yield engine
    await engine.close()


@pytest.fixture
def assets(tmp_path: Path) -> SharedAssets:
    return SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))


async def stored(assets: SharedAssets, content: bytes, media_type: str) -> Asset:
    async with assets.scratch("given") as scratch:
        (scratch / "file").write_bytes(content)
        return await assets.store(OWNER, scratch / "file", media_type)


def portrait() -> bytes:
    """A round face before a plain wall."""
    picture = np.full((SIZE[1], SIZE[0], 3), (200, 190, 180), np.uint8)
    cv2.ellipse(picture, (120, 140), (55, 72), 0, 0, 360, (120, 150, 220), -1)
    cv2.rectangle(picture, (60, 215), (180, 320), (60, 60, 150), -1)
    for x in (98, 142):
        cv2.circle(picture, (x, 128), 6, (20, 20, 20), -1)
    cv2.line(picture, (102, 172), (138, 172), (60, 60, 160), 3)
    return cv2.imencode(".png", picture)[1].tobytes()


def speech() -> bytes:
    """A second of tone, a second of silence, a second of tone."""
    tone = np.sin(np.arange(16000) * 0.15) * 12000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.concatenate([tone, np.zeros(16000), tone]).astype("<i2").tobytes())
    return out.getvalue()


async def asked(assets: SharedAssets, **more: Any) -> GenerateRequest:
    return GenerateRequest(
        first_frame=await stored(assets, portrait(), "image/png"),
        driving_audio=await stored(assets, speech(), "audio/wav"),
        width_pixels=SIZE[0],
        height_pixels=SIZE[1],
        frames_per_second=RATE,
        seed=3,
        **more,
    )


async def made(mouth: MouthProvider, assets: SharedAssets, request: GenerateRequest) -> GenerateResult:
    desk = Desk(OWNER, "r", assets, "clip")
    items = [item async for item in mouth.run(mouth.resolve(request).request, desk)]
    result = items[-1]
    assert isinstance(result, GenerateResult)
    return result


async def test_the_mouth_moves_with_the_sound_and_is_still_in_silence(
    mouth: MouthProvider, assets: SharedAssets
) -> None:
    result = await made(mouth, assets, await asked(assets, provider_params={"sway": "off"}))
    assert result.duration.ToMilliseconds() == 3000
    path = await assets.path(OWNER, result.clip, "clip")
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
        assert len(container.streams.audio) == 1
    assert len(frames) == 3 * RATE
    chin = [frame[160:215, 90:150] for frame in frames]
    closed = chin[int(1.7 * RATE)]
    moved = [float(np.abs(one - closed).mean()) for one in chin]
    assert min(moved[4:9]) > 4
    assert max(moved[15:19]) < 1
    assert min(moved[24:29]) > 4
    forehead = [frame[75:105, 90:150] for frame in frames]
    assert max(float(np.abs(one - forehead[15]).mean()) for one in forehead) < 1.5


def test_a_neck_tells_where_the_head_ends() -> None:
    picture = np.full((400, 300, 3), 200, np.uint8)
    cv2.rectangle(picture, (100, 60), (200, 190), (80, 80, 160), -1)
    cv2.rectangle(picture, (130, 190), (170, 230), (80, 80, 160), -1)
    cv2.rectangle(picture, (40, 230), (260, 400), (60, 120, 60), -1)
    face = mouth_worker._face(picture, None)
    assert face.sure
    assert (face.x, face.width) == pytest.approx((150, 101), abs=3)
    assert face.y == pytest.approx(60 + 0.62 * 101, abs=4)


async def test_the_head_sways_and_the_same_seed_gives_the_same_clip(
    mouth: MouthProvider, assets: SharedAssets
) -> None:
    request = await asked(assets)
    request.duration.FromSeconds(1)
    first, second = [await made(mouth, assets, request) for _ in range(2)]
    assert first.clip.digest == second.clip.digest
    assert first.duration.ToMilliseconds() == 1000


async def test_what_it_can_not_do_is_refused_by_its_field(mouth: MouthProvider, assets: SharedAssets) -> None:
    request = await asked(assets, provider_params={"face": "0.5,nose,2", "sway": "much"})
    request.ClearField("first_frame")
    with pytest.raises(InvalidArgument) as refused:
        mouth.resolve(request)
    fields = {violation[0] for violation in refused.value.violations}
    assert fields == {"first_frame", 'provider_params["face"]', 'provider_params["sway"]'}
    assert not mouth.serves(GenerateRequest(prompt="words alone"))

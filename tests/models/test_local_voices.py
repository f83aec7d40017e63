"""Piper and Kokoro on tiny voices: every word is there, voices follow the language, laws are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reelmesh.tts.v1 import tts_pb2
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import LAWS, Case, samples, served
from servers.chassis.errors import InvalidArgument
from servers.tts.kokoro import KokoroEngine
from servers.tts.neural import NeuralEngine
from servers.tts.piper import PiperEngine
from tests.models import tiny_voices

TEXT = "A hungry fox jumped. It fell!"


@pytest.fixture(params=["piper", "kokoro"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[NeuralEngine]:
    made: NeuralEngine
    if request.param == "piper":
        told: dict[str, Any] = {"languages": ["en-US"], "gender": "female", "license": "CC0-1.0"}
        made = PiperEngine({"voices": {"ann": {"model": tiny_voices.piper(tmp_path / "piper"), **told}}})
    else:
        made = KokoroEngine(tiny_voices.kokoro(tmp_path / "kokoro"))
    yield made
    await made.close()


@pytest.fixture
def assets(tmp_path: Path) -> SharedAssets:
    return SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))


async def test_every_word_is_spoken(engine: NeuralEngine, assets: SharedAssets) -> None:
    assert not engine.missing()
    request = tts_pb2.SynthesizeRequest(text=TEXT, seed=1)
    _, result = await Case(engine, request, assets).run()
    assert isinstance(result, tts_pb2.SynthesizeResult)
    assert [word.text for word in result.words] == ["A", "hungry", "fox", "jumped", "It", "fell"]
    assert result.duration.ToNanoseconds() > 1e9
    assert result.voice in ("ann", "af_bella")


async def test_voices_are_told_and_checked(engine: NeuralEngine) -> None:
    voices = {voice.name: voice for voice in engine.voices()}
    assert voices[engine.voice_for("en")].gender == tts_pb2.VOICE_GENDER_FEMALE
    for wrong in ({"voice": "nobody"}, {"language": "xx"}, {"model": "large"}, {"text": "..."}):
        with pytest.raises(InvalidArgument):
            engine.resolve(tts_pb2.SynthesizeRequest(**{"text": TEXT, **wrong}))
    if isinstance(engine, KokoroEngine):
        assert engine.voice_for("zh-CN") == "zm_yunxi"


async def test_it_keeps_every_law(engine: NeuralEngine, assets: SharedAssets) -> None:
    for request in served(engine, await samples("reelmesh.tts.engines", assets)):
        for law in LAWS:
            await law(Case(engine, request, assets))

"""What an edit costs, and what of a film can be played while it is being made."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from pathlib import Path

import av
import pytest

from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult
from servers.compose.defaults import set_seconds
from servers.compose.engine import FfmpegEngine
from servers.compose.kept import Kept
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of, words

SCENES = 4
SECONDS = 1.6
FPS = 10


def request(desk: Desk) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(96, 160, FPS), language="en")
    made.output.preset = "ultrafast"
    set_seconds(made.transition.duration, 0.4)
    for index in range(SCENES):
        scene = made.scenes.add(id=f"s{index}", text="One two three")
        scene.picture.CopyFrom(desk.picture((40 * index, 80, 120), (96, 160)))
        scene.narration.CopyFrom(desk.tone(SECONDS - 0.35, 300 + 100 * index))
        scene.words.extend(words(scene.text))
    made.music.audio.CopyFrom(desk.tone(3.0, 200.0))
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def changed(edit: ComposeRequest, desk: Desk, stage: Stage) -> int:
    """How many pieces an edit encodes."""
    work = stage.shoot(edit, desk).work
    return work.pieces - work.reused_pieces


def test_an_edit_encodes_what_it_changed_and_gives_the_film_it_would_have_given(
    desk: Desk, stage: Stage
) -> None:
    made = request(desk)
    first: ComposeResult = stage.shoot(made, desk)
    assert first.work.pieces == 2 * SCENES - 1, "each scene alone, and each change"
    assert first.work.reused_pieces == 0
    assert first.work.encoder == "libx264"
    assert first.work.processes >= 1
    again = stage.shoot(made, desk)
    assert again.work.reused_pieces == again.work.pieces
    assert again.film.digest == first.film.digest

    music = ComposeRequest()
    music.CopyFrom(made)
    music.music.audio.CopyFrom(desk.tone(2.0, 250.0))
    music.loudness_lufs = -20
    assert changed(music, desk, stage) == 0, "no frame is encoded again for other music"

    picture = ComposeRequest()
    picture.CopyFrom(made)
    picture.scenes[1].picture.CopyFrom(desk.picture((250, 250, 0), (96, 160)))
    edited = stage.shoot(picture, desk)
    assert edited.work.pieces - edited.work.reused_pieces == 3, "the scene and the changes beside it"
    shutil.rmtree(desk.kept)
    assert stage.shoot(picture, desk).film.digest == edited.film.digest

    sentence = ComposeRequest()
    sentence.CopyFrom(picture)
    sentence.scenes[1].narration.CopyFrom(desk.tone(SECONDS, 900.0))
    sentence.scenes[1].text = "One two three four"
    del sentence.scenes[1].words[:]
    sentence.scenes[1].words.extend(words(sentence.scenes[1].text))
    assert changed(sentence, desk, stage) == 3, "what comes later only moves"

    logo = ComposeRequest()
    logo.CopyFrom(made)
    logo.overlays.add(text="Here", anchor=parts.ANCHOR_TOP_LEFT)
    assert changed(logo, desk, stage) == made_pieces(first), "what lies over everything changes everything"


def made_pieces(result: ComposeResult) -> int:
    return int(result.work.pieces)


def test_what_one_owner_made_is_not_used_for_another(desk: Desk, stage: Stage) -> None:
    made = request(desk)
    stage.shoot(made, desk)
    other = Desk(desk.root, owner="somebody else", assets=desk.assets)
    assert stage.shoot(made, other).work.reused_pieces == 0


def test_kept_files_go_by_last_use(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", most_bytes=25)
    for number in range(3):
        file = tmp_path / f"file-{number}"
        file.write_bytes(bytes(10))
        kept.keep(f"key-{number}", file)

    for number, used in enumerate((3_000, 1_000, 2_000)):
        os.utime(tmp_path / "kept" / f"key-{number}", (4e9 + used, 4e9 + used))
    kept.prune()
    assert [kept.take(f"key-{number}", tmp_path / f"out-{number}") for number in range(3)] == [
        True,
        False,
        True,
    ]


def test_nothing_is_kept_where_nothing_may_be(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", most_bytes=0)
    file = tmp_path / "file"
    file.write_bytes(b"x")
    kept.keep("key", file)
    assert not kept.take("key", tmp_path / "out")


async def test_a_preview_is_half_as_wide_and_can_be_played_before_it_is_finished(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = request(desk)
    made.preview = True
    engine = FfmpegEngine({"workers": 1})
    beginnings: dict[str, None] = {}
    try:
        result = None
        async for message in engine.run(engine.resolve(made).request, desk):
            if isinstance(message, Progress):
                if message.HasField("preview"):
                    beginnings[message.preview.digest] = None
            else:
                result = message
    finally:
        await engine.close()
    assert isinstance(result, ComposeResult)
    whole = film_of(desk, result.film)
    assert whole.frames().shape[1:3] == (80, 48)
    assert beginnings, "the first pieces were published while the rest was made"
    lengths = []
    for digest in beginnings:
        path = desk.assets[digest]
        assert b"moof" in path.read_bytes(), "it can be played as it arrives"
        with av.open(str(path)) as container:
            lengths.append(sum(1 for _ in container.decode(video=0)))
        with av.open(str(path)) as container:
            heard = sum(frame.samples for frame in container.decode(audio=0))
        assert heard >= lengths[-1] * 48_000 // FPS - 2048
    assert lengths == sorted(lengths)
    assert all(later >= 2 * earlier for earlier, later in pairwise(lengths))
    assert lengths[-1] < len(whole.frames())

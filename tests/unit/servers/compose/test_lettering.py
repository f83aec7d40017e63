"""What is drawn of scripts and signs that the default font lacks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media.fonts import default_font, font_stack
from servers.compose.ass import writer
from servers.compose.defaults import set_seconds
from servers.compose.lettering import letter
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def lettered(desk: Desk, stage: Stage, *texts: str) -> list[np.ndarray]:
    """The middle frame of a film with each text laid over black, in one film."""
    made = ComposeRequest(canvas=canvas(240, 120, 10), language="en")
    made.output.preset = "ultrafast"
    for index, text in enumerate(texts):
        set_seconds(made.scenes.add().duration, 0.4)
        made.scenes[index].transition.kind = parts.TRANSITION_KIND_CUT
        overlay = made.overlays.add(text=text, anchor=parts.ANCHOR_CENTER, size=0.3)
        set_seconds(overlay.start, 0.4 * index)
        set_seconds(overlay.end, 0.4 * (index + 1))
    result = stage.shoot(made, desk)
    assert not [w for w in result.provenance.warnings if "left out" in w]
    frames = film_of(desk, result.film).luma()
    return [frames[4 * index + 2].astype(int) for index in range(len(texts))]


def test_emoji_and_other_scripts_are_drawn_each_with_its_own_glyphs(desk: Desk, stage: Stage) -> None:
    """A glyph that is lacking would be a box, or nothing: no two of these look alike, and none is empty."""
    drawn = lettered(desk, stage, "🦊", "🍇", "شمس", "שלום", "한국", "สวัส", "नमस्ते")
    for index, frame in enumerate(drawn):
        assert (frame > 200).sum() > 60
        assert all(np.abs(frame - other).max() > 100 for other in drawn[:index])


def test_a_line_from_right_to_left_begins_at_the_right(desk: Desk, stage: Stage) -> None:
    """Alef is a lone stroke, narrower than shin: it stands right of it where it comes first."""
    first, last = lettered(desk, stage, "ו שש", "שש ו")
    for frame, rightmost in ((first, True), (last, False)):
        columns = np.flatnonzero((frame > 200).any(axis=0))
        gap = int(np.argmax(np.diff(columns)))
        left, right = columns[gap] - columns[0], columns[-1] - columns[gap + 1]
        assert (right < left) == rightmost, "the narrow letter stands where the reading begins, or ends"


def test_each_run_is_written_with_the_font_that_has_it() -> None:
    stack = font_stack(default_font(), "Fox 🦊, שלום")
    written = writer(stack, 10.0)("Fox 🦊, שלום {")
    assert written.startswith("Fox {\\fnNoto Emoji\\fs")
    assert "{\\fnNoto Sans Hebrew\\fs" in written
    assert written.endswith("\\{")
    assert writer(font_stack(default_font(), "Fox"), 10.0)("Fox") == "Fox"
    assert stack.missing("🦊\U00013000") == ["\U00013000"]


def test_any_number_of_changes_of_text_is_drawn(tmp_path: Path) -> None:
    events = "\n".join(
        f"Dialogue: 0,0:00:{n / 10:05.2f},0:00:{(n + 1) / 10:05.2f},S,,0,0,0,,{'W' if n % 2 else 'i'}"
        for n in range(300)
    )
    (tmp_path / "many.ass").write_text(
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 64\nPlayResY: 64\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize\nStyle: S,Noto Sans SC,40\n\n[Events]\n"
        f"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n{events}\n"
    )
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "font.otf").symlink_to(default_font().path)
    states = [(n, n + 1) for n in range(300)]
    piece = {"out": str(tmp_path / "many.npz"), "begin": 0, "states": states}
    letter({"name": "many.ass", "environment": {}, "pieces": [piece]}, (64, 64), Fraction(10), tmp_path)
    with np.load(tmp_path / "many.npz") as kept:
        assert len(kept["places"]) == 300

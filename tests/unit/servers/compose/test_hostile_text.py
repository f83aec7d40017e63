"""Text of users is shown as it stands, wherever it goes: into filters, scripts, lists, metadata."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.ass import Event, Script, Style, escape
from servers.compose.defaults import set_seconds
from servers.compose.scripts import Burning, states
from servers.compose.timeline import Piece
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of, words

HOSTILE = (
    "it's \\'quoted\\' \"twice\"",
    "a:b,c;d[e]f=g@h%{pts}",
    "{\\p1}m 0 0 l 9 9{\\p0} {\\pos(1,1)}",
    "line\\Nbreak \\h hard",
    "$(touch /tmp/owned) `id` | cat > x && y",
    "-i /etc/passwd -f null",
    "file:///etc/passwd http://127.0.0.1/x",
    "[CHAPTER]\nTIMEBASE=1/1\n;comment #hash",
    "ffconcat version 1.0\nfile '/etc/passwd'",
    "00:00:01,000 --> 00:00:02,000",
    "<b>bold</b> &amp; WEBVTT NOTE",
    "\u202egnp.exe \u200bzero \ufeffbom",
    "Dialogue: 0,0:00:00.00,9:00:00.00,Subtitle,,0,0,0,,owned",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> tuple[Desk, ComposeRequest, object]:
    desk = Desk(tmp_path_factory.mktemp("hostile"))
    request = ComposeRequest(canvas=canvas(128, 128, 8), show_title=True, language="en")
    request.output.preset = "ultrafast"
    request.title = "T: " + " ".join(HOSTILE[:4])[:280]
    request.description = "\n".join(HOSTILE)
    request.transition.kind = 1
    for index, text in enumerate(HOSTILE):
        scene = request.scenes.add(id=f"s{index}", text=f"word {text} word", title=text[:300])
        set_seconds(scene.duration, 1.0)
        scene.words.extend(words("word word", start=0.1, each=0.3))
        overlay = request.overlays.add(text=text)
        set_seconds(overlay.start, index)
        set_seconds(overlay.end, index + 1)
    return desk, request, stage.shoot(request, desk)


def visible(text: str) -> str:
    """Marks that turn text around or can not be seen are blanks in metadata."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def test_a_film_with_it_is_made_and_carries_it(made: tuple[Desk, ComposeRequest, object]) -> None:
    desk, request, result = made
    film = film_of(desk, result.film)  # type: ignore[attr-defined]
    assert len(film.times()) == 8 * len(HOSTILE)
    with av.open(str(film.path)) as container:
        assert container.metadata["description"] == visible(request.description)
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert len(titles) == len(HOSTILE)
    assert titles[0] == HOSTILE[0]


def test_no_line_of_it_becomes_an_event_or_a_cue(made: tuple[Desk, ComposeRequest, object]) -> None:
    desk, _, result = made
    files = {
        file.format: desk.assets[file.asset.digest].read_text(encoding="utf-8")
        for file in result.subtitle_files  # type: ignore[attr-defined]
    }
    script = files[compose_pb2.SUBTITLE_FORMAT_ASS]
    assert not [
        line for line in script.splitlines() if line.startswith("Dialogue") and line.endswith(",,owned")
    ]
    for line in files[compose_pb2.SUBTITLE_FORMAT_SRT].splitlines():
        assert line.count("-->") <= 1
        assert "-->" not in line or line[0].isdigit()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_escaped_text_opens_no_override_and_ends_no_line(text: str) -> None:
    shown = escape(text)
    assert not any(char in shown for char in "\n\r\x00\x0b\x0c\x85\u2028\u2029")
    for at, char in enumerate(shown):
        if char in "{}":
            assert shown[at - 1] == "\\"
        elif char == "\\":
            assert shown[at + 1] in "{}\u2060", "a backslash of the text begins no escape"


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from(["a", "b", "{\\t(1,2)}c"])),
        max_size=6,
    )
)
def test_states_tell_of_every_change(drawn: list[tuple[int, int, str]]) -> None:
    """Within a state the same events are seen, and outside of all none is."""
    events = [Event(first, first + length, "S", text) for first, length, text in drawn]
    found = states(events)
    assert found == sorted(found)
    seen_in: dict[int, tuple[int, int]] = {}
    for state in found:
        for frame in range(*state):
            assert frame not in seen_in
            seen_in[frame] = state
    for frame in range(75):
        seen = [event for event in events if event.first <= frame < event.end]
        assert bool(seen) == (frame in seen_in)
        if seen:
            first, end = seen_in[frame]
            assert all(event.first <= first and end <= event.end for event in seen)
            assert end - first == 1 or not any("\\t(" in event.text for event in seen)


@given(
    st.lists(st.tuples(st.integers(0, 2_000), st.sampled_from([1, 30, 599, 600, 601, 2_000])), max_size=12),
    st.integers(0, 1_900),
)
def test_a_piece_has_every_event_that_is_seen_in_it_in_order(
    drawn: list[tuple[int, int]], first: int
) -> None:
    events = [Event(begin, begin + length, "S", str(n)) for n, (begin, length) in enumerate(drawn)]
    script = Script(64, 64, Fraction(30), [Style("S", "Font", 10, 1.2)], events)
    piece = Piece(first, first + 60, 0)
    found = Burning(script, (), {}).of(piece)
    assert found.events == script.piece(piece.first, piece.end).events
    assert bool(found.styles) == bool(found.events)

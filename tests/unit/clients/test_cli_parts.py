"""The parts of the command that need no mesh: events folded, options read, failures told."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import status_pb2
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from reelmesh import NarratedVideo, errors
from reelmesh.cli import failures, run, wanted, words
from reelmesh.cli.arguments import parser
from reelmesh.cli.board import Board
from reelmesh.cli.plain import Lines
from reelmesh.cli.screen import Screen
from reelmesh.compose.v1.timeline_pb2 import SubtitleStyle, TransitionKind, VideoCodec
from reelmesh.orchestrator.v1 import events_pb2
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepInstance, StepState

RUNNING, DONE = StepState.STEP_STATE_RUNNING, StepState.STEP_STATE_SUCCEEDED


def _changed(step: str, index: int | None, state: StepState.ValueType, error: str = "") -> Event:
    one = StepInstance(step=step, index=index, state=state, engine="espeak", attempts=1)
    if error:
        one.error.message = error
    return Event(execution_id="e", step_changed=events_pb2.StepChanged(step=one))


def _progressed(step: str, index: int | None, fraction: float, whole: float, eta: float = 9) -> Event:
    news = events_pb2.StepProgressed(step=step, index=index, execution_fraction=whole)
    news.progress.fraction = fraction
    news.progress.stage = "encoding"
    news.execution_eta.CopyFrom(Duration(seconds=int(eta)))
    return Event(execution_id="e", step_progressed=news)


def _snapshot() -> Event:
    job = Job(id="j", state=JobState.JOB_STATE_RUNNING)
    job.execution.id = "e"
    for step in ("plan", "narrate", "compose"):
        job.execution.steps.add(step=step, state=StepState.STEP_STATE_PENDING)
    return Event(snapshot=events_pb2.Snapshot(job=job, complete=True), execution_id="e")


def _planned(count: int) -> Event:
    scenes = [f"s{number}" for number in range(count)]
    return Event(
        execution_id="e",
        step_planned=events_pb2.StepPlanned(step="narrate", instances=count, scene_ids=scenes),
    )


def _board(*events: Event) -> Board:
    board = Board()
    for event in events:
        board.apply(event)
    return board


def test_a_fan_out_takes_the_place_of_its_step() -> None:
    board = _board(_snapshot(), _changed("plan", None, DONE), _planned(3), _changed("narrate", 1, RUNNING))
    assert board.names() == ["plan", "narrate", "compose"]
    assert board.fanned() == ["narrate"]
    assert [(line.index, line.state == RUNNING) for line in board.of_step("narrate")] == [
        (0, False),
        (1, True),
        (2, False),
    ]
    assert board.scenes == ["s0", "s1", "s2"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=20))
def test_the_whole_never_goes_back(reports: list[tuple[float, float]]) -> None:
    board = _board(_snapshot())
    last = 0.0
    for own, whole in reports:
        board.apply(_progressed("compose", None, own, whole))
        assert board.fraction >= last
        last = board.fraction


def test_a_late_report_does_not_wake_a_step_that_is_done() -> None:
    board = _board(_snapshot(), _changed("compose", None, DONE), _progressed("compose", None, 0.3, 0.9))
    assert board.steps["compose", None].state == DONE


def test_a_new_run_begins_from_nothing() -> None:
    board = _board(_snapshot(), _changed("plan", None, DONE), _progressed("compose", None, 0.3, 0.9))
    board.apply(Event(execution_id="e2", execution_changed=events_pb2.ExecutionChanged(number=2)))
    assert (board.fraction, board.steps) == (0.0, {})


def test_lines_tell_what_changed_and_break_long_silences() -> None:
    said: list[str] = []
    now = [0.0]
    board = Board()
    lines = Lines(said.append, board, lambda: now[0])
    for event in (
        _snapshot(),
        _changed("plan", None, RUNNING),
        _planned(2),
        _changed("narrate", 0, RUNNING),
        _changed("narrate", 0, DONE),
        _changed("narrate", 1, StepState.STEP_STATE_READY, "the voice is away"),
        _changed("narrate", 1, StepState.STEP_STATE_FAILED, "there is\nno such voice"),
    ):
        lines.changed(board.apply(event))
    board.apply(_changed("compose", None, RUNNING))
    board.apply(_progressed("compose", None, 0.5, 0.75))
    lines.progressed()
    now[0] = 65.0
    lines.progressed()
    assert [line.partition("%  ")[2] for line in said] == [
        "plan: begun",
        "narrate 1 of 2: done (espeak)",
        "narrate 2 of 2: to be tried again (the voice is away)",
        "narrate 2 of 2: failed (there is no such voice)",
        "plan 0 %, compose 50 %, about 9.0 s left",
    ]
    assert said[-1].startswith("  1:05  75 %")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(("width", "height", "scenes"), [(100, 40, 5), (40, 12, 50), (20, 5, 3)])
def test_the_screen_fits_any_terminal(encoding: str, width: int, height: int, scenes: int) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system=None)
    board = _board(_snapshot(), _changed("plan", None, DONE), _planned(scenes))
    for number in range(scenes // 2):
        board.apply(_changed("narrate", number, DONE))
    board.apply(_changed("narrate", scenes // 2, RUNNING))
    board.apply(_progressed("narrate", scenes // 2, 0.42, 0.5))
    screen = Screen(console, board, "狐假虎威 " * 20)
    screen.texts = {f"s{number}": "很久以前，一只老虎\x1b[31m" * 5 for number in range(scenes)}
    lines = console.render_lines(screen.render(), pad=False)
    text = ["".join(segment.text for segment in line) for line in lines]
    assert len(lines) <= max(height + 2, 12)
    assert not any("\x1b" in line for line in text)
    assert any("42 %" in line for line in text) or width < 40
    if scenes == 50:
        assert any("50 scenes, 25 done" in line for line in text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1080x1920", (1080, 1920)),
        ("landscape", (1920, 1080)),
        ("640X360", (640, 360)),
        ("square", (1080, 1080)),
    ],
)
def test_sizes_are_read(text: str, told: tuple[int, int]) -> None:
    assert wanted.size(text) == told


@pytest.mark.parametrize("text", ["7x100000", "big", "1080", "1081x1920", "0x0", "-2x4", "1080x", "64x5000"])
def test_a_size_that_no_film_has_is_refused(text: str) -> None:
    with pytest.raises(failures.UsageError, match="--size"):
        wanted.size(text)


def test_engines_are_chosen_by_server() -> None:
    video = NarratedVideo()
    for choice in (
        "script=llm:gpt",
        "tts=espeak",
        "image=diffusers:a/b:c",
        "video=kling",
        "asr=sphinx",
        "compose=ffmpeg",
    ):
        wanted.set_engine(video, choice)
    assert (video.plan.engine, video.plan.model, video.voice.engine) == ("llm", "gpt", "espeak")
    assert (video.picture.engine, video.picture.model, video.clip.engine) == ("diffusers", "a/b:c", "kling")
    assert (video.asr_engine, video.compose_engine) == ("sphinx", "ffmpeg")
    for wrong in ("espeak", "tts=", "ttss=espeak", "asr=a:b"):
        with pytest.raises(failures.UsageError, match="--engine"):
            wanted.set_engine(video, wrong)


def _options(*arguments: str) -> Namespace:
    return parser().parse_args(["submit", *arguments])


def test_a_story_becomes_a_narrated_video(tmp_path: Path) -> None:
    story = tmp_path / "狐假虎威 的 故事.txt"
    story.write_text("\ufeff从前有一只老虎。", encoding="utf-8")
    given = "--size square --fps 24 --lang zh --seed 0 --speed 1.5 --subtitles soft --animate 0.5 --style ink"
    spec = wanted.draft(_options(str(story), *given.split(), "--title", "T", "--show-title"))
    video = spec.narrated_video
    assert (video.text, video.language, video.title, video.show_title) == (
        "从前有一只老虎。",
        "zh",
        "T",
        True,
    )
    assert (video.canvas.width_pixels, video.canvas.frames_per_second) == (1080, 24)
    assert video.HasField("seed")
    assert (video.voice.speed, video.clip.animate_share, video.picture.style) == (1.5, 0.5, "ink")


def test_a_films_make_is_told_by_names(tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text("A fox.", encoding="utf-8")
    given = (
        "--transition fade-white --subtitle-style phrase --codec h265 --clean-copy --narration-file --preview"
    )
    video = wanted.draft(_options(str(story), *given.split())).narrated_video
    assert video.transition.kind == TransitionKind.TRANSITION_KIND_FADE_WHITE
    assert video.subtitles.style == SubtitleStyle.SUBTITLE_STYLE_PHRASE
    assert video.output.codec == VideoCodec.VIDEO_CODEC_H265
    assert video.output.clean_copy
    assert video.preview
    assert video.output.narration_file
    plain = wanted.draft(_options(str(story))).narrated_video
    assert not any(plain.HasField(field) for field in ("transition", "subtitles", "output")), (
        "nothing is set unasked"
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.txt", b"", "no text in it"),
        ("blank.txt", b" \n\t", "no text in it"),
        ("latin.txt", "Caf\xe9".encode("latin-1"), "not UTF-8"),
        ("long.txt", b"a" * 1_000_000, "too long"),
        ("list.json", b"[]", "JSON object"),
        ("broken.json", b"{", "broken.json"),
        ("odd.json", b'{"nonsense": 1}', "nonsense"),
    ],
)
def test_a_story_that_is_none_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(failures.UsageError, match=told):
        wanted.draft(_options(str(tmp_path / name)))


def test_a_job_is_read_from_json_in_its_three_forms(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text('{"steps": [{"id": "speak", "synthesize": {"text": "hello"}}]}')
    assert wanted.draft(_options(str(path))).graph.steps[0].id == "speak"
    path.write_text('{"displayName": "n", "narratedVideo": {"text": "hello"}}')
    assert wanted.draft(_options(str(path))).display_name == "n"
    path.write_text('{"scenes": [{"text": "hello"}]}')
    assert wanted.draft(_options(str(path), "--lang", "en")).narrated_video.language == "en"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = run(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        told = capfd.readouterr()
        return code, told.out, told.err

    return call


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["jobs"], 3, "no mesh runs here: start one with `reelmesh up`"),
        (["make", "/there/is/none.txt"], 2, "/there/is/none.txt: no such file"),
        (["make"], 2, "give a STORY"),
        (["make", "story.txt", "--topic", "the sea"], 2, "give --topic alone"),
        (["make", "story.txt", "--length", "9"], 2, "--length is for the story of a --topic"),
        (["make", "story", "--size", "7x100000"], 2, "must be even and between 64 and 4096"),
        (["make", "story", "--audio", "x"], 2, "not both"),
        (["make", "story", "-o", "/proc/nowhere/film.mp4"], 2, "/proc/nowhere: can not be made"),
        (["up", "--only", "ttss"], 3, "no server 'ttss'"),
        (["up", "--config", "/there/is/none.yaml"], 3, "no settings file"),
        (["edit", "j", "1"], 2, "nothing to change"),
        (["logs", "j"], 2, "nothing was logged of j"),
        (["frobnicate"], 2, "frobnicate"),
        (["make", "story", "--subtitles", "big"], 2, "--subtitles"),
    ],
)
def test_failures_are_one_line_and_a_code(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story").write_text("A story.")
    got, out, err = command(*arguments)
    assert (got, out.count("\n") <= 1) == (code, True)
    assert err.count("\n") == 1
    assert told in err


@pytest.mark.parametrize("arguments", [["up"], ["make", "story"], ["config", "check"]])
def test_without_the_extra_it_says_how_to_install_it(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story").write_text("A story.")
    monkeypatch.setattr("reelmesh.mesh.places._NEEDED", ("there_is_no_such_package",))
    code, _, err = command(*arguments)
    assert (code, err) == (3, 'reelmesh: the servers are not installed: pip install "reelmesh[mesh]"\n')


def test_json_failures_are_objects_too(command: Run) -> None:
    import json

    _, out, err = command("jobs", "--json")
    assert json.loads(out)["code"] == "UNAVAILABLE"
    assert err


def test_version_is_told(command: Run) -> None:
    assert command("version")[1].startswith("reelmesh 0.")


def _job_failed() -> errors.JobFailed:
    job = Job(id="j1")
    job.execution.failed_step = "narrate[3]"
    job.execution.error.CopyFrom(status_pb2.Status(code=3, message="no such voice\n/x"))
    return errors.JobFailed(job)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
        (errors.NotFound("job j is not there"), 2, "job j is not there"),
        (errors.Unavailable("the mesh is away"), 3, "reelmesh up"),
        (errors.Internal("it broke"), 1, "reelmesh logs"),
        (_job_failed(), 1, "job j1 failed: narrate[3]: no such voice /x (more: reelmesh logs j1)"),
        (FileNotFoundError(2, "No such file or directory", "a b.txt"), 2, "a b.txt: no such file"),
    ],
)
def test_every_failure_has_its_code_and_its_remedy(error: BaseException, code: int, told: str) -> None:
    assert failures.exit_code(error) == code
    assert told in failures.told(error)
    assert "\n" not in failures.told(error)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "0.0 s"), (0.84, "0.8 s"), (42.4, "42 s"), (59.7, "1:00"), (187, "3:07"), (3725, "1:02:05")],
)
def test_lengths_of_time(seconds: float, told: str) -> None:
    assert words.length(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (812, "812 B"), (3_400_000, "3.4 MB"), (2e12, "2000 GB")]
)
def test_sizes_in_bytes(count: float, told: str) -> None:
    assert words.size(count) == told

"""Plans of texts, of ready scenes and of transcripts; what is refused, and by which field."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult, PromptParts, SceneDraft
from servers.chassis.interceptors import violations_of
from servers.chassis.text import speakable
from servers.script.paragraphs import label_of
from servers.script.planning import plan
from tests.unit.servers.script.asking import ENGINE, FOX, TIGER, planned, refusal, resolved, segment
from tests.unit.servers.script.test_sentences import TEXTS

LAID_OUT = ("\t", "\n", "\r", *map(chr, range(0x80, 0xA0)))
"""Control characters that are white space, or that old encodings left behind."""
PICTURE = Asset(digest="a" * 64)
CLIP = Asset(digest="b" * 64)


def check_is_valid(found: PlanResult) -> None:
    """A plan that the other services can work with."""
    assert found.scenes
    ids = [scene.id for scene in found.scenes]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    for scene in found.scenes:
        draft = SceneDraft(
            id=scene.id,
            text=scene.text,
            image_prompt=scene.image_prompt,
            motion_prompt=scene.motion_prompt,
            title=scene.title,
            picture=scene.picture if scene.HasField("picture") else None,
            clip=scene.clip if scene.HasField("clip") else None,
        )
        assert not violations_of(draft)
        assert scene.narrate <= speakable(scene.text)
        assert scene.image_prompt.strip() or not scene.illustrate
        assert scene.motion_prompt.strip()


def check_is_within(said: str, place: str) -> None:
    """The place holds what is said, in order, and nothing else that a voice would say."""
    left = iter(place)
    assert all(any(char == other for other in left) for char in said if not char.isspace()), (said, place)
    if "](" not in place and label_of(place.lstrip()) == "" and ":" not in place and "：" not in place:
        assert [char for char in said if char.isalnum()] == [char for char in place if char.isalnum()]


@settings(max_examples=150)
@given(
    TEXTS,
    st.sampled_from([0, 0, 1, 3]),
    st.floats(1, 120),
    st.sampled_from(["", "en", "zh-CN", "ru"]),
    st.integers(-(2**63), 2**63 - 1),
)
def test_any_text_gives_a_valid_plan_or_is_refused_by_field(
    text: str, most: int, target: float, language: str, seed: int
) -> None:
    request = PlanRequest(text=text, max_scenes=most, language=language, seed=seed)
    request.target_scene_duration.FromMilliseconds(int(target * 1000))
    if violations_of(request):
        return
    if not speakable(text) or any(
        unicodedata.category(char) == "Cc" for char in text if char not in LAID_OUT
    ):
        assert refusal(text=text) == "text"
        return
    request = ENGINE.resolve(request).request
    found = plan(request)
    assert not violations_of(request)
    check_is_valid(found)
    assert 1 <= len(found.scenes) <= (most or 1000)
    for scene in found.scenes:
        check_is_within(scene.text, text[scene.char_start : scene.char_end])
        assert scene.narrate
        assert scene.illustrate
    assert found == plan(request), "the same request gave two plans"


@pytest.mark.parametrize(
    "text",
    [
        "狐狸看见葡萄，很高兴。" * 20_000,
        "a" * 200_000,
        "x\n\n" * 66_000,
        "word, " * 33_000,
        "** a**b **c " * 16_000,
        "# a" + " " * 15_000 + "# b",
        "- [ a" * 40_000,
        "A: a\n" * 40_000,
        "The Fox Of The Hill " * 10_000,
        "「 没有像" * 40_000,
    ],
    ids=[
        *("sentences", "one word", "paragraphs", "commas", "emphasis", "heading", "bullets", "labels"),
        *("names", "quotations"),
    ],
)
def test_the_longest_texts_are_planned(text: str) -> None:
    found = planned(text=text[:200_000])
    assert 1 <= len(found.scenes) <= 1000
    assert max(len(scene.text) for scene in found.scenes) <= 20_000


def test_a_long_run_of_marks_is_refused() -> None:
    assert refusal(text="." * 9_000 + "a" + "。" * 190_000 + "b") == "text"


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x0c", "\x1b", "\x7f"])
def test_control_characters_are_refused_by_field(char: str) -> None:
    bad = f"He {char} ran."
    assert refusal(text=bad) == "text"
    ready = SceneDraft(text="He ran.")
    assert refusal(scenes=[ready, SceneDraft(text=bad)]) == "scenes[1].text"
    assert refusal(scenes=[SceneDraft(text="He.", image_prompt=bad)]) == "scenes[0].image_prompt"
    assert refusal(segments=[segment(bad, 0, 1)]) == "segments[0].text"
    assert refusal(text="He ran.", prompt_parts=PromptParts(suffix=bad)) == "prompt_parts.suffix"


@pytest.mark.parametrize("text", [" ", "...", "🙂 🙂", "* * *\n\n——", "\ufeff"])
def test_what_can_not_be_spoken_is_refused_by_field(text: str) -> None:
    assert refusal(text=text) == "text"
    assert refusal(scenes=[SceneDraft(text="He ran."), SceneDraft(text=text)]) == "scenes[1].text"
    assert refusal(segments=[segment(text, 0, 1)]) == "segments"


def test_scenes_too_few_for_the_text_are_refusal() -> None:
    assert refusal(text="The fox ran away. " * 2_000, max_scenes=1) == "max_scenes"
    assert (
        refusal(segments=[segment("ha " * 5_000, at, at + 1) for at in range(3)], max_scenes=1)
        == "max_scenes"
    )


def test_resolving_fills_in_every_default() -> None:
    request = resolved(text="狐狸跑了。")
    assert request.language == "zh"
    assert request.target_scene_duration.seconds == 7
    assert request.animate_share == 1.0
    assert request.HasField("seed")
    assert request.seed == 0
    assert resolved(text="The fox ran.").language == "en"
    assert resolved(scenes=[SceneDraft(picture=PICTURE), SceneDraft(text="狐狸跑了。")]).language == "zh"
    assert resolved(segments=[segment("Лиса убежала.", 0, 1)]).language == "ru"
    assert resolved(text="狐狸跑了。", language="zh-TW", animate_share=0.0, seed=-5).animate_share == 0.0
    assert planned(text="狐狸跑了。", language="zh-TW").scenes[0].language == "zh-TW"


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (1.0, 10), (0.5, 5), (0.25, 3), (0.24, 2), (0.1, 1)])
def test_the_animated_share_is_exact(seed: int, share: float, count: int) -> None:
    drafts = [SceneDraft(text=f"He ran {number} miles.") for number in range(10)]
    found = planned(scenes=drafts, animate_share=share, seed=seed).scenes
    assert sum(one.animate for one in found) == count


def test_ready_scenes_keep_what_they_give() -> None:
    draft = SceneDraft(
        id="mine",
        text="The fox ran.",
        image_prompt="a red fox",
        motion_prompt="run",
        title="One",
        animate=False,
    )
    draft.duration.FromMilliseconds(2500)
    [scene] = planned(scenes=[draft], animate_share=1.0).scenes
    for name in ("id", "text", "image_prompt", "motion_prompt", "title", "duration", "animate"):
        assert getattr(scene, name) == getattr(draft, name)
    assert scene.narrate
    assert scene.illustrate
    assert scene.char_end == 0


@pytest.mark.parametrize(
    ("presented", "places"),
    [
        ("UNSPECIFIED", []),
        ("ALL", [1, 2, 4]),
        ("FIRST", [1]),
        ("LAST", [4]),
    ],
)
def test_the_presenter_speaks_where_something_is_spoken(presented: str, places: list[int]) -> None:
    drafts = [SceneDraft(picture=PICTURE), *(SceneDraft(text=f"Sentence {n}.") for n in "ab")]
    drafts += [SceneDraft(clip=CLIP), SceneDraft(text="The end."), SceneDraft(clip=CLIP)]
    found = planned(scenes=drafts, presented=f"PRESENTED_{presented}")
    assert [at for at, scene in enumerate(found.scenes) if scene.present] == places


def test_ready_pictures_and_clips_are_not_made_again() -> None:
    drafts = [
        SceneDraft(text="The fox ran.", picture=PICTURE),
        SceneDraft(picture=PICTURE),
        SceneDraft(clip=CLIP, animate=True),
        SceneDraft(text="🙂", picture=PICTURE),
        SceneDraft(text="Two foxes."),
    ]
    found = planned(scenes=drafts)
    check_is_valid(found)
    flags = [(one.narrate, one.illustrate, one.animate) for one in found.scenes]
    assert flags == [
        (True, False, True),
        (False, False, True),
        (False, False, False),
        (False, False, True),
        (True, True, True),
    ]
    assert [one.duration.seconds for one in found.scenes] == [0, 5, 5, 5, 0]
    assert found.scenes[1].picture == PICTURE
    assert found.scenes[2].clip == CLIP


def test_the_share_counts_only_scenes_that_are_open() -> None:
    drafts = [SceneDraft(text="One.", animate=True), *(SceneDraft(text=f"He ran {n}.") for n in range(4))]
    chosen = [one.animate for one in planned(scenes=drafts, animate_share=0.5).scenes]
    assert chosen[0]
    assert sum(chosen[1:]) == 2


def test_ids_of_ready_scenes() -> None:
    same = [
        SceneDraft(text="One."),
        SceneDraft(text="One."),
        SceneDraft(picture=PICTURE),
        SceneDraft(picture=PICTURE),
    ]
    ids = [one.id for one in planned(scenes=same).scenes]
    assert len(set(ids)) == 4
    taken = planned(scenes=[SceneDraft(text="One."), SceneDraft(id=ids[0], text="Two.")])
    assert taken.scenes[1].id == ids[0] != taken.scenes[0].id
    assert (
        refusal(scenes=[SceneDraft(id="a", text="One."), SceneDraft(id="a", text="Two.")]) == "scenes[0].id"
    )


@given(
    st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 5), st.sampled_from(["The fox ran.", "♪", "他走了。", "so"])),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([0, 1, 3]),
)
def test_scenes_of_a_recording_cover_it(parts: list[tuple[float, float, str]], most: int) -> None:
    segments, at = [], 0.0
    for pause, length, text in parts:
        segments.append(segment(text, at + pause, at + pause + length))
        at += pause + length
    if not any(speakable(text) for _, _, text in parts):
        assert refusal(segments=segments) == "segments"
        return
    found = planned(segments=segments, max_scenes=most)
    check_is_valid(found)
    assert len(found.scenes) <= (most or 1000)
    total = sum(scene.duration.ToNanoseconds() for scene in found.scenes)
    # A scene that lasts no time at all still lasts a nanosecond.
    assert abs(total - segments[-1].end.ToNanoseconds()) <= len(found.scenes)
    assert not any(scene.narrate for scene in found.scenes)
    assert all(scene.illustrate for scene in found.scenes)


def test_words_of_a_recording_are_timed_from_their_scene() -> None:
    segments = [
        segment("The fox ran.", 1, 8, ("The", 1, 1.5), ("fox", 1.5, 2), ("ran", 7, 8)),
        segment("İt saw İstanbul, the end.", 9, 16, ("the", 14, 14.5), ("End", 14.5, 15)),
    ]
    one, two = planned(segments=segments).scenes
    assert (one.duration.seconds, two.duration.seconds) == (9, 7)
    assert [(word.start.ToSeconds(), word.end.ToSeconds()) for word in one.words] == [(1, 1), (1, 2), (7, 8)]
    assert [one.text[word.char_start : word.char_end] for word in one.words] == ["The", "fox", "ran"]
    assert [two.text[word.char_start : word.char_end] for word in two.words] == ["the", "end"]
    assert two.words[0].start.ToMilliseconds() == 5000


def test_segments_join_as_their_script_does() -> None:
    assert (
        planned(segments=[segment("The fox", 0, 1), segment("ran.", 1, 2)]).scenes[0].text == "The fox ran."
    )
    assert planned(segments=[segment("狐狸", 0, 1), segment("跑了。", 1, 2)]).scenes[0].text == "狐狸跑了。"


def test_segments_out_of_order_are_refusal() -> None:
    assert refusal(segments=[segment("One.", 5, 6), segment("Two.", 1, 2)]) == "segments[1].start"
    assert refusal(segments=[segment("One.", 5, 4)]) == "segments[0].end"


def test_words_for_publishing() -> None:
    fox = planned(text=FOX)
    assert fox.tags[:3] == ["grape", "fox", "crow"]
    assert fox.description.endswith(".")
    assert len(fox.description) <= 240
    tiger = planned(text=TIGER)
    assert set(tiger.tags[:2]) == {"狐狸", "老虎"}
    assert " " not in tiger.description
    assert planned(text="The fox ran away. It was late.").title == "The fox ran away"
    prize = planned(text="J. B. Goodenough et al. got the Nobel Prize in 2019. " * 6)
    assert prize.title == "J. B. Goodenough et al. got the Nobel Prize in 2019"
    assert prize.description.endswith("in 2019.")
    long = planned(text="word " * 100)
    assert len(long.title) <= 61
    assert long.title.endswith("word…")


STOCK = [Asset(digest=letter * 64, media_type="video/mp4") for letter in "cde"]


def test_stock_clips_take_the_place_of_pictures() -> None:
    drafts = [
        SceneDraft(text="Mine.", picture=PICTURE),
        SceneDraft(text="Mine too.", clip=CLIP),
        SceneDraft(text="As I said.", image_prompt="a red fox"),
        SceneDraft(text="It moves.", animate=True),
        *(SceneDraft(text=f"He ran {number} miles.") for number in range(8)),
    ]
    found = planned(scenes=drafts, stock_clips=STOCK, stock_share=0.5, animate_share=1.0).scenes
    assert [one.illustrate for one in found[:4]] == [False, False, True, True]
    assert found[0].picture == PICTURE
    assert found[1].clip == CLIP
    assert all(one.animate for one in (found[0], found[2], found[3]))
    stocked = [one for one in found[4:] if one.HasField("clip")]
    assert len(stocked) == 4
    assert all(one.narrate and not one.illustrate and not one.animate for one in stocked)
    assert {one.clip.digest for one in stocked} == {clip.digest for clip in STOCK}
    assert all(one.animate for one in found[4:] if one not in stocked)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"stock_share": 0.5}, "stock_share"),
        ({"stock_clips": STOCK}, "stock_clips"),
        ({"stock_clips": STOCK, "stock_share": 1.0}, ""),
    ],
)
def test_stock_that_is_passed_over_is_told(fields: dict[str, object], told: str) -> None:
    warnings = planned(text="He ran.", **fields).provenance.warnings
    assert [line.split()[0] for line in warnings] == ([told] if told else [])

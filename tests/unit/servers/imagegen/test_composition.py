"""Pictures as drawings: deterministic, well-formed, and holding what was asked for."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.imagegen.painting.animals.birds import PLUMAGES
from servers.imagegen.painting.animals.builds import BUILDS
from servers.imagegen.painting.animals.others import OTHERS
from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.composition import Picture, paint
from servers.imagegen.painting.dress import PEOPLE
from servers.imagegen.painting.geometry import extent, limb, smooth
from servers.imagegen.painting.palette import STYLES, TIMES
from servers.imagegen.painting.plants import SMALL, TREES
from servers.imagegen.painting.vocabulary import GROUPS


def painted(
    prompt: str, style: str = "paper-cut", width: int = 108, height: int = 192, seed: int = 1
) -> Picture:
    return paint(prompt, "", style, width, height, seed)


def colours(picture: Picture) -> set[str]:
    return set(re.findall(r'fill="(#[0-9a-f]{6})"', picture.svg))


def test_the_same_words_and_seed_give_the_same_picture() -> None:
    assert painted("a fox under a vine", seed=7) == painted("a fox under a vine", seed=7)


def test_another_seed_gives_another_picture() -> None:
    assert painted("a fox under a vine", seed=7).svg != painted("a fox under a vine", seed=8).svg


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("place", [*GROUPS["place"], ""])
def test_every_place_can_be_painted_in_every_style(style: str, place: str) -> None:
    picture = painted(f"a fox, {place}", style)
    assert "fox" in picture.depicts
    assert place == "" or place in picture.depicts
    ET.fromstring(picture.svg)


@pytest.mark.parametrize("group", ["animal", "person", "tree", "plant", "building"])
def test_every_noun_changes_what_is_drawn(group: str) -> None:
    for name, words in GROUPS[group].items():
        word = words.split()[0].replace("_", " ")
        with_it, without = painted(f"a desert, {word}"), painted("a desert")
        assert name in with_it.depicts
        assert with_it.svg != without.svg, name


def test_the_tables_of_words_and_of_figures_agree() -> None:
    assert set(GROUPS["animal"]) == set(BUILDS) | set(PLUMAGES) | set(OTHERS) | {"beasts"}
    assert set(GROUPS["person"]) == set(PEOPLE) | {"crowd"}
    assert set(GROUPS["tree"]) == set(TREES)
    assert set(GROUPS["plant"]) == set(SMALL) | {"grapes", "vine"}
    assert set(GROUPS["building"]) == set(BUILDINGS)
    assert set(GROUPS["time"]) == set(TIMES)


def test_most_telling_comes_first() -> None:
    assert painted("森林里,狐狸走在老虎前面").depicts == ("fox", "tiger", "forest")


def test_night_is_darker_than_day() -> None:
    def sky(prompt: str) -> int:
        first = re.search(r'fill="#([0-9a-f]{6})"', painted(prompt).svg)
        assert first is not None
        return sum(bytes.fromhex(first.group(1)))

    assert sky("a village at night") < sky("a village at noon")


def test_a_tiger_is_orange_by_day() -> None:
    def orange(colour: str) -> bool:
        red, green, blue = bytes.fromhex(colour[1:])
        return red > 190 and 90 < green < 180 and blue < 110

    assert any(map(orange, colours(painted("a tiger in the grass"))))
    assert not any(map(orange, colours(painted("grass"))))


def test_no_words_at_all_still_give_a_landscape() -> None:
    assert painted("Lorem ipsum dolor").depicts[0] in GROUPS["place"]


@settings(max_examples=12, deadline=None)
@given(
    prompt=st.lists(
        st.sampled_from([w for g in GROUPS.values() for line in g.values() for w in line.split()]), max_size=8
    ),
    width=st.integers(16, 8192),
    height=st.integers(16, 8192),
    seed=st.integers(-(2**63), 2**63 - 1),
    style=st.sampled_from(STYLES),
)
def test_any_words_at_any_size_give_a_sound_drawing(
    prompt: list[str], width: int, height: int, seed: int, style: str
) -> None:
    svg = painted(" ".join(prompt).replace("_", " "), style, width, height, seed).svg
    root = ET.fromstring(svg)
    assert (root.get("width"), root.get("height")) == (str(width), str(height))
    assert "nan" not in svg
    assert "inf" not in svg


def test_text_of_the_prompt_never_enters_the_drawing() -> None:
    svg = painted('<script>fox</script> &amp; "grapes" url(file:///etc/passwd)').svg
    assert "script" not in svg
    assert "passwd" not in svg


@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1920, 1080), (17, 8192), (8192, 17), (33, 33)])
def test_the_canvas_keeps_the_pictures_proportions(width: int, height: int) -> None:
    import random

    from servers.imagegen.painting.palette import palette_of

    canvas = Canvas(width, height, palette_of("day", "", "", "", "flat", random.Random(1)), shadows=False)
    assert min(canvas.width, canvas.height) == pytest.approx(1000)
    if max(width, height) < 4 * min(width, height):
        assert canvas.width / canvas.height == pytest.approx(width / height)


def test_a_limb_is_as_wide_as_asked() -> None:
    from servers.imagegen.painting.geometry import Figure, Part

    upright = Figure((Part(limb([(0, 0), (0, 100)], [20, 20]), "#000000"),), 0, 0)
    left, right = extent(upright)
    assert math.isclose(right - left, 20, abs_tol=2.5)


def test_a_smooth_curve_passes_through_its_points() -> None:
    d = smooth([(0, 0), (10, 5), (20, 0)])
    ends = [segment.split()[-2:] for segment in d.removesuffix("Z").split("C")[1:]]
    assert ends == [["10", "5"], ["20", "0"], ["0", "0"]]

"""What prompts show: a scene's own nouns, who is carried forward, and who does what."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmesh.script.v1.script_pb2 import CharacterProfile, PromptParts, Scene, SceneDraft
from servers.script.lexicon import LEXICON, Action, Noun
from servers.script.nouns import read
from tests.unit.servers.script.asking import FOX, TIGER, planned

KINDS = ("animal", "person", "plant", "place", "weather", "season")


def scenes(*texts: str, **fields: object) -> list[Scene]:
    return list(planned(scenes=[SceneDraft(text=text) for text in texts], **fields).scenes)


def image(*texts: str) -> str:
    """The image prompt of the last of some scenes."""
    return scenes(*texts)[-1].image_prompt


def motion(*texts: str) -> str:
    """What happens in the last of some scenes."""
    return scenes(*texts)[-1].motion_prompt


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A fox saw a bunch of grapes in the vineyard.", ["fox", "grape", "vineyard"]),
        ("Two wolves chased the geese through the snow.", ["wolf", "goose", "snow"]),
        ("The old man and his grandmothers picked cherries.", ["old man", "grandmother", "cherry"]),
        ("The fox's den was under the rock.", ["fox", "rock"]),
        ("狐狸看见葡萄园里的葡萄。", ["狐狸", "葡萄", "葡萄园"]),
        ("兩隻鳥飛過樹林，風很大。", ["鸟", "森林", "风"]),
        ("冬天的夜里，老奶奶在小屋里。", ["老奶奶", "冬天", "夜晚", "房子"]),
    ],
)
def test_what_a_scene_names_is_in_its_prompt(text: str, words: list[str]) -> None:
    shown = image(text)
    assert all(word in shown for word in words), shown


@pytest.mark.parametrize("text", [FOX, TIGER], ids=["fox", "tiger"])
def test_who_and_what_the_samples_tell_of_is_in_the_prompt_of_its_scene(text: str) -> None:
    plan = planned(text=text)
    for scene in plan.scenes:
        for mention in read(re.sub('“[^”]*”|"[^"]*"', "", scene.text)):
            noun = mention.entry
            if isinstance(noun, Noun) and noun.kind in ("animal", "person", "plant", "food") and mention.here:
                assert (noun.chinese if plan.language == "zh" else noun.english) in scene.image_prompt


NOUNS = st.sampled_from(
    sorted({n for n in LEXICON.english.values() if n.kind in KINDS}, key=lambda n: n.english)
)


@settings(max_examples=50)
@given(st.lists(st.tuples(NOUNS, NOUNS), min_size=1, max_size=6))
def test_carried_words_push_out_none_of_a_scene_s_own(pairs: list[tuple[Noun, Noun]]) -> None:
    texts = [f"They saw the {one.english} and the {other.english}." for one, other in pairs]
    for scene, pair in zip(scenes(*texts), pairs, strict=True):
        assert all(noun.english in scene.image_prompt for noun in pair), scene.image_prompt


@pytest.mark.parametrize(
    ("texts", "lead"),
    [
        (["A fox came. A crow came too.", "She was hungry."], "crow"),
        (["A fox came with a crow.", "She jumped."], "fox"),
        (["The king met the queen.", "He laughed."], "king"),
        (["The king met the queen.", "She laughed."], "queen"),
        (["A queen rode a horse.", "It ran."], "horse"),
        (["A woman met a dog.", "She smiled. It was dark."], "woman"),
        (["国王遇见王后。", "她笑了。"], "王后"),
        (["女孩养了一只狗。", "它跑了。"], "狗"),
        (["小红说：“我有一只小狗。”", "它睡了。"], "狗"),
        (["Mira lived in a town.", "She ran."], "woman"),
        (["A fox came.", "She saw a crow."], "fox"),
        (["A fox and a wolf came.", "They saw a crow."], "fox"),
        (["A fox came.", "The crow laughed. He flew."], "crow"),
        (["A fox came.", "“He is late,” the crow said."], "crow"),
        (["一只狐狸来了。", "它看见一只乌鸦。"], "狐狸"),
        (["狐狸和老虎来了。", "它们看见一只乌鸦。"], "狐狸"),
        (["一只狐狸来了。", "乌鸦叫了，它飞走了。"], "乌鸦"),
    ],
)
def test_who_leads_a_scene(texts: list[str], lead: str) -> None:
    assert image(*texts).startswith(lead)


def test_the_cast_is_carried_to_where_nobody_is_named() -> None:
    shown = image("A fox and a crow met in the forest at night. It snowed.", "So it was for long.")
    assert shown == "fox, crow, forest, night"


def test_the_hour_is_that_of_the_scene() -> None:
    assert "dawn" not in image("The fox had walked since dawn.")
    assert "sunset" in image("By sunset the fox was tired.", "She slept.")
    assert "黎明" not in image("狐狸从黎明走起。")
    assert image("The sun shone on the fox.") == "fox, sun"
    assert image("The sun shone on the fox.", "The moon rose over her.") == "fox, moon"


def test_what_is_only_talked_of_does_not_last() -> None:
    texts = ["A fox sat in the vineyard.", '"Remember the wolf in the desert?" said the fox.', "She laughed."]
    for scene in scenes(*texts)[1:]:
        assert scene.image_prompt.startswith("fox")
        assert "vineyard" in scene.image_prompt
        assert "wolf" not in scene.image_prompt
        assert "desert" not in scene.image_prompt
    assert "grape" in image("A fox sat in the vineyard.", '"Those grapes are sour," said the fox.')


@pytest.mark.parametrize(
    ("texts", "happens"),
    [
        (["The fox jumped over the wolf and ran."], "fox jumping, fox running"),
        (["The fox jumped. The crow flew."], "fox jumping, crow flying"),
        (["狐狸跳起来，乌鸦飞走了。"], "狐狸跳，乌鸦飞"),
        (["老虎一下子把狐狸抓住了。"], "老虎抓"),
    ],
)
def test_who_does_what(texts: list[str], happens: str) -> None:
    assert motion(*texts).startswith(happens)


@pytest.mark.parametrize(
    "text",
    [
        "The fox did not laugh.",
        "The fox didn't jump.",
        "It is easy to despise what we cannot reach.",
        "The building was as old as the walk.",
        "“Jump!” the fox thought.",
        "狐狸不敢吃。",
        "狐狸没有跑。",
        "狐狸等等，希望旅游。",
    ],
)
def test_what_does_not_happen_does_not_move(text: str) -> None:
    assert motion(text).count("，") + motion(text).count(",") == 0, motion(text)


@pytest.mark.parametrize(
    "text",
    [
        *"火辣辣 马上 威风 希望 小说 照顾 等等 说不定 一路 最高的地方".split(),
        "made of wood",
        "walked home",
        "why does it",
        "it stores energy",
    ],
)
def test_words_that_mislead(text: str) -> None:
    assert not [one for one in read(text) if isinstance(one.entry, Noun)]


def test_the_deed_of_the_lead_is_in_the_picture() -> None:
    assert image("The fox jumped at the grapes.").startswith("fox jumping, grape")
    assert image("The fox said no.").startswith("fox")
    assert "talking" not in image("The fox said no.")


def test_prompt_parts_shape_every_prompt() -> None:
    parts = PromptParts(
        prefix="watercolour of", suffix="soft light", negative="text", setting="a farm in summer"
    )
    texts = ["A fox ran.", "Nothing here is known."]
    for scene in scenes(*texts, prompt_parts=parts):
        assert scene.image_prompt.startswith("watercolour of, ")
        assert scene.image_prompt.endswith(", a farm in summer, soft light")
        assert scene.negative_prompt == "text"
    assert scenes("狐狸跑。", prompt_parts=PromptParts(prefix="水彩"))[0].image_prompt.startswith(
        "水彩，狐狸"
    )


def test_a_text_of_unknown_things_describes_itself() -> None:
    assert image("Quantum  chromodynamics\nexplains it.") == "Quantum chromodynamics explains it."


def test_the_camera_varies_and_is_understood() -> None:
    moves = {scene.motion_prompt for scene in scenes(*(f"Nothing {number}." for number in range(30)))}
    assert moves == {"slow push in", "slow pull back", "slow pan to the left", "slow pan to the right"}


@given(st.text(max_size=200))
def test_reading_any_text_gives_mentions_in_order(text: str) -> None:
    found = read(text)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert all(0 <= one.at < len(text) and isinstance(one.entry, Noun | Action) for one in found)


@pytest.mark.parametrize(
    ("texts", "absent"),
    [
        (["There was no wolf in the forest."], "wolf"),
        (["The fox walked without a lantern."], "lantern"),
        (["There is no ocean on Mars now."], "sea"),
        (["A fox slept. No bird, no big bad wolf came."], "wolf"),
        (["The lake lay like a mirror."], "mirror"),
        (["The boy was as strong as a bear."], "bear"),
        (["It rained. The fox slept.", "The rain stopped."], "rain"),
        (["森林里没有狼。"], "狼"),
        (["狐狸看天，天上没有一只鸟。"], "鸟"),
        (["湖面像一面镜子。"], "镜子"),
        (["下雨了，狐狸睡着了。", "雨停了。"], "雨"),
        (['"I saw a tiger," said the fox.'], "tiger"),
        (["“昨天来了一只老虎。”狐狸说。"], "老虎"),
    ],
)
def test_what_is_not_there_is_not_drawn(texts: list[str], absent: str) -> None:
    scene = scenes(*texts)[-1]
    assert absent not in scene.image_prompt
    assert absent not in scene.setting


@pytest.mark.parametrize(
    ("texts", "present"),
    [
        (["The fox could not reach the grapes."], "grape"),
        (["No one saw the wolf."], "wolf"),
        (["I like apples and a fox."], "fox"),
        (["狐狸够不着葡萄。"], "葡萄"),
    ],
)
def test_what_is_there_all_the_same_is_drawn(texts: list[str], present: str) -> None:
    assert present in image(*texts)


def test_the_setting_holds_until_the_text_moves_on() -> None:
    found = scenes(
        "A fox lived in a forest by a lake.",
        "She slept.",
        "She dreamed of the desert, and of a king from the city.",
        "One day she came to a village.",
        "She ran.",
        "Then she was back in the forest by the lake.",
    )
    assert [one.setting for one in found] == [*["forest, lake"] * 3, *["village"] * 2, "forest, lake"]
    assert found[0].place_seed == found[1].place_seed == found[5].place_seed != found[3].place_seed
    assert scenes("A fox.", prompt_parts=PromptParts(setting="a farm in May"))[0].setting == "a farm in May"


def test_the_weather_stays_behind_and_the_season_goes_along() -> None:
    found = image("It was winter and it snowed on the village.", "The fox came to a castle.")
    assert "winter" in found
    assert "snow" not in found.replace("winter", "")


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (
            "On a rainy summer night the happy old baker carried bread through the street.",
            "baker carrying, bread, street, night, summer, happy",
        ),
        ("夏天的傍晚，厨师在厨房里切番茄，很开心。", "厨师切着，番茄，厨房，傍晚，夏天，快乐"),
    ],
)
def test_a_prompt_names_who_what_where_when_and_how_it_feels(text: str, prompt: str) -> None:
    assert image(text) == prompt


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("Rain fell on the lake.", ["rain falling", "water rippling"]),
        ("A fox ran through the snow.", ["fox running", "snow falling"]),
        ("大雪落在河上，狐狸跑了。", ["狐狸跑", "雪花飘落", "河水流动"]),
        ("The soup stood in the kitchen.", ["steam rising"]),
    ],
)
def test_what_moves(text: str, moves: list[str]) -> None:
    assert all(move in motion(text) for move in moves), motion(text)


def test_a_scene_of_nothing_but_talk_shows_what_it_is_about() -> None:
    texts = ["A fox sat at the station.", "Jon: The mountains look better this way."]
    assert image(*texts) == "mountain, station"


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ("The fox sat on a ball of grey rock.", "ball"),
        ("The fox sat on a ball of grey rock.", "rock"),
        ("The lamp is made of oak and glass.", "oak"),
        ("Not everyone in the village is happy.", "happy"),
        ("The ships in the harbour blew their horns.", "trumpet"),
        ("The fox asked for more bus lanes.", "path"),
        ("The fox ran along Bridge Street.", "bridge"),
        ("城墙上再也没有战马和弓箭。", "马"),
        ("城墙上再也没有战马和弓箭。", "弓箭"),
        ("中火炒出汁水。", "火，"),
        ("中火炒出汁水。", "水面"),
    ],
)
def test_what_is_not_there_is_not_shown(text: str, unseen: str) -> None:
    assert unseen not in f"{image(text)}，"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sometimes the moon is round like a plate, and it is as thin as a fingernail.", "moon"),
        ("The gnu is as tall as a tower and shines like a lamp.", "The gnu is and shines."),
        ("它像一枚银币，很亮。", "它，很亮。"),
        ("加半勺糖。", "白糖"),
        ("用小火煮。", "炉灶"),
        ("商队牵着骆驼。", "驼队，骆驼"),
    ],
)
def test_what_is_shown_of_a_text_with_figures_of_speech(text: str, shown: str) -> None:
    assert image(text) == shown


def test_what_a_chinese_sentence_begins_with_acts() -> None:
    shown = motion("小朋友看雨。", "云里的水滴越来越重，就落下来。")
    assert "孩子" not in shown


def test_no_person_is_meant_by_it() -> None:
    assert "astronaut" not in image("An astronaut laughed.", "A fox drew it again.")
    assert "科学家" not in image("科学家笑了。", "太阳一照，它在河里。")
    assert "robot" in image("A robot laughed.", "It ran into the forest.")


def test_the_sun_does_not_shine_on_in_the_rain() -> None:
    assert "sun" not in image("The sun shone on the sea.", "Rain fell on the sea.")


TALK = "Mara: Is this seat free?\n\nJon: It is. I kept it for my umbrella.\n\nMara: Thank you."


def test_two_who_speak_are_two_people_who_talk() -> None:
    shown = planned(text=TALK).scenes[0].image_prompt
    assert shown == "woman talking, man, umbrella"


def test_a_speaker_of_the_user_s_own_stays_their_own() -> None:
    mara = CharacterProfile(name="Mara", description="a grey cat")
    assert planned(text=TALK, characters=[mara]).scenes[0].image_prompt.startswith("Mara")


def test_a_recipe_s_labels_are_nobody() -> None:
    text = "Ingredients: two eggs and some salt.\n\nMethod: boil the eggs in a pan.\n\nNote: salt them."
    assert all("man" not in scene.image_prompt for scene in planned(text=text).scenes)

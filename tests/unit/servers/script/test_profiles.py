"""Characters with profiles: found by their words, carried by scenes, and told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.imagegen.v1.imagegen_pb2 import Lora
from reelmesh.script.v1.script_pb2 import CharacterProfile, Scene, SceneDraft
from tests.unit.servers.script.asking import planned, refusal

FACE = Asset(digest="f" * 64, media_type="image/png")
MIRA = CharacterProfile(
    name="Mira",
    aliases=["the baker's girl"],
    description="a girl of nine in a yellow raincoat",
    reference_image=FACE,
    loras=[Lora(name="mira", weight=0.8)],
    seed=77,
)
REX = CharacterProfile(name="Rex", description="a small red fox", loras=[Lora(name="rex"), Lora(name="mira")])
HONG = CharacterProfile(name="小红", aliases=["红红"], description="穿黄色雨衣的女孩")

GIRL = "Mira: a girl of nine in a yellow raincoat"


def scenes(*texts: str, **fields: object) -> list[Scene]:
    fields.setdefault("characters", [MIRA, REX, HONG])
    return list(planned(scenes=[SceneDraft(text=text) for text in texts], **fields).scenes)


@pytest.mark.parametrize(
    ("texts", "character", "prompt"),
    [
        (["Mira ran home."], GIRL, "Mira running"),
        (["MIRA ran home."], "", ""),
        (["Admiral Miracle ran home."], "", ""),
        (["Then Mira's dog barked."], f"{GIRL}; dog", "Mira, dog"),
        (["The baker's girl jumped."], GIRL, "Mira jumping"),
        (["Mira met a king.", "She laughed."], GIRL, "Mira laughing"),
        (["Rex met Mira.", "It jumped."], "Rex: a small red fox", "Rex jumping"),
        (["Rex met Mira.", "They jumped."], f"Rex: a small red fox; {GIRL}", "Rex jumping, Mira"),
        (["那天小红跑回家。"], "小红: 穿黄色雨衣的女孩", "小红跑"),
        (["红红遇见国王。", "她笑了。"], "小红: 穿黄色雨衣的女孩", "小红笑"),
    ],
)  # fmt: skip
def test_who_is_in_a_scene(texts: list[str], character: str, prompt: str) -> None:
    scene = scenes(*texts)[-1]
    assert scene.character == character
    assert scene.image_prompt.startswith(prompt)


def test_a_scene_carries_what_its_characters_have() -> None:
    both, fox, nobody = scenes("Rex met Mira.", "Rex slept.", "It rained on the hills all day long.")
    assert both.reference_image == FACE
    assert [lora.name for lora in both.loras] == ["rex", "mira"]
    assert both.loras[1].HasField("weight") is False, "the first who has it says how strong it is"
    assert not fox.HasField("reference_image")
    assert (nobody.character, list(nobody.loras)) == ("", [])


def test_seeds_of_looks() -> None:
    one, two, three, four = scenes("Mira ran.", "A wolf came.", "Mira slept.", "The wolf saw Mira.")
    assert one.character_seed == three.character_seed == 77
    assert two.character_seed == four.character_seed != 77
    other = scenes("A wolf came.", seed=5)[0]
    assert other.character_seed != two.character_seed
    assert scenes("Rex ran.")[0].character_seed != scenes("Rex ran.", seed=5)[0].character_seed


def test_the_text_s_own_characters_are_described_as_it_does() -> None:
    first, second = scenes("An old grey wolf came.", "The wolf slept.", characters=[])
    assert first.character == second.character == "old grey wolf"
    assert [one.character for one in scenes("一只小麻雀飞来。", "麻雀睡了。", characters=[])] == [
        "小麻雀"
    ] * 2


@pytest.mark.parametrize(
    ("profiles", "field"),
    [
        ([MIRA, CharacterProfile(name="mira")], "characters[1].name"),
        ([MIRA, CharacterProfile(name="A", aliases=["Mira"])], "characters[1].aliases[0]"),
        ([CharacterProfile(name="?!")], "characters[0].name"),
        ([CharacterProfile(name="A\x07")], "characters[0].name"),
        ([CharacterProfile(name="A", description="a\x07")], "characters[0].description"),
        ([CharacterProfile(name="A", aliases=["A", "a"])], ""),
    ],
)
def test_what_can_not_be_told_apart_is_refused(profiles: list[CharacterProfile], field: str) -> None:
    assert refusal(text="He ran.", characters=profiles) == field


def test_no_more_loras_than_an_engine_takes() -> None:
    many = [
        CharacterProfile(name=name, loras=[Lora(name=f"{name}{number}") for number in range(5)])
        for name in ("Uma", "Odo")
    ]
    plan = planned(text="Uma met Odo.", characters=many)
    assert len(plan.scenes[0].loras) == 8
    assert [line for line in plan.provenance.warnings if "Odo4" in line]


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_any_name_is_found_or_refused(names: list[str], text: str) -> None:
    profiles = [CharacterProfile(name=name) for name in names]
    if refusal(text="He ran.", characters=profiles):
        return
    [scene] = planned(scenes=[SceneDraft(text=f"He ran. {text}")], characters=profiles).scenes
    assert len(scene.character) <= 2000


def test_a_name_s_own_words_are_no_other_nouns() -> None:
    profile = CharacterProfile(name="Captain Fox", description="a boy with a hat")
    scene = scenes("Captain Fox slept on the beach.", characters=[profile])[0]
    assert scene.image_prompt == "Captain Fox sleeping, beach"

"""The gazetteer against those who read its words: the painter, and the moving camera."""

from __future__ import annotations

import pytest

from servers.imagegen.painting import vocabulary
from servers.script.lexicon import LEXICON, Noun, simplified
from servers.script.nouns import read

NOUNS = sorted(
    {*LEXICON.english.values(), *LEXICON.chinese.values()}, key=lambda noun: (noun.kind, noun.english)
)

# Words of these kinds that the painter has no figure for: a prompt may hold them, a painted picture will not.
UNPAINTED = {
    "animal": """badger bat beaver bee beetle camel cicada clam coral crab crocodile dinosaur dolphin dragon
    dragonfly eel firefly flamingo fly giraffe gorilla grasshopper gull hamster hedgehog hippo
    hummingbird jellyfish kangaroo koala lizard magpie mammoth mantis mole mosquito moth mule
    nightingale octopus ostrich otter owl panda penguin phoenix rhino scorpion seal shark shrimp
    snail spider squirrel starfish stork turkey unicorn vulture wasp whale woodpecker worm yak
    zebra""",
    "plant": """bean_sprout chrysanthemum clover corn cotton daisy dandelion fern ginkgo hedge ivy lavender
    leaf lily log lotus moss orchid peony poplar rice_plant root rose seaweed seed sunflower trunk
    tulip""",
    "weather": "blizzard drought frost hail heatwave ice tornado",
    "season": "",
    "time": "",
}


def painted(words: str) -> set[tuple[str, str]]:
    """What the painter would paint for some words."""
    return {(one.group, one.name) for one in vocabulary.mentions(words) if one.group != "action"}


@pytest.mark.parametrize("kind", UNPAINTED)
def test_the_painter_knows_what_the_lexicon_names(kind: str) -> None:
    strange = {noun.english.replace(" ", "_") for noun in NOUNS if noun.kind == kind and not one_thing(noun)}
    assert strange <= set(UNPAINTED[kind].split())


def one_thing(noun: Noun) -> bool:
    """True when the painter paints something for the English word, and the same for the Chinese."""
    return bool(painted(noun.english)) and painted(noun.english) == painted(noun.chinese)


@pytest.mark.parametrize(
    "word", ["fox", "grape", "vine", "forest", "night", "snow", "autumn", "sun", "house"]
)
def test_words_of_fables_are_painted_alike_in_both_languages(word: str) -> None:
    assert one_thing(LEXICON.english[word])


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.english)
def test_every_word_is_found_by_itself(noun: Noun) -> None:
    assert noun in [one.entry for one in read(f"the {noun.english}")]
    assert noun in [one.entry for one in read(noun.chinese)]


def test_tables_are_well_formed() -> None:
    assert all(word == word.strip().lower() for word in (*LEXICON.english, *LEXICON.english_actions))
    assert all(word and word == simplified(word) for word in (*LEXICON.chinese, *LEXICON.chinese_actions))
    assert len({noun.english for noun in NOUNS}) == len(NOUNS)
    assert len({noun.chinese for noun in NOUNS}) == len(NOUNS)
    assert not LEXICON.english.keys() & LEXICON.english_actions.keys() - LEXICON.doubtful

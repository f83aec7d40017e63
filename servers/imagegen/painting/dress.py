"""Who people are by what they wear: clothes, hair, hats and what they hold."""

from __future__ import annotations

import dataclasses
import random


@dataclasses.dataclass(frozen=True)
class Dress:
    """What makes one kind of person. A grown man is about 150 units high."""

    robe: str
    trousers: str = "#4a4352"
    hair: str = "#2f2522"
    size: float = 1.0
    long: bool = False
    """A dress or a robe down to the ankles."""
    wears: str = ""
    """On the head: hat, crown, bun, braid, long, helmet, beard, hood, glasses, toque, cap, hardhat, beret,
    cone, mian, gat. On the body: coat, apron, suit, sash, stethoscope, pack, vest, scarf."""
    holds: str = ""
    """What is always in the hand: stick, spear, hoe, book, spoon, pen, mic, flask, brush, tool, bag."""
    skin: str = "#e6b48c"
    under: str = "#7fa6bf"
    """Colour of what shows under a coat, of a tie, a cap."""


PEOPLE: dict[str, Dress] = {
    "man": Dress("#4f6d8f"),
    "woman": Dress("#b8506a", long=True, wears="long"),
    "boy": Dress("#d98c3f", size=0.68),
    "girl": Dress("#d9687a", size=0.68, long=True, wears="braid"),
    "child": Dress("#cf7a45", size=0.66),
    "old man": Dress("#7a6f63", hair="#e8e4dc", wears="beard", holds="stick", long=True, size=0.95),
    "old woman": Dress("#6f5a6e", hair="#e2ded8", wears="bun", holds="stick", long=True, size=0.92),
    "farmer": Dress("#7d8b55", "#5b5044", wears="hat", holds="hoe"),
    "fisherman": Dress("#5b7f86", "#5b5044", wears="hat"),
    "shepherd": Dress("#8a7a5a", "#5b5044", wears="hood", holds="stick"),
    "hunter": Dress("#5f6b45", "#463d34", wears="hood", holds="spear"),
    "king": Dress("#8f2f3f", long=True, wears="crown beard", size=1.05),
    "queen": Dress("#6b3f7f", long=True, wears="crown bun"),
    "prince": Dress("#3f5f9f", wears="crown"),
    "princess": Dress("#c76a94", long=True, wears="crown braid", size=0.94),
    "soldier": Dress("#7a3f3a", "#4a4a50", wears="helmet", holds="spear"),
    "scholar": Dress("#5d7a8c", long=True, wears="bun beard", holds="book"),
    "monk": Dress("#c98a3a", long=True, hair="#e6b48c"),
    "emperor": Dress("#d8a02c", long=True, wears="mian beard", size=1.05),
    "minister": Dress("#7a2f3f", long=True, wears="gat beard", holds="book"),
    "doctor": Dress("#f4f4ef", "#56687a", wears="coat stethoscope glasses", under="#6fa8b8"),
    "nurse": Dress("#a9d0d6", long=True, wears="bun", holds="book"),
    "teacher": Dress("#4f7f7a", "#4a4352", wears="glasses suit", holds="book"),
    "chef": Dress("#f7f4ec", "#4a4352", wears="toque scarf apron"),
    "scientist": Dress("#f4f4ef", "#4a5a6a", wears="coat glasses", holds="flask", under="#b8a04a"),
    "mayor": Dress("#3a4458", "#2f3644", wears="suit sash", under="#b8403a"),
    "official": Dress("#3f4a60", "#2f3644", wears="suit", holds="bag", under="#b8403a"),
    "reporter": Dress("#7f6fa0", "#4a4352", wears="long suit", holds="mic", under="#d9a53c"),
    "driver": Dress("#4f6d8f", "#3a4250", wears="cap suit", under="#33415a"),
    "police": Dress("#34507f", "#2a3a58", wears="cap", under="#22345a"),
    "worker": Dress("#e0902c", "#4a5a6a", wears="hardhat vest", holds="tool", under="#f2c83c"),
    "firefighter": Dress("#b8502c", "#4a4038", wears="hardhat vest", under="#d9402e"),
    "student": Dress("#5f8fc0", size=0.82, wears="pack"),
    "astronaut": Dress("#eef0f2", wears="bubble"),
    "painter": Dress("#8a6f9a", wears="beret", holds="brush", under="#a8303a"),
    "singer": Dress("#c2456a", long=True, wears="long", holds="mic"),
    "dancer": Dress("#d9607a", long=True, wears="bun"),
    "player": Dress("#d9503c", "#f4f2ec"),
    "sailor": Dress("#f4f4ef", "#3f5a86", wears="cap scarf", under="#f4f4ef"),
    "witch": Dress("#4a3f6a", long=True, wears="cone long", holds="stick", under="#3a3156"),
    "fairy": Dress("#f0b4c8", long=True, wears="crown long", holds="stick"),
    "merchant": Dress("#7a5a8a", long=True, wears="beard", holds="bag"),
}
_DARK = "#2f2522"
_HAIR = ("#2f2522", "#2f2522", "#3f2d22", "#5a3a26", "#1f1c20")
_SKIN = ("#e6b48c", "#edc09a", "#f0c8a4", "#dca77c", "#c98f66")
_CLOTHS = (
    "#4f6d8f",
    "#b8506a",
    "#5f8a6a",
    "#c8803f",
    "#7a6a9a",
    "#3f7f8a",
    "#a8503f",
    "#d09a3c",
    "#6f7f4f",
    "#c76a94",
)
_EVERYDAY = (
    "man",
    "woman",
    "boy",
    "girl",
    "child",
    "student",
    "dancer",
    "singer",
    "player",
    "merchant",
    "teacher",
)


def dressed(kind: str, looks: random.Random) -> Dress:
    """How one person of a kind is dressed: everyday clothes, hair and skin are drawn."""
    dress = PEOPLE[kind]
    cloth, hair, skin = looks.choice(_CLOTHS), looks.choice(_HAIR), looks.choice(_SKIN)
    changed = dataclasses.replace(dress, skin=skin)
    if dress.hair == _DARK:
        changed = dataclasses.replace(changed, hair=hair)
    if kind == "monk":
        changed = dataclasses.replace(changed, hair=skin)
    if kind in _EVERYDAY:
        changed = dataclasses.replace(changed, robe=cloth)
    return changed

"""Who speaks in a dialogue that names the speaker before each line: "Mara: Is this seat free?"."""

from __future__ import annotations

from collections import Counter

from servers.script.lexicon import LEXICON, Noun
from servers.script.nouns import Figure, read
from servers.script.paragraphs import label_of

_WOMEN = ("woman", "girl", "old woman")
_MEN = ("man", "boy", "old man")


def speakers(text: str) -> list[Figure]:
    """The people of a dialogue whose names the lexicon does not know, in the order in which they speak.

    There are at least two, and one of them speaks twice: "Ingredients:" and "Note:" name nobody. A text does
    not say who is a man and who a woman: a name that ends in "a" is taken for hers, and else they alternate.
    """
    labels = Counter(label for label in map(label_of, text.split("\n")) if label)
    if len(labels) < 2 or max(labels.values()) < 2:
        return []
    women, men = list(_WOMEN), list(_MEN)
    found: list[Figure] = []
    hers = False
    for label in labels:
        if any(isinstance(one.entry, Noun) for one in read(label)):
            continue
        hers = not hers or (len(label) > 1 and label.endswith("a"))
        kinds = (women if hers else men) or women or men
        if kinds:
            found.append(Figure(LEXICON.english[kinds.pop(0)], (label,)))
    return found

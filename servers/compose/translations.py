"""A translation beside the captions of what is spoken: which part of it stands with which caption.

Where both have as many sentences, each stands with its own; within a sentence, and where they have not, the
translation is shared out by length, broken where a line may be broken.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from servers.compose.lines import Caption, breaks, ends_sentence, line_text, sentences
from servers.compose.words import Piece, Word, pieces

_UNEVEN = 3.0
"""How bad it is to break a whole caption's length away from where the lengths say."""


def shared_out(text: str, captions: Sequence[Caption]) -> list[str]:
    """The part of a text that stands with each caption; empty where there is not enough of it."""
    laid = unspoken(text)
    groups = _groups(captions)
    told = sentences(laid)
    if len(told) != len(groups):
        groups, told = [list(captions)], [laid]
    parts: list[str] = []
    for group, sentence in zip(groups, told, strict=True):
        parts += _parts(sentence, [max(1, len(caption.text)) for caption in group])
    return parts


def unspoken(text: str) -> list[Piece]:
    """The pieces of a text that no word times are known of."""
    return pieces(text, [Word(text, 0.0, 0.0, 0, len(text))]) if text.strip() else []


def _groups(captions: Sequence[Caption]) -> list[list[Caption]]:
    """Captions by the sentences they say."""
    groups: list[list[Caption]] = []
    whole = True
    for caption in captions:
        if whole:
            groups.append([])
        groups[-1].append(caption)
        whole = ends_sentence(caption.text)
    return groups


def _parts(laid: Sequence[Piece], weights: Sequence[int]) -> list[str]:
    lengths = list(itertools.accumulate(len(piece.text) for piece in laid))
    if not lengths:
        return [""] * len(weights)
    bad = breaks(laid)
    cuts = [0]
    usual = lengths[-1] / len(weights)
    for index, weight in enumerate(itertools.accumulate(weights[:-1]), start=1):
        wanted = lengths[-1] * weight / sum(weights)
        last = max(cuts[-1], len(laid) - (len(weights) - index))
        places = range(min(cuts[-1] + 1, last), last + 1)
        cuts.append(min(places, key=lambda at: _UNEVEN * abs(lengths[at - 1] - wanted) / usual + bad[at]))
    return [line_text(laid[begin:end]) for begin, end in itertools.pairwise([*cuts, len(laid)])]

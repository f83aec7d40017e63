"""Where text that is written without spaces may be broken: Chinese between words, Japanese between phrases,
Thai between words.

Chinese words are found by jieba's dictionary, Japanese phrases and Thai words by BudouX' models. Each is
loaded when the first text of its language comes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence

from servers.chassis.text import is_han, is_kana

_FOLLOWS = frozenset("的 地 得 了 着 过 们 吗 呢 吧 啊 呀 嘛 里 上 下 中 著 過 們 嗎 裡".split())
"""Words that stand with the word before them."""
_LEADS = frozenset("不 没 沒 很 太 最 更 也 都 就 把 被 在 从 從 向 对 對 和 与 與 这 這 那 每".split())
"""Words that stand with the word after them."""

Split = Callable[[str], Sequence[str]]


def starts(text: str) -> frozenset[int]:
    """The places in a text at which a line may begin, apart from those behind a space."""
    split = _splitter(text)
    if split is None:
        return frozenset()
    runs = split(text)
    places = list(itertools.accumulate((len(run) for run in runs), initial=0))
    return frozenset(
        place
        for place, before, after in zip(places[1:], runs, runs[1:], strict=False)
        if after not in _FOLLOWS and before not in _LEADS
    )


def _splitter(text: str) -> Split | None:
    if any(map(is_kana, text)):
        return _japanese()
    if any(map(is_han, text)):
        return _chinese()
    if any("\u0e01" <= char <= "\u0e5b" for char in text):
        return _thai()
    return None


@functools.cache
def _chinese() -> Split:
    import rjieba

    def split(text: str) -> Sequence[str]:
        return list(rjieba.cut(text))

    return split


@functools.cache
def _japanese() -> Split:
    import budoux

    return budoux.load_default_japanese_parser().parse


@functools.cache
def _thai() -> Split:
    import budoux

    return budoux.load_default_thai_parser().parse

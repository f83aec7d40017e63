"""What FunASR answers, as segments with words. Pure.

Its answers come in several shapes (source: funasr/auto/auto_model.py and utils/timestamp_tools.py): sentences
with their words' times and speakers, or one text with the times of its tokens; tags of SenseVoice within the
text; seconds in place of milliseconds from newer models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from servers.chassis.media.alignment.spreading import spread
from servers.chassis.text import is_cjk
from servers.chassis.words import words_of

_TAG = re.compile(r"<\|([^|<>]*)\|>")
_LANGUAGES = {"zh": "zh", "en": "en", "yue": "yue", "ja": "ja", "ko": "ko"}
_LONGEST_TEXT = 20_000

Segment = dict[str, Any]
"""text, start, end (seconds), speaker ("" for unknown), words: [text, char_start, char_end, start, end]."""


def segments_of(answer: Sequence[Mapping[str, Any]], seconds: float) -> tuple[list[Segment], str]:
    """The segments of a recording of that length, and the language that a tag names ("" for none)."""
    found: list[Segment] = []
    language = ""
    for part in answer:
        for tag in _TAG.findall(str(part.get("text") or "")):
            language = language or _LANGUAGES.get(tag, "")
        rows = part.get("sentence_info") or [part]
        for row in rows:
            segment = _segment(row, seconds)
            if segment is not None:
                found.append(segment)
    return found, language


def _segment(row: Mapping[str, Any], seconds: float) -> Segment | None:
    text = _plain(str(row.get("text") or row.get("sentence") or ""))[:_LONGEST_TEXT]
    if not any(char.isalnum() for char in text):
        return None
    times = _times(row)
    start = float(row["start"]) / 1000 if "start" in row else (times[0][0] if times else 0.0)
    end = float(row["end"]) / 1000 if "end" in row else (times[-1][1] if times else seconds)
    start, end = max(0.0, min(start, seconds)), max(0.0, min(end, seconds))
    words = words_of(text)
    told = {}
    if len(times) == len(words):
        told = {at: (first, last, 0.0) for at, (first, last) in enumerate(times)}
    elif times:
        told = _by_share(len(words), times)
    told = {at: (max(first, start), min(last, end), 0.0) for at, (first, last, _) in told.items()}
    told = {at: one for at, one in told.items() if one[0] < one[1]}
    placed = spread([one.end - one.start for one in words], _shifted(told, -start), max(end - start, 0.0))
    return {
        "text": text,
        "start": start,
        "end": max(start, end),
        "speaker": f"speaker-{int(row['spk']) + 1}" if row.get("spk") is not None else "",
        "words": [
            [text[one.start : one.end], one.start, one.end, start + first, start + last]
            for one, (first, last, _) in zip(words, placed, strict=True)
        ],
    }


def _times(row: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Start and end of each token in seconds."""
    if row.get("timestamp"):
        return [(float(first) / 1000, float(last) / 1000) for first, last, *_ in row["timestamp"]]
    return [
        (float(one["start_time"]), float(one["end_time"]))
        for one in row.get("timestamps") or ()
        if str(one.get("token", "x")).strip()
    ]


def _by_share(count: int, times: Sequence[tuple[float, float]]) -> dict[int, tuple[float, float, float]]:
    """Times for words where tokens are other than words: each takes its share of them."""
    found = {}
    for at in range(count):
        first = at * len(times) // count
        last = max(first, (at + 1) * len(times) // count - 1)
        found[at] = (times[first][0], times[last][1], 0.0)
    ordered: dict[int, tuple[float, float, float]] = {}
    latest = 0.0
    for at, (start, end, confidence) in found.items():
        if end > latest:
            ordered[at] = (max(start, latest), end, confidence)
            latest = end
    return ordered


def _shifted(
    told: Mapping[int, tuple[float, float, float]], by: float
) -> dict[int, tuple[float, float, float]]:
    return {at: (first + by, last + by, confidence) for at, (first, last, confidence) in told.items()}


def _plain(text: str) -> str:
    """A text without tags and without the spaces that FunASR puts between Chinese characters."""
    bare = " ".join(_TAG.sub(" ", text).split())
    kept = [
        char
        for at, char in enumerate(bare)
        if char != " " or not (is_cjk(bare[at - 1]) or is_cjk(bare[at + 1 : at + 2] or "a"))
    ]
    return "".join(kept)

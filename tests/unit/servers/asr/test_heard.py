"""FunASR's answers in all of their shapes become segments with words."""

from __future__ import annotations

from typing import Any

import pytest

from servers.asr.heard import segments_of


def test_sentences_with_speakers() -> None:
    rows = [
        {"text": "你好，", "start": 430, "end": 900, "timestamp": [[430, 670], [670, 810]], "spk": 0},
        {"sentence": "hello world", "start": 1000, "end": 1900, "spk": 1},
    ]
    segments, language = segments_of([{"key": "a", "text": "x", "sentence_info": rows}], 5.0)
    assert language == ""
    assert [one["speaker"] for one in segments] == ["speaker-1", "speaker-2"]
    assert segments[0]["words"] == [["你", 0, 1, 0.43, 0.67], ["好", 1, 2, 0.67, 0.81]]
    assert [word[0] for word in segments[1]["words"]] == ["hello", "world"]
    assert (segments[1]["words"][0][3], segments[1]["words"][1][4]) == (1.0, 1.9)


def test_tags_are_taken_out_and_tell_the_language() -> None:
    text = "<|zh|><|NEUTRAL|><|Speech|><|withitn|>今天 3 点。"
    segments, language = segments_of([{"text": text, "timestamp": []}], 2.0)
    assert (segments[0]["text"], language) == ("今天3点。", "zh")
    assert [word[0] for word in segments[0]["words"]] == ["今", "天", "3", "点"]
    assert (segments[0]["start"], segments[0]["end"]) == (0.0, 2.0)


def test_seconds_of_newer_models() -> None:
    times = [
        {"token": "a", "start_time": 0.5, "end_time": 0.7},
        {"token": "b", "start_time": 0.8, "end_time": 1},
    ]
    segments, _ = segments_of([{"text": "a b", "timestamps": times}], 2.0)
    assert segments[0]["words"] == [["a", 0, 1, 0.5, 0.7], ["b", 2, 3, 0.8, 1.0]]


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_other_tokens_than_words_share_the_time(count: int) -> None:
    times = [[100 * at, 100 * at + 90] for at in range(count)]
    segments, _ = segments_of([{"text": "one two three", "timestamp": times}], 2.0)
    words = segments[0]["words"]
    assert [word[0] for word in words] == ["one", "two", "three"]
    edges = [edge for word in words for edge in word[3:]]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    "answer", [[], [{"text": "", "timestamp": []}], [{"text": "x。", "sentence_info": []}]]
)
def test_nothing_or_little_was_said(answer: list[dict[str, Any]]) -> None:
    segments, _ = segments_of(answer, 1.0)
    assert [one["text"] for one in segments] == (["x。"] if answer and answer[0]["text"] == "x。" else [])

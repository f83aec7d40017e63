"""Fonts: found by family, read for their characters and widths."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from servers.chassis.errors import FailedPrecondition
from servers.chassis.media.fonts import default_font, find_font, font_stack, lacks_glyphs, missing_characters
from servers.chassis.media.sfnt import BadFont, FontFile


def test_the_default_font_has_latin_han_and_their_punctuation() -> None:
    text = "The fox, “狐狸” (re)read: Überraschung, Ёлка; αβγ 3½ — 假虎威，。！？「」、\u3000\n\t"
    assert missing_characters(default_font(), text) == []


def test_missing_characters_are_named_once_and_in_order() -> None:
    assert missing_characters(default_font(), "a😀b한😀\u200d\ufe0f") == ["😀", "한"]


@given(st.text(st.sampled_from("The quick brown fox 0123 狐假虎威，。“”ñ—"), min_size=1, max_size=30))
def test_widths_are_those_that_freetype_measures(text: str) -> None:
    font = default_font()
    drawn = ImageFont.truetype(str(font.path), 1000, layout_engine=ImageFont.Layout.BASIC)
    assert font.width(text) * 1000 == pytest.approx(drawn.getlength(text, features=None), rel=0.06, abs=8)


def test_the_box_is_that_of_the_fonts_windows_metrics() -> None:
    assert 1.2 < default_font().file.box() < 1.6


def test_a_font_is_found_by_its_family_in_a_folder_of_the_settings(tmp_path: Path) -> None:
    pack = pytest.importorskip("pylopdf_fonts_zh_cn")
    (tmp_path / "deep").mkdir()
    shutil.copy(pack.serif_path(), tmp_path / "deep" / "any-name.otf")
    (tmp_path / "broken.ttf").write_bytes(b"OTTO" + bytes(40))
    found = find_font("noto serif sc", (tmp_path,))
    assert found.path == tmp_path / "deep" / "any-name.otf"
    assert found.family == "Noto Serif SC"


def test_a_family_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(FailedPrecondition, match="Comic Nothing"):
        find_font("Comic Nothing")


def test_a_stack_cuts_a_text_where_the_font_changes() -> None:
    text = "Fox 🦊 and שלום לך, 한국어 \U00013000"
    stack = font_stack(default_font(), text)
    runs = [(font.family, run) for font, run in stack.runs(text)]
    assert "".join(run for _, run in runs) == text
    assert ("Noto Emoji", "🦊") in runs, "the space behind it is the first font's"
    assert ("Noto Sans Hebrew", "שלום לך") in runs
    assert any(family == "Noto Sans KR" and "한국어" in run for family, run in runs)
    assert stack.missing(text) == ["\U00013000"]
    assert stack.width("Fox 🦊") > stack.width("Fox ") > 0
    assert font_stack(default_font(), "plain").others == ()


def test_a_refusal_names_the_characters() -> None:
    assert "😀 (U+1F600)" in lacks_glyphs(default_font(), ["😀"]).message


@given(st.binary(max_size=400))
def test_any_bytes_are_a_font_or_refused(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "font.ttf"
        path.write_bytes(b"\x00\x01\x00\x00" + content)
        with pytest.raises(BadFont):
            FontFile(path)

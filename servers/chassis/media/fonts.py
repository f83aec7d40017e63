"""Which fonts to draw with: the one that came with reelmesh, or one found by the name of its family, and
others for the characters that it lacks (emoji, Arabic, Hebrew, Thai, the scripts of India and more).

Fonts are looked for in the folders of the settings and of the system, by the names inside the files; no
fontconfig is needed.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_FONT, Missing
from servers.chassis.errors import FailedPrecondition
from servers.chassis.media.sfnt import BadFont, FontFile

_DEFAULT_FAMILY = "Noto Sans SC"
_COMPANIONS = (("manimgx_fonts", "*.ttf"), ("pylopdf_fonts_ko", "NotoSansKR-Regular.otf"))
"""Packages of fonts, and which of their files are used."""
_SUFFIXES = (".ttf", ".otf", ".ttc")
_MOST_FILES = 5000
_JOINERS = frozenset("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f")
"""Characters that draw nothing themselves and that fonts need not have."""


@dataclass(frozen=True)
class Font:
    """One font file and the name by which renderers find it."""

    path: Path
    family: str

    @functools.cached_property
    def file(self) -> FontFile:
        """The file's tables, mapped when first asked for."""
        return FontFile(self.path)

    @property
    def fingerprint(self) -> str:
        """Changes when another font would be drawn with: name and size of the file."""
        return f"{self.family}/{self.path.name}/{self.path.stat().st_size}"

    def width(self, text: str) -> float:
        """Width of a text set in one line, as a share of the font's size; kerning is left out."""
        return sum(0.0 if is_invisible(char) else self.file.advance(char) for char in text)


@functools.cache
def default_font() -> Font:
    """The font that came with reelmesh: Latin, Greek, Cyrillic, kana and Han.

    Raises:
        FailedPrecondition: its package is not installed.
    """
    try:
        import pylopdf_fonts_zh_cn
    except ImportError as error:
        raise _lacking(_DEFAULT_FAMILY, 'pip install "reelmesh[mesh]"') from error
    return Font(Path(pylopdf_fonts_zh_cn.sans_path()), _DEFAULT_FAMILY)


def find_font(family: str, folders: Sequence[Path] = ()) -> Font:
    """The font of a family, looked for in `folders` first and in the system's folders then.

    Raises:
        FailedPrecondition: there is none; the details say what to do.
    """
    if not family or family.casefold() == _DEFAULT_FAMILY.casefold():
        return default_font()
    found = _families((*folders, *system_folders())).get(family.casefold())
    if found is None:
        raise _lacking(family, f"install the font {family}, or name another one")
    return found


@dataclass(frozen=True)
class FontStack:
    """A font, and others for what it lacks: a character is drawn with the first that has it."""

    first: Font
    others: tuple[Font, ...] = ()

    def font_of(self, char: str) -> Font | None:
        """The font that draws a character; None where none has it."""
        return next((font for font in (self.first, *self.others) if font.file.has(char)), None)

    def width(self, text: str) -> float:
        """Width of a text set in one line, as a share of the fonts' size; kerning is left out."""
        return sum(self._advance(char) for char in text)

    def runs(self, text: str) -> list[tuple[Font, str]]:
        """The text cut where the font changes. What draws nothing, and what no font has, stays with the
        character before it."""
        runs: list[tuple[Font, str]] = []
        for char in text:
            found = None if is_invisible(char) else self._preferred(char, runs)
            font = found or (runs[-1][0] if runs else self.first)
            if runs and runs[-1][0] == font:
                runs[-1] = (font, runs[-1][1] + char)
            else:
                runs.append((font, char))
        return runs

    def missing(self, text: str) -> list[str]:
        """The characters that none of the fonts has, each once, in order."""
        return [char for char in missing_characters(self.first, text) if self.font_of(char) is None]

    def _advance(self, char: str) -> float:
        if is_invisible(char):
            return 0.0
        return (self.font_of(char) or self.first).file.advance(char)

    def _preferred(self, char: str, runs: Sequence[tuple[Font, str]]) -> Font | None:
        """A space between words of another script is drawn with that script's font, so that its words are
        shaped and turned together; behind a sign, such as an emoji, it is the first font's."""
        if char == " " and runs and runs[-1][1][-1].isalpha() and runs[-1][0].file.has(char):
            return runs[-1][0]
        return self.font_of(char)


def font_stack(first: Font, text: str, folders: Sequence[Path] = ()) -> FontStack:
    """A font with those others that a text needs: of the ones that came with reelmesh first, then of
    `folders`, then of the system's."""
    stack = FontStack(first)
    lacking = missing_characters(first, text)
    if not lacking:
        return stack
    for font in _others((*folders, *system_folders())):
        if any(font.file.has(char) for char in lacking):
            stack = FontStack(first, (*stack.others, font))
            lacking = stack.missing(text)
            if not lacking:
                break
    return stack


def _others(folders: tuple[Path, ...]) -> Iterator[Font]:
    yield from _companions()
    yield from dict.fromkeys(_families(folders).values())


@functools.cache
def _companions() -> tuple[Font, ...]:
    """One font for each script that the default font lacks. Of a package that is not installed there are
    none: then what is lacking is left out, and told."""
    fonts: list[Font] = []
    for name, pattern in _COMPANIONS:
        package = importlib.util.find_spec(name)
        folders = (package and package.submodule_search_locations) or ()
        for path in sorted(path for folder in folders for path in Path(folder).glob(pattern)):
            if "Italic" not in path.name and (names := FontFile(path).families()):
                fonts.append(Font(path, names[0]))
    return tuple(fonts)


def companions_fingerprint() -> str:
    """Changes when other fonts would be drawn with where the first one lacks a character."""
    return "+".join(f"{font.path.name}/{font.path.stat().st_size}" for font in _companions()) or "none"


def missing_characters(font: Font, text: str) -> list[str]:
    """The characters of a text that a font has no glyph for, each once, in order. Spaces count as had."""
    return [char for char in dict.fromkeys(text) if not is_invisible(char) and not font.file.has(char)]


def is_invisible(char: str) -> bool:
    """Whether a character draws nothing: controls, line ends, joiners and variation selectors."""
    if char in _JOINERS or unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
        return True
    return 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF


def lacks_glyphs(font: Font, missing: Iterable[str]) -> FailedPrecondition:
    """The refusal of a font that was asked for and lacks glyphs: it names them."""
    named = ", ".join(f"{char} (U+{ord(char):04X})" for char in list(missing)[:12])
    return FailedPrecondition(
        f"the font {font.family} has no glyph for {named}",
        missing=[
            Missing(
                kind=MISSING_KIND_FONT,
                name=font.family,
                remedy=f"name another font, or leave it out for {_DEFAULT_FAMILY}; lacking: {named}",
            )
        ],
    )


def system_folders() -> tuple[Path, ...]:
    """Where systems keep their fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    return (data / "fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


@functools.lru_cache(maxsize=8)
def _families(folders: tuple[Path, ...]) -> dict[str, Font]:
    """Every family by its case-folded name; earlier folders before later, regular faces before others."""
    found: dict[str, Font] = {}
    for path in _files(folders):
        try:
            names = FontFile(path).families()
        except BadFont:
            continue
        for name in names:
            known = found.get(name.casefold())
            if known is None or ("regular" in path.stem.lower() and known.path.parent == path.parent):
                found[name.casefold()] = Font(path, name)
    return found


def _files(folders: tuple[Path, ...]) -> list[Path]:
    files = [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SUFFIXES and path.is_file()
    ]
    return files[:_MOST_FILES]


def _lacking(family: str, remedy: str) -> FailedPrecondition:
    missing = Missing(kind=MISSING_KIND_FONT, name=family, remedy=remedy)
    return FailedPrecondition(f"there is no font {family}", missing=[missing])

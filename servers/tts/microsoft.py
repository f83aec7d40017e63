"""Voices of Microsoft, which Azure and Edge offer under the same names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reelmesh.tts.v1 import tts_pb2
from servers.chassis.errors import InvalidArgument

_NAME = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[A-Z][a-z]{3})?-[A-Z]{2})(?:-[A-Za-z]+)?-[A-Za-z0-9]+(?:Multilingual)?Neural\w*"
    r"|(?P<other>[a-z]{2,3}-[A-Z]{2})-[\w:]+"
)
_GENDERS = {"Female": tts_pb2.VOICE_GENDER_FEMALE, "Male": tts_pb2.VOICE_GENDER_MALE}
_F, _M = "Female", "Male"
# The voices that speak where none is named, the first of each language, and a second of the other gender.
_DEFAULTS = (
    *(("en-US-AriaNeural", _F), ("en-US-GuyNeural", _M), ("en-GB-SoniaNeural", _F), ("en-GB-RyanNeural", _M)),
    *(("zh-CN-XiaoxiaoNeural", _F), ("zh-CN-YunxiNeural", _M), ("zh-TW-HsiaoChenNeural", _F)),
    *(("zh-HK-HiuMaanNeural", _F), ("ja-JP-NanamiNeural", _F), ("ja-JP-KeitaNeural", _M)),
    *(("ko-KR-SunHiNeural", _F), ("ko-KR-InJoonNeural", _M), ("de-DE-KatjaNeural", _F)),
    *(("de-DE-ConradNeural", _M), ("fr-FR-DeniseNeural", _F), ("fr-FR-HenriNeural", _M)),
    *(("es-ES-ElviraNeural", _F), ("es-ES-AlvaroNeural", _M), ("it-IT-ElsaNeural", _F)),
    *(("it-IT-DiegoNeural", _M), ("pt-BR-FranciscaNeural", _F), ("pt-BR-AntonioNeural", _M)),
    *(("ru-RU-SvetlanaNeural", _F), ("ru-RU-DmitryNeural", _M), ("ar-SA-ZariyahNeural", _F)),
    *(("hi-IN-SwaraNeural", _F), ("nl-NL-ColetteNeural", _F), ("pl-PL-ZofiaNeural", _F)),
    *(("sv-SE-SofieNeural", _F), ("tr-TR-EmelNeural", _F), ("uk-UA-PolinaNeural", _F)),
    *(("vi-VN-HoaiMyNeural", _F), ("id-ID-GadisNeural", _F), ("th-TH-PremwadeeNeural", _F)),
)


def some_voices() -> list[tts_pb2.Voice]:
    """The voices that are known without asking Microsoft."""
    return [_voice(name, language_of(name), gender, ()) for name, gender in _DEFAULTS]


def voices_of(told: Iterable[Mapping[str, Any]]) -> list[tts_pb2.Voice]:
    """The voices of a list as Microsoft's services answer it; deprecated ones are left out."""
    found = []
    for one in told:
        name, locale = str(one.get("ShortName", "")), str(one.get("Locale", ""))
        if not name or not locale or one.get("Status") == "Deprecated":
            continue
        voice = _voice(name, locale, str(one.get("Gender", "")), one.get("StyleList") or ())
        voice.display_name = str(one.get("DisplayName") or one.get("FriendlyName") or voice.display_name)
        voice.languages.extend(str(tag) for tag in one.get("SecondaryLocaleList") or () if tag != locale)
        found.append(voice)
    return found


def _voice(name: str, language: str, gender: str, styles: Sequence[str]) -> tts_pb2.Voice:
    return tts_pb2.Voice(
        name=name,
        display_name=name.rpartition("-")[2].removesuffix("Neural"),
        languages=[language],
        gender=_GENDERS.get(gender, tts_pb2.VOICE_GENDER_UNSPECIFIED),
        styles=[str(style) for style in styles],
    )


def language_of(voice: str) -> str:
    """The language that a voice's name begins with; "" for what is no such name."""
    found = _NAME.fullmatch(voice)
    return (found["language"] or found["other"]) if found else ""


def check(voice: str, known: Sequence[tts_pb2.Voice], *, whole: bool) -> None:
    """Refuses what is no voice; `whole` tells that `known` are all there are.

    Raises:
        InvalidArgument: the name has another form, or Microsoft does not list it.
    """
    if not language_of(voice) or (whole and all(one.name != voice for one in known)):
        raise InvalidArgument(
            ("voice", f'"{voice[:100]}" is no voice of Microsoft, such as en-US-AriaNeural')
        )


def voice_for(language: str, known: Sequence[tts_pb2.Voice]) -> str:
    """The first of our choice, or else of those known, that speaks a language.

    Raises:
        InvalidArgument: none does.
    """
    wanted = language.lower()
    for voices in (some_voices(), known):
        exact = [one.name for one in voices if one.languages[0].lower() == wanted]
        near = [one.name for one in voices if _primary(one.languages[0]) == _primary(wanted)]
        if exact or near:
            return (exact or near)[0]
    raise InvalidArgument(("language", f'no voice is known for "{language}": name one in `voice`'))


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def percent(factor: float) -> str:
    """A factor as Microsoft writes it: "+20%"."""
    return f"{round((factor - 1) * 100):+d}%"

"""libespeak-ng through ctypes. Only worker processes load it: it is GPL-3, and a crash stays theirs.

Function names, parameter numbers and the event structure are those of speak_lib.h (API revision 12).
"""

from __future__ import annotations

import _ctypes
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import espeakng_loader
import numpy as np

from servers.chassis.media.audio import Samples
from servers.chassis.media.espeak import pitch

WORD, CLAUSE_END = 1, 5
"""Kinds of events: a word begins; a clause and the pause behind it end."""

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_PARAMETER_RATE, _PARAMETER_PITCH = 1, 3
_POSITION_CHARACTER = 1
_CHARACTERS_UTF8 = 1
_PHONEMES_IN_BRACKETS = 0x100
SLOWEST_RATE, FASTEST_RATE = 80, 450
"""Words a minute."""
_SEED = 1


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Event:
    """Something that happens at a place of the text and a moment of the sound."""

    kind: int
    """`WORD` or `CLAUSE_END`."""
    position: int
    """Code points from the beginning of the text, from 0."""
    length: int
    """Code points; 0 for the end of a clause."""
    sample: int
    """Samples from the beginning of the sound."""


class Speaker:
    """A library that is loaded; see `loaded`."""

    def __init__(self, library: ctypes.CDLL, rate: int) -> None:
        self._library = library
        self.rate = rate
        """Samples a second."""

    def speak(
        self, text: str, *, voice: str, words_per_minute: float, semitones: float, phonemes: bool = False
    ) -> tuple[Samples, list[Event]]:
        """Speaks a text; its positions are those of `text`'s code points.

        With `phonemes`, what stands in double square brackets is in the library's own phonemes.

        Raises:
            ValueError: the library does not know the voice.
        """
        library = self._library
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng does not know the voice {voice}")
        pace = min(max(round(words_per_minute), SLOWEST_RATE), FASTEST_RATE)
        library.espeak_SetParameter(_PARAMETER_RATE, pace, 0)
        library.espeak_SetParameter(_PARAMETER_PITCH, pitch.parameter(semitones), 0)
        pcm = bytearray()
        events: list[Event] = []

        def take(samples: object, count: int, happened: object) -> int:
            if samples and count > 0:
                pcm.extend(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
            events.extend(_wanted(happened))
            return 0

        callback = _Callback(take)
        library.espeak_SetSynthCallback(callback)
        # Without something behind it, the end of the last clause is told one character too early.
        encoded = f"{text} ".encode()
        flags = _CHARACTERS_UTF8 | (_PHONEMES_IN_BRACKETS if phonemes else 0)
        library.espeak_Synth(encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, flags, None, None)
        library.espeak_Synchronize()
        return np.frombuffer(bytes(pcm), np.int16), events


@contextmanager
def loaded() -> Iterator[Speaker]:
    """A freshly loaded library, unloaded at the end.

    The library keeps state in its globals (phases of oscillators, noise) from one text to the next. Loading
    it anew, 5 ms, is what makes the same request give the same samples. When it starts it seeds the noise of
    breathy voices with the time of day, so it is seeded again.
    """
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        data = espeakng_loader.get_data_path().encode()
        rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, 0)
        if rate <= 0:
            raise RuntimeError("espeak-ng does not start")
        library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
        yield Speaker(library, rate)
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)


def _wanted(happened: object) -> Iterator[Event]:
    index = 0
    while (event := happened[index]).type != 0:  # type: ignore[index]
        if event.type in (WORD, CLAUSE_END):
            yield Event(event.type, max(0, event.text_position - 1), event.length, event.sample)
        index += 1

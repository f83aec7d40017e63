"""The film that the compose benchmark makes: pictures as detailed as photographs, speech-like sound, words.

Everything is drawn from a seed, so that every run and every peer gets the same.
"""

from __future__ import annotations

import hashlib
import wave
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import set_seconds

RATE = 48_000
SCENE_SECONDS = 5.0
PAUSE_SECONDS = 0.35
WORD_SECONDS = 0.33
PICTURE_SIZE = (1536, 2304)
_WORDS = (
    "a fox walked slowly under the old vine and looked up at grapes that hung too high for any jump of his"
).split()


@dataclass
class Store:
    """Assets in a folder, by digest."""

    root: Path
    paths: dict[str, Path] = field(default_factory=dict)

    def give(self, path: Path, media_type: str) -> Asset:
        """Names a file by its content."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.paths[digest] = path
        return Asset(digest=digest, size_bytes=path.stat().st_size, media_type=media_type)

    def picture(self, seed: int) -> Asset:
        """A JPEG with structure at every scale, as a photograph has it."""
        path = self.root / f"picture-{seed}.jpg"
        if not path.exists():
            cv2.imwrite(str(path), photograph(seed), [cv2.IMWRITE_JPEG_QUALITY, 92])
        return self.give(path, "image/jpeg")

    def narration(self, seed: int, seconds: float) -> Asset:
        """Noise with the rise and fall of syllables."""
        draw = np.random.default_rng(1000 + seed)
        time = np.arange(round(seconds * RATE)) / RATE
        voice = np.sin(2 * np.pi * (110 + 20 * np.sin(2 * np.pi * 0.7 * time)) * time)
        voice += 0.3 * draw.standard_normal(len(time))
        voice *= 0.12 * (0.55 - 0.45 * np.cos(2 * np.pi * time / WORD_SECONDS))
        return self._sound(f"narration-{seed}-{seconds:g}.wav", voice)

    def music(self, seed: int = 0, seconds: float = 40.0) -> Asset:
        """A few chords."""
        time = np.arange(round(seconds * RATE)) / RATE
        chord = sum(
            np.sin(2 * np.pi * hertz * (1 + 0.01 * seed) * time)
            * (1 + np.sin(2 * np.pi * time / (3 + number)))
            for number, hertz in enumerate((220.0, 277.2, 329.6, 440.0))
        )
        return self._sound(f"music-{seed}.wav", 0.1 * np.asarray(chord))

    def logo(self) -> Asset:
        """A ring with a soft edge."""
        path = self.root / "logo.png"
        if not path.exists():
            rgba = np.zeros((300, 300, 4), dtype=np.uint8)
            cv2.circle(rgba, (150, 150), 120, (40, 160, 250, 255), 40, cv2.LINE_AA)
            cv2.imwrite(str(path), rgba)
        return self.give(path, "image/png")

    def _sound(self, name: str, samples: NDArray[np.float64]) -> Asset:
        path = self.root / name
        if not path.exists():
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        return self.give(path, "audio/wav")


def photograph(seed: int) -> NDArray[np.uint8]:
    """Octaves of noise whose strength falls as it does in photographs, with hard-edged shapes in it, BGR."""
    draw = np.random.default_rng(seed)
    width, height = PICTURE_SIZE
    picture = np.zeros((height, width, 3), dtype=np.float32)
    for octave in range(1, 10):
        small = draw.standard_normal((max(2, height >> (9 - octave)), max(2, width >> (9 - octave)), 3))
        # What differs in a photograph is light more than colour.
        small = 0.35 * small + small[..., :1]
        grown = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        picture += grown * (48.0 / 1.32**octave)
    picture += draw.uniform(80, 150, 3).astype(np.float32)
    for _ in range(40):
        middle = (int(draw.integers(0, width)), int(draw.integers(0, height)))
        axes = (int(draw.integers(20, 220)), int(draw.integers(20, 220)))
        shape = np.zeros((height, width), dtype=np.uint8)
        cv2.ellipse(shape, middle, axes, float(draw.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
        picture += shape[..., None] / 255.0 * draw.uniform(-60, 60, 3).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


def request(store: Store, scenes: int, width: int = 1080, height: int = 1920) -> ComposeRequest:
    """A film of scenes of five seconds: Ken Burns, crossfades, lit words, a logo, ducked music."""
    film = ComposeRequest(language="en", title="A film", seed=7)
    film.canvas.width_pixels, film.canvas.height_pixels, film.canvas.frames_per_second = width, height, 30
    film.music.audio.CopyFrom(store.music())
    film.overlays.add(picture=store.logo(), anchor=parts.ANCHOR_TOP_RIGHT, size=0.15)
    for index in range(scenes):
        speak(store, film.scenes.add(id=f"scene-{index}", picture=store.picture(index % 12)), index)
    return film


def speak(store: Store, scene: parts.Scene, seed: int, seconds: float = SCENE_SECONDS) -> None:
    """Gives a scene its narration and words; it lasts `seconds` with the pause after them."""
    spoken = seconds - PAUSE_SECONDS
    scene.narration.CopyFrom(store.narration(seed % 12, spoken))
    del scene.words[:]
    count = int((spoken - 0.1) / WORD_SECONDS)
    chosen = [_WORDS[(seed + number) % len(_WORDS)] for number in range(count)]
    scene.text = " ".join(chosen) + "."
    place = 0
    for number, word in enumerate(chosen):
        timed = scene.words.add(text=word, char_start=place, char_end=place + len(word))
        set_seconds(timed.start, 0.1 + number * WORD_SECONDS)
        set_seconds(timed.end, 0.1 + (number + 0.9) * WORD_SECONDS)
        place += len(word) + 1

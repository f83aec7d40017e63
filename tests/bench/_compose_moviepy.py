"""The benchmark's film by MoviePy 2, run in an environment of its own: python _compose_moviepy.py FILM.json.

Written as its documentation shows it. Prints the seconds that it took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from moviepy import AudioFileClip, CompositeAudioClip, CompositeVideoClip, ImageClip, TextClip, afx, vfx


def main(film: dict[str, Any]) -> float:
    """Makes the film; the seconds that it took."""
    size, each, fade = (film["width"], film["height"]), film["seconds"], film["fade"]
    length = each * len(film["scenes"])
    begin = time.perf_counter()
    clips, voices = [], []
    for index, scene in enumerate(film["scenes"]):
        last = index + 1 == len(film["scenes"])
        picture = ImageClip(scene["picture"]).with_duration(each + (0 if last else fade))
        moving = picture.resized(height=size[1]).resized(lambda at: 1 + 0.12 * at / each)
        moving = moving.with_position("center").with_start(index * each)
        clips.append(moving.with_effects([vfx.CrossFadeIn(fade)]) if index else moving)
        voices.append(AudioFileClip(scene["narration"]).with_start(index * each))
        for word, start, end in scene["words"]:
            text = TextClip(
                font=film["font"],
                text=word,
                font_size=65,
                color="yellow",
                stroke_color="black",
                stroke_width=5,
                margin=(10, 20),
            )
            text = text.with_position(("center", int(size[1] * 0.8)))
            clips.append(text.with_start(index * each + start).with_duration(end - start))
    logo = ImageClip(film["logo"]).resized(width=int(size[0] * 0.15)).with_duration(length)
    clips.append(logo.with_position(("right", "top")))
    music = AudioFileClip(film["music"])
    music = music.with_effects([afx.AudioLoop(duration=length), afx.MultiplyVolume(0.12)])
    whole = CompositeVideoClip(clips, size=size).with_duration(length)
    whole = whole.with_audio(CompositeAudioClip([*voices, music]).with_duration(length))
    whole.write_videofile(
        film["out"],
        fps=30,
        codec="libx264",
        preset="veryfast",
        threads=film["cores"],
        ffmpeg_params=["-crf", "23"],
        logger=None,
    )
    return time.perf_counter() - begin


if __name__ == "__main__":
    print(main(json.loads(Path(sys.argv[1]).read_text())))

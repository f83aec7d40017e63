"""Voices: a list of them, and how each sounds."""

from __future__ import annotations

import argparse

from rich.table import Table

from reelmesh.cli.failures import OK, UsageError
from reelmesh.cli.follow import Output, as_dict
from reelmesh.client import Client
from reelmesh.naming import ENDINGS, safe
from reelmesh.tts.v1 import tts_pb2

MOST_SAMPLES = 50


async def voices(options: argparse.Namespace, output: Output) -> int:
    """Lists the voices that the options name; with `samples`, each speaks into a file."""
    gender = tts_pb2.VoiceGender.Value(f"VOICE_GENDER_{options.gender.upper() or 'UNSPECIFIED'}")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("voice", "languages", "gender", "engine", "name"):
        table.add_column(column, no_wrap=True)
    async with Client() as client:
        found = await client.voices(language=options.lang, engine=options.engine, gender=gender)
        if options.samples is not None:
            return await _speak(client, found, options, output)
    for voice in found:
        if output.as_json:
            output.emit(**as_dict(voice))
        told = tts_pb2.VoiceGender.Name(voice.gender).removeprefix("VOICE_GENDER_").lower()
        shown = "" if told == "unspecified" else told
        table.add_row(voice.name, " ".join(voice.languages), shown, voice.engine, voice.display_name)
    if not output.as_json:
        output.console.print(table)
    return OK


async def _speak(
    client: Client, found: list[tts_pb2.Voice], options: argparse.Namespace, output: Output
) -> int:
    """Writes a sample of each voice, named by engine and voice. Some are paid for, so never of very many."""
    if len(found) > MOST_SAMPLES:
        raise UsageError(
            f"--samples: {len(found)} voices would speak, at most {MOST_SAMPLES} may: "
            "name fewer by --lang, --gender and --engine"
        )
    options.samples.mkdir(parents=True, exist_ok=True)
    for voice in found:
        audio = await client.sample(voice, text=options.text, language=options.lang)
        name = safe(f"{voice.engine} {voice.name}") or "voice"
        path = options.samples / f"{name}{ENDINGS.get(audio.media_type, '')}"
        await client.download(audio, path)
        output.result(f"{voice.name}: {path}", type="sample", voice=voice.name, path=str(path))
    return OK

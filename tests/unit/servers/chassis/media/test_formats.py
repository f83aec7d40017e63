"""Files are told by their first bytes, and what is no media is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.errors import InvalidArgument
from servers.chassis.media import commands
from servers.chassis.media.formats import Kind, recognise, sniff
from servers.chassis.media.probe import Prober

SOUND = ("-f", "lavfi", "-i", "sine=f=500:d=1")
VIDEO = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=1")
MADE = {
    "a.wav": (SOUND, "wav", "audio/wav"),
    "a.mp3": (SOUND, "mp3", "audio/mpeg"),
    "a.aac": (SOUND, "aac", "audio/aac"),
    "a.flac": (SOUND, "flac", "audio/flac"),
    "a.ogg": (SOUND, "ogg", "audio/ogg"),
    "a.m4a": (SOUND, "mov", "audio/mp4"),
    "v.mp4": (VIDEO, "mov", "video/mp4"),
    "v.mov": (VIDEO, "mov", "video/quicktime"),
    "v.webm": (VIDEO, "matroska", "video/webm"),
    "v.mkv": (VIDEO, "matroska", "video/x-matroska"),
    "v.avi": (VIDEO, "avi", "video/x-msvideo"),
    "v.ts": (VIDEO, "mpegts", "video/mp2t"),
    "v.gif": (VIDEO, "gif", "image/gif"),
    "p.png": ((*VIDEO, "-frames:v", "1"), "png_pipe", "image/png"),
    "p.jpg": ((*VIDEO, "-frames:v", "1"), "jpeg_pipe", "image/jpeg"),
    "p.webp": ((*VIDEO, "-frames:v", "1"), "webp_pipe", "image/webp"),
}


def make(folder: Path, name: str) -> Path:
    path = folder / name
    arguments = [commands.executable(), "-y", "-loglevel", "error", *MADE[name][0], str(path)]
    subprocess.run(arguments, check=True)
    return path


@pytest.mark.parametrize("name", MADE)
async def test_what_ffmpeg_writes_is_recognised_and_measured(name: str, tmp_path: Path) -> None:
    path = make(tmp_path, name)
    assert sniff(path).demuxer == MADE[name][1]
    prober = Prober()
    try:
        probe = await prober.probe(path)
    finally:
        await prober.close()
    assert probe.media_type == MADE[name][2]
    if name.startswith("a."):
        assert probe.kind is Kind.SOUND
        assert probe.duration == pytest.approx(1.0, abs=0.12)
        assert probe.sample_rate in (44_100, 48_000)
        assert probe.channels == 1
    else:
        assert (probe.width, probe.height) == (64, 48)
        assert probe.kind is (Kind.PICTURE if name.startswith("p.") else Kind.VIDEO)
        assert probe.duration == pytest.approx(0.0 if name.startswith("p.") else 1.0, abs=0.12)


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n",
        b"\xef\xbb\xbf#EXTM3U\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"file '/etc/passwd'\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
        b"[playlist]\nFile1=/etc/passwd\n",
    ],
)
def test_lists_of_other_media_are_refused_as_such(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"music: .*a list of other media"):
        sniff(path, "music")


@given(st.binary(max_size=600))
def test_any_bytes_are_recognised_or_not_without_an_error(head: bytes) -> None:
    found = recognise(head)
    assert found is None or found.demuxer not in ("concat", "hls", "dash", "image2", "lavfi")


def test_an_id3_tag_before_flac_is_passed_over(tmp_path: Path) -> None:
    path = make(tmp_path, "a.flac")
    path.write_bytes(b"ID3\x04\0\0" + bytes((0, 0, 1, 0)) + bytes(128) + path.read_bytes())
    assert sniff(path).demuxer == "flac"


async def test_a_broken_file_is_refused_without_its_path(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(make(tmp_path, "v.mp4").read_bytes()[:300])
    prober = Prober()
    try:
        with pytest.raises(InvalidArgument, match="clip: must be") as caught:
            await prober.probe(path, "clip")
    finally:
        await prober.close()
    assert str(tmp_path) not in str(caught.value)

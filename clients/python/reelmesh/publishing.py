"""Publishing: what jobs made, under readable names in a folder or a bucket. Nothing there is overwritten."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
import secrets
import unicodedata
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reelmesh import batches, destinations, errors
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.destinations import Destination
from reelmesh.naming import ENDINGS, Template
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState

if TYPE_CHECKING:
    from reelmesh.client import Client

DEFAULT_NAME = "{title}"
KINDS = ("cover", "subtitles", "narration", "clean", "info", "all")
"""What can go with a film. "clean": the copy without lettering; "info": title, description, tags as JSON."""
SAME_NAMES = 10_000


@dataclass(frozen=True)
class File:
    """One file of a job."""

    name: PurePosixPath
    """Its name within the folder or the bucket's prefix."""
    address: str
    """Where it is: a path, or an address like s3://films/2026/Fox.mp4."""
    size_bytes: int
    """Its size."""
    written: bool
    """False where an equal file was there already."""


@dataclass(frozen=True)
class Published:
    """What became of one job."""

    job: Job
    """The job, as it stood."""
    files: tuple[File, ...] = ()
    """Its files, the film first. Empty: nothing was published."""
    lacking: tuple[str, ...] = ()
    """What was asked for and the job does not have."""
    reason: str = ""
    """Why nothing was published. Empty where something was."""


@dataclass(frozen=True)
class _Part:
    """Something to write: an asset, or bytes of our own."""

    ending: str
    digest: str
    size_bytes: int
    media_type: str
    asset: Asset | None = None
    content: bytes = b""

    async def write(self, client: Client, path: Path) -> None:
        """Writes it to a path, whole or not at all."""
        if self.asset is not None:
            await client.download(self.asset, path)
        else:
            await asyncio.to_thread(_write, path, self.content)


async def publish(
    client: Client,
    jobs: Iterable[Job | str],
    to: str | os.PathLike[str],
    *,
    name: str = DEFAULT_NAME,
    include: Collection[str] = (),
    bucket_options: Mapping[str, str] | None = None,
) -> AsyncIterator[Published]:
    """Writes the films of jobs to a folder or a bucket and tells of each job. What is there is left alone.

    A name that another film has gets a number behind it. Each file appears whole or not at all, and the film
    after all that goes with it.

    Args:
        client: where the jobs are.
        jobs: the jobs or their ids.
        to: a folder, which is made when it is not there, or a bucket's address like s3://films/2026; see
            `reelmesh.buckets` for where its keys come from.
        name: a template, see `naming.Template`; the ending is added to it.
        include: what goes with each film, of `KINDS`.
        bucket_options: OpenDAL's options of the bucket, over those of the environment.

    Raises:
        InvalidArgument: the template, `include` or the bucket's address is wrong.
        NotFound: there is no such job.
        FailedPrecondition: the bucket refuses us or can not be reached, in its own words.
        OSError: a file can not be written.
    """
    template = Template(name)
    if wrong := [kind for kind in include if kind not in KINDS]:
        raise errors.InvalidArgument(f"include: there is no {wrong[0]!r}; there are {', '.join(KINDS)}")
    destination = await destinations.opened(to, bucket_options or {})
    taken: set[str] = set()
    for place, one in enumerate(jobs, 1):
        job = await client.get(one)
        if reason := _reason(job):
            yield Published(job, reason=reason)
            continue
        parts = list(_parts(job, include))
        lacking = tuple(kind for kind in include if kind not in (*_kinds(job), "info", "all"))
        stem = template.fill(await _values(client, job, place, template), job.id)
        places = await _free(destination, stem, parts, taken)
        files = []
        # Whoever waits for the film finds all that goes with it.
        for part, (path, there) in reversed([*zip(parts, places, strict=True)]):
            if not there:
                write = functools.partial(part.write, client)
                await destination.put(path, write, part.digest, part.media_type)
            files.append(File(path, destination.address(path), part.size_bytes, written=not there))
        yield Published(job, tuple(reversed(files)), lacking)


def _reason(job: Job) -> str:
    if not job.HasField("result"):
        return f"is {JobState.Name(job.state).removeprefix('JOB_STATE_').lower()}: there is no film yet"
    return "" if job.result.film.digest else "makes no film"


# -- what there is -----------------------------------------------------------------------------------------


def _parts(job: Job, include: Collection[str]) -> Iterator[_Part]:
    """The film, then what goes with it, each once, under endings that differ."""
    endings: set[str] = set()
    digests: set[str] = set()
    for kind, asset in _assets(job):
        if asset.digest in digests or (kind != "film" and not {kind, "all"} & set(include)):
            continue
        digests.add(asset.digest)
        ending = ENDINGS.get(asset.media_type, ".mp4" if kind == "film" else ".bin")
        marked = [ending, f".{kind}{ending}", *(f".{kind}-{n}{ending}" for n in range(2, 1000))]
        ending = next(one for one in marked if one not in endings)
        endings.add(ending)
        yield _Part(ending, asset.digest, asset.size_bytes, asset.media_type, asset)
    if {"info", "all"} & set(include):
        content = _info(job)
        digest = hashlib.sha256(content).hexdigest()
        yield _Part(".json", digest, len(content), "application/json", content=content)


def _kinds(job: Job) -> set[str]:
    return {kind for kind, _ in _assets(job)}


def _assets(job: Job) -> Iterator[tuple[str, Asset]]:
    result = job.result
    yield "film", result.film
    if result.cover.digest:
        yield "cover", result.cover
    for output in result.assets:
        yield _kind(output.path, output.asset.media_type), output.asset


def _kind(path: str, media_type: str) -> str:
    """What an output is, by where it stands in the results and by its media type."""
    if "subtitle" in path or media_type in ("text/vtt", "text/x-ssa", "application/x-subrip"):
        return "subtitles"
    if "clean" in path:
        return "clean"
    if media_type.startswith("audio/"):
        return "narration"
    return "cover" if "cover" in path else "other"


def _info(job: Job) -> bytes:
    result = job.result
    told = {
        "title": result.title,
        "description": result.description,
        "tags": [*result.tags],
        "duration_seconds": result.duration.ToNanoseconds() / 1e9,
        "film_sha256": result.film.digest,
        "job": job.id,
        "labels": dict(sorted(job.spec.labels.items())),
        "warnings": [*result.warnings],
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


async def _values(client: Client, job: Job, place: int, template: Template) -> dict[str, str]:
    """What the template's fields stand for."""
    video, result = job.spec.narrated_video, job.result
    name = job.spec.display_name or video.title or result.title or job.id
    language = video.language
    if not language and "lang" in template.fields:
        language = await _planned_language(client, job)
    number = batches.number_of(job) or place
    return {
        "title": video.title or result.title or name,
        "publish_title": result.title or name,
        "name": name,
        "number": f"{number:03d}",
        "batch": job.spec.labels.get(batches.LABEL, ""),
        "job": job.id,
        "date": f"{job.create_time.ToDatetime():%Y-%m-%d}",
        "lang": language or "und",  # ISO 639-2 for a language that is not known
    }


async def _planned_language(client: Client, job: Job) -> str:
    try:
        scenes = await client.scenes(job)
    except errors.FailedPrecondition:  # it has no plan
        return ""
    return scenes[0].scene.language if scenes else ""


# -- where it goes -----------------------------------------------------------------------------------------


async def _free(
    destination: Destination, stem: PurePosixPath, parts: Sequence[_Part], taken: set[str]
) -> list[tuple[PurePosixPath, bool]]:
    """Names for a job's files, all alike but for their endings: the first under which nothing else is.

    Each with whether it is there already.

    Raises:
        AlreadyExists: too many have this name.
    """
    for number in range(1, SAME_NAMES):
        name = stem.name if number == 1 else f"{stem.name}-{number}"
        names = [stem.with_name(name + part.ending) for part in parts]
        keys = {_key(one) for one in names}
        if keys & taken:
            continue
        held = [
            await destination.holds(one, part.digest, part.size_bytes)
            for one, part in zip(names, parts, strict=True)
        ]
        if False not in held:
            taken |= keys
            return [(one, here is True) for one, here in zip(names, held, strict=True)]
    raise errors.AlreadyExists(f"{destination.address(stem)}: there are {SAME_NAMES:,} files of this name")


def _key(path: PurePosixPath) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _write(path: Path, content: bytes) -> None:
    """Writes a file, which appears whole or not at all."""
    part = path.parent / f".reelmesh-{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

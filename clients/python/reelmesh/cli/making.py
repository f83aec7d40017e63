"""`make`, `run` and `get`: from a story to a film in a file."""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from reelmesh.cli import jobs, wanted, words
from reelmesh.cli.failures import OK, UsageError
from reelmesh.cli.follow import Output, as_dict, cancelled_with, follow
from reelmesh.client import ADDRESS_VARIABLE, Client
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.mesh import local_mesh
from reelmesh.naming import ENDINGS
from reelmesh.orchestrator.v1.job_pb2 import Job

_BESIDE = {"compose.clean_film": "clean", "compose.narration": "narration"}
"""What is written beside a film where it was asked for, and how it is named."""


async def make(options: argparse.Namespace, output: Output) -> int:
    """Makes a film and writes it to a file."""
    began = time.monotonic()
    spec = wanted.draft(options)
    target = _target(options)
    title = spec.narrated_video.title or options.topic[:100] or Path(options.story or options.audio).stem
    async with _mesh(output), Client(owner=options.owner) as client:
        await wanted.attach(client, spec, options)
        job = await client.submit(spec, name="" if spec.narrated_video.title else title)
        if output.as_json:
            output.emit(type="submitted", job_id=job.id)
        async with cancelled_with(client, job, lambda: output.error("interrupted: cancelling the job")):
            job = await follow(client, job, output, title)
            await _write(client, job, target)
        _report(output, job, target, time.monotonic() - began)
    return OK


@contextlib.asynccontextmanager
async def _mesh(output: Output) -> AsyncIterator[None]:
    """The mesh that is named, or runs, or is started for this film."""
    if os.environ.get(ADDRESS_VARIABLE):
        yield
        return
    async with local_mesh(
        on_start=lambda: output.say("starting the mesh"),
        on_wait=lambda: output.say("another film is being made with this mesh: waiting for it to end"),
    ):
        yield


def _target(options: argparse.Namespace) -> Path:
    """Where the film goes. Its folder is made now: a wrong name must not show after the work."""
    named = options.story if options.story not in (None, "-") else options.audio or "film"
    ending = ".webm" if options.codec == "vp9" else ".mp4"
    return _placed(options.output or ".", f"{Path(named).stem}{ending}")


def _placed(named: str, default: str) -> Path:
    """The file that the user names, or that of a default name in the folder that the user names."""
    target = Path(named)
    return prepared(target / default if target.is_dir() or named.endswith("/") else target)


def prepared(target: Path) -> Path:
    """The target, once its folder is there and can be written to.

    Raises:
        UsageError: it can not.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{target.parent}: can not be made ({(error.strerror or '').lower()})") from error
    if not os.access(target.parent, os.W_OK):
        raise UsageError(f"{target.parent}: can not be written to")
    return target


async def _write(client: Client, job: Job, target: Path) -> None:
    if not job.result.film.digest:
        raise UsageError(f"job {job.id} makes no film: `reelmesh get {job.id}` fetches what it made")
    await client.download(job.result.film, target)
    for made in job.result.assets:
        if mark := _BESIDE.get(made.path):
            ending = ENDINGS.get(made.asset.media_type, ".bin")
            await client.download(made.asset, target.with_name(f"{target.stem}.{mark}{ending}"))


def _report(output: Output, job: Job, target: Path, elapsed: float) -> None:
    for warning in job.result.warnings:
        output.say(f"note: {words.one_line(warning, 300)}")
    film = job.result.film
    long = words.seconds(job.result.duration) or words.seconds(film.facts.duration)
    facts = [f"{words.length(long)} long" if long else "", _frame(film), words.size(film.size_bytes)]
    output.result(
        f"{target}: {', '.join(fact for fact in facts if fact)}, made in {words.length(elapsed)}",
        type="film",
        job_id=job.id,
        path=str(target),
        duration_seconds=long,
        elapsed_seconds=round(elapsed, 3),
        result=as_dict(job.result),
    )


def _frame(film: Asset) -> str:
    return f"{film.facts.width_pixels}x{film.facts.height_pixels}" if film.facts.width_pixels else ""


async def run(options: argparse.Namespace, output: Output) -> int:
    """Runs a job again and follows it; writes its film where asked to."""
    began = time.monotonic()
    target = prepared(Path(options.output)) if options.output else None
    async with Client(owner=options.owner) as client:
        named = await jobs.job_named(client, options.job)
        job = await client.run(named, from_step=options.from_step)
        job = await follow(client, job, output, jobs.title_of(job))
        if target is not None:
            await _write(client, job, target)
            _report(output, job, target, time.monotonic() - began)
        else:
            output.result(
                f"job {job.id} succeeded in {words.length(time.monotonic() - began)}",
                type="succeeded",
                job_id=job.id,
                result=as_dict(job.result),
            )
    return OK


async def get(options: argparse.Namespace, output: Output) -> int:
    """Downloads what a job made."""
    async with Client(owner=options.owner) as client:
        job = await client.get(await jobs.job_named(client, options.job))
        if not job.HasField("result"):
            raise UsageError(f"job {job.id} is {words.job_state(job.state)}: there is nothing to get")
        target = _placed(options.output or ".", f"{job.id}.mp4")
        for asset, path in _files(job, target, film_only=options.film_only):
            await client.download(asset, path)
            output.result(
                f"{path}: {words.size(asset.size_bytes)}",
                type="file",
                path=str(path),
                digest=asset.digest,
                media_type=asset.media_type,
            )
    return OK


def _files(job: Job, target: Path, *, film_only: bool) -> list[tuple[Asset, Path]]:
    """What to download and where to: the film as named, all else beside it under the same stem."""
    film = job.result.film
    files = [(film, target)] if film.digest else []
    if film_only:
        return files
    taken = {path for _, path in files}
    digests = {film.digest}
    for asset in (job.result.cover, *(output.asset for output in job.result.assets)):
        if not asset.digest or asset.digest in digests:
            continue
        digests.add(asset.digest)
        ending = ENDINGS.get(asset.media_type, ".bin")
        names = (target.with_name(f"{target.stem}{mark}{ending}") for mark in _marks())
        path = next(name for name in names if name not in taken)
        taken.add(path)
        files.append((asset, path))
    return files


def _marks() -> list[str]:
    return ["", *(f"-{number}" for number in range(2, 10_000))]

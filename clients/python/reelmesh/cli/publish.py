"""`publish`: results written to a folder or a bucket under readable names."""

from __future__ import annotations

import argparse
from pathlib import Path

from reelmesh import buckets, destinations, errors, publishing
from reelmesh.cli import words
from reelmesh.cli.batch import existing
from reelmesh.cli.failures import FAILED, OK, UsageError
from reelmesh.cli.follow import Output
from reelmesh.cli.jobs import job_named, title_of
from reelmesh.client import Client
from reelmesh.naming import Template


async def publish(options: argparse.Namespace, output: Output) -> int:
    """Publishes the films of jobs, or of a batch; of those that have none it tells why."""
    include = _checked(options)
    failed = False
    async with Client(owner=options.owner) as client:
        jobs = await _jobs(client, options)
        async for one in client.publish(jobs, options.to, name=options.name, include=include):
            if one.reason:
                failed = True
                output.failure(
                    f"job {one.job.id} ({words.one_line(title_of(one.job), 60)}) {one.reason}",
                    errors.FailedPrecondition(f"job {one.job.id} {one.reason}"),
                )
            for kind in one.lacking:
                output.say(f"note: job {one.job.id} has no {kind}")
                if output.as_json:
                    output.emit(type="lacking", job_id=one.job.id, kind=kind)
            for file in one.files:
                output.result(
                    f"{file.address}: {words.size(file.size_bytes) if file.written else 'was there already'}",
                    type="published",
                    job_id=one.job.id,
                    path=file.address,
                    size_bytes=file.size_bytes,
                    written=file.written,
                )
    return FAILED if failed else OK


async def _jobs(client: Client, options: argparse.Namespace) -> list[str]:
    if options.batch:
        return [job.id for job in (await existing(client, options.batch)).jobs]
    return [await job_named(client, name) for name in options.jobs]


def _checked(options: argparse.Namespace) -> list[str]:
    """What goes with each film. Whatever is wrong is told before anything is fetched."""
    if bool(options.jobs) == bool(options.batch):
        raise UsageError("give either JOBs or --batch ID")
    try:
        if destinations.is_bucket(options.to):
            buckets.parsed(options.to)
        elif Path(options.to).exists() and not Path(options.to).is_dir():
            raise UsageError(f"--to {options.to}: is no folder")
        Template(options.name)
    except errors.InvalidArgument as error:
        raise UsageError(f"--{error.message}") from None
    include = [kind for kind in options.include.split(",") if kind]
    if wrong := [kind for kind in include if kind not in publishing.KINDS]:
        raise UsageError(f"--with {wrong[0]}: there are {', '.join(publishing.KINDS)}")
    return include


COMMANDS = {"publish": publish}

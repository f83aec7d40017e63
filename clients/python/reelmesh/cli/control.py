"""Commands that hold, release and approve jobs, one or many, and set limits."""

from __future__ import annotations

import argparse

from rich.table import Table

from reelmesh.cli import words
from reelmesh.cli.failures import OK, UsageError
from reelmesh.cli.follow import Output, as_dict
from reelmesh.cli.jobs import job_named
from reelmesh.client import Client
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState
from reelmesh.orchestrator.v1.job_service_pb2 import JobAction, JobFilter
from reelmesh.orchestrator.v1.limit_service_pb2 import Limit, LimitUse

_ACTIONS = {"retry": JobAction.JOB_ACTION_RETRY_FAILED}


async def approve(options: argparse.Namespace, output: Output) -> int:
    """Lets a job go on that waits for review."""
    async with Client(owner=options.owner) as client:
        job = await job_named(client, options.job)
        gate = await client.approve(job, gate=options.gate)
        output.result(f"job {job} goes on past {gate}", type="approved", job_id=job, gate=gate)
        output.say(f"follow it with: reelmesh watch {job}")
    return OK


async def pause(options: argparse.Namespace, output: Output) -> int:
    """Holds a job."""
    async with Client(owner=options.owner) as client:
        _tell(await client.pause(await job_named(client, options.job)), output)
    return OK


async def resume(options: argparse.Namespace, output: Output) -> int:
    """Lets a paused job go on."""
    async with Client(owner=options.owner) as client:
        _tell(await client.resume(await job_named(client, options.job)), output)
    return OK


async def delete(options: argparse.Namespace, output: Output) -> int:
    """Hides a job."""
    async with Client(owner=options.owner) as client:
        job = await job_named(client, options.job)
        await client.delete(job)
        output.result(
            f"job {job} is hidden: reelmesh undelete {job} brings it back", type="hidden", job_id=job
        )
    return OK


async def undelete(options: argparse.Namespace, output: Output) -> int:
    """Brings a hidden job back."""
    async with Client(owner=options.owner) as client:
        _tell(await client.undelete(options.job), output)
    return OK


async def control(options: argparse.Namespace, output: Output) -> int:
    """Does one thing to many jobs."""
    action = _ACTIONS.get(options.action) or JobAction.Value(f"JOB_ACTION_{options.action.upper()}")
    async with Client(owner=options.owner) as client:
        done = await client.control(action, _filter(options))
    output.result(
        f"{options.action}: {len(done)} jobs", type="controlled", action=options.action, job_ids=done
    )
    return OK


async def counts(options: argparse.Namespace, output: Output) -> int:
    """Counts jobs by state."""
    async with Client(owner=options.owner) as client:
        found = await client.count(_filter(options))
    if output.as_json:
        output.emit(type="counts", **as_dict(found))
        return OK
    for one in found.counts:
        output.result(f"{one.jobs:>8}  {words.job_state(one.state)}", type="count")
    if found.HasField("eta"):
        output.say(f"all should be done in {words.length(words.seconds(found.eta))}")
    return OK


async def limits(options: argparse.Namespace, output: Output) -> int:
    """Shows limits, or sets or clears one."""
    changes = {
        name: getattr(options, name)
        for name in ("at_once", "per_second", "burst", "weight")
        if getattr(options, name) is not None
    }
    if (changes or options.pause or options.clear) and not options.name:
        raise UsageError("name the limit, e.g. service/tts or owner/ann")
    async with Client() as client:
        if options.clear:
            shown = [await client.clear_limit(options.name)]
        elif changes or options.pause:
            shown = [await client.set_limit(Limit(name=options.name, paused=options.pause, **changes))]
        else:
            shown = [use for use in await client.limits() if options.name in ("", use.limit.name)]
    if output.as_json:
        for use in shown:
            output.emit(type="limit", **as_dict(use))
    else:
        output.console.print(_table(shown))
    return OK


def _table(shown: list[LimitUse]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("limit", "at once", "a second", "running", "waiting", ""):
        table.add_column(column, no_wrap=True)
    for use in shown:
        limit = use.limit
        table.add_row(
            limit.name,
            str(limit.at_once) if limit.HasField("at_once") else "-",
            f"{limit.per_second:g}" if limit.HasField("per_second") else "-",
            str(use.running),
            str(use.waiting),
            "paused" if limit.paused else "closed" if use.HasField("closed_for") else "",
        )
    return table


def _filter(options: argparse.Namespace) -> JobFilter:
    states = [JobState.Value(f"JOB_STATE_{name.upper()}") for name in options.state]
    return JobFilter(states=states, labels=dict(options.label))


def _tell(job: Job, output: Output) -> None:
    state = words.job_state(job.state)
    output.result(f"job {job.id} is {state}", type="job", job_id=job.id, state=state)


COMMANDS = {
    "approve": approve,
    "pause": pause,
    "resume": resume,
    "delete": delete,
    "undelete": undelete,
    "control": control,
    "counts": counts,
    "limits": limits,
}

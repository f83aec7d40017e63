"""Commands about jobs and their scenes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from rich.table import Table

from reelmesh.cli import batch, manifest, settings, wanted, words
from reelmesh.cli.failures import FAILED, OK, USAGE, UsageError
from reelmesh.cli.follow import Output, as_dict, follow
from reelmesh.client import Client
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, SceneView, StepInstance, StepState
from reelmesh.orchestrator.v1.job_service_pb2 import StepForecast

LAST = "last"


async def job_named(client: Client, name: str) -> str:
    """The id of a job that the user names; `last` is the newest.

    Raises:
        UsageError: there is no job at all.
    """
    if name != LAST:
        return name
    async for job in client.jobs(page_size=1):
        return job.id
    raise UsageError("there is no job yet: reelmesh make STORY makes one")


def title_of(job: Job) -> str:
    """What people call a job."""
    video = job.spec.narrated_video
    return job.spec.display_name or job.result.title or video.title or job.id


async def submit(options: argparse.Namespace, output: Output) -> int:
    """Submits a job, or many as a batch."""
    if manifest.is_batch(options):
        return await batch.submit(options, output)
    spec = wanted.draft(options)
    spec.labels.update(settings.label(*one) for one in options.label)
    async with Client(owner=options.owner) as client:
        await wanted.attach(client, spec, options)
        job = await client.submit(spec, name=options.name, priority=options.priority)
        output.result(job.id, type="submitted", job_id=job.id)
        output.say(f"follow it with: reelmesh watch {job.id}")
    return OK


async def watch(options: argparse.Namespace, output: Output) -> int:
    """Watches a job to its end."""
    async with Client(owner=options.owner) as client:
        job = await client.get(await job_named(client, options.job))
        job = await follow(client, job, output, title_of(job))
        output.result(
            f"job {job.id} succeeded: reelmesh get {job.id} downloads the film",
            type="succeeded",
            job_id=job.id,
            result=as_dict(job.result),
        )
    return OK


async def cancel(options: argparse.Namespace, output: Output) -> int:
    """Cancels a job."""
    async with Client(owner=options.owner) as client:
        job = await client.cancel(await job_named(client, options.job))
        state = words.job_state(job.state)
        output.result(f"job {job.id} is {state}", type="job", job_id=job.id, state=state)
    return OK


async def listing(options: argparse.Namespace, output: Output) -> int:
    """Lists jobs."""
    states = [JobState.Value(f"JOB_STATE_{name.upper()}") for name in options.state]
    found: list[Job] = []
    async with Client(owner=options.owner) as client:
        async for job in client.jobs(states=states, page_size=min(100, max(1, options.limit))):
            if len(found) >= options.limit:
                break
            found.append(job)
    if output.as_json:
        for job in found:
            output.emit(**as_dict(job))
        return OK
    table = _table("job", "state", "done", "submitted", "name")
    for job in found:
        lost = job.state in (JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
        done = "" if lost else f"{100 * job.execution.fraction:.0f} %"
        name = words.one_line(title_of(job), 60)
        table.add_row(job.id, words.job_state(job.state), done, words.moment(job.create_time), name)
    output.console.print(table if found else "there are no such jobs")
    return OK


async def show(options: argparse.Namespace, output: Output) -> int:
    """Shows one job."""
    async with Client(owner=options.owner) as client:
        job = await client.get(await job_named(client, options.job))
    if output.as_json:
        output.emit(**as_dict(job))
        return OK
    facts = _table(header=False)
    for name, value in _facts(job):
        facts.add_row(name, value)
    output.console.print(facts)
    steps = _table("step", "state", "tries", "took", "engine", "")
    for step in job.execution.steps:
        steps.add_row(*_step_row(step))
    if job.execution.steps:
        output.console.print(steps)
    return OK


def _facts(job: Job) -> Iterable[tuple[str, str]]:
    yield "job", job.id
    yield "name", words.one_line(title_of(job), 100)
    yield "state", words.job_state(job.state)
    yield "submitted", words.moment(job.create_time)
    if job.HasField("end_time"):
        yield "ended", words.moment(job.end_time)
    yield "run", f"number {job.execution.number}, {100 * job.execution.fraction:.0f} % done"
    if job.execution.failed_step:
        yield "failed at", job.execution.failed_step
    if job.execution.error.message:
        yield "because", words.one_line(job.execution.error.message, 500)
    if job.result.film.digest:
        long = words.length(words.seconds(job.result.duration))
        yield "film", f"{long} long, {words.size(job.result.film.size_bytes)}"
    for warning in (*job.execution.warnings, *job.result.warnings):
        yield "note", words.one_line(warning, 300)


def _step_row(step: StepInstance) -> tuple[str, ...]:
    name = f"{step.step} {step.index + 1}" if step.HasField("index") else step.step
    took = ""
    if step.HasField("start_time") and step.HasField("end_time"):
        took = words.length((step.end_time.ToNanoseconds() - step.start_time.ToNanoseconds()) / 1e9)
    state = words.step_state(step.state)
    if step.state == StepState.STEP_STATE_RUNNING:
        state = f"{state} {100 * step.progress.fraction:.0f} %"
    tries = str(step.attempts) if step.attempts else ""
    return name, state, tries, took, step.engine, words.one_line(step.error.message, 80)


async def explain(options: argparse.Namespace, output: Output) -> int:
    """Tells what a job would do."""
    spec = wanted.draft(options)
    async with Client(owner=options.owner) as client:
        await wanted.attach(client, spec, options)
        answer = await client.explain(spec)
    if output.as_json:
        output.emit(**as_dict(answer))
        return USAGE if answer.violations else OK
    for fault in answer.violations:
        output.console.print(f"{fault.field}: {fault.description}" if fault.field else fault.description)
    table = _table("step", "would", "engine", "takes", "")
    for step in answer.steps:
        name = f"{step.step} {step.index + 1}" if step.HasField("index") else step.step
        would = StepForecast.Name(step.forecast).removeprefix("STEP_FORECAST_").lower()
        takes = step.resolution.expected_time
        table.add_row(
            name,
            would,
            step.resolution.engine,
            words.length(words.seconds(takes)) if step.resolution.HasField("expected_time") else "",
            words.one_line(step.obstacle, 100) or _reviews(step.gates),
        )
    if answer.steps:
        output.console.print(table)
    if answer.HasField("expected_time"):
        output.say(f"expected time: {words.length(words.seconds(answer.expected_time))}")
    if answer.HasField("expected_cost"):
        cost = answer.expected_cost
        output.say(f"expected cost: {cost.units + cost.nanos / 1e9:.2f} {cost.currency_code}")
    if any(step.obstacle for step in answer.steps):
        return FAILED
    return USAGE if answer.violations else OK


def _reviews(gates: Iterable[str]) -> str:
    """What a step would wait for."""
    return f"after approval of {' and '.join(gates)}" if gates else ""


async def scenes(options: argparse.Namespace, output: Output) -> int:
    """Lists a job's scenes."""
    async with Client(owner=options.owner) as client:
        found = await client.scenes(await job_named(client, options.job))
    if output.as_json:
        for view in found:
            output.emit(**as_dict(view))
        return OK
    table = _table("", "scene", "at", "lasts", "", "text", wrap=True)
    for view in found:
        table.add_row(*_scene_row(view))
    output.console.print(table)
    return OK


def _scene_row(view: SceneView) -> tuple[str, ...]:
    marks = [word for word, on in (("edited", view.edited), ("locked", view.locked)) if on]
    marks += [f"{len(view.clips)} clips"] if len(view.clips) > 1 else []
    return (
        str(view.index + 1),
        view.scene.id,
        words.length(words.seconds(view.start)) if view.HasField("duration") else "",
        words.length(words.seconds(view.duration)) if view.HasField("duration") else "",
        " ".join(marks),
        words.one_line(view.scene.text, 400),
    )


async def edit(options: argparse.Namespace, output: Output) -> int:
    """Changes a scene."""
    wishes = ("text", "prompt", "motion", "picture", "choose", "choose_clip", "seed", "variants", "lock")
    if all(getattr(options, wish) is None for wish in wishes):
        raise UsageError("nothing to change: give --text, --prompt, --picture or another of `edit --help`")
    async with Client(owner=options.owner) as client:
        job = await job_named(client, options.job)
        scene = await _scene_id(client, job, options.scene)
        picture = await client.upload(options.picture) if options.picture else None
        view = await client.edit_scene(
            job,
            scene,
            text=options.text,
            image_prompt=options.prompt,
            motion_prompt=options.motion,
            picture=picture,
            picture_index=options.choose - 1 if options.choose is not None else None,
            clip_index=options.choose_clip - 1 if options.choose_clip is not None else None,
            seed=options.seed,
            variants=options.variants,
            locked=options.lock,
        )
    output.result(f"scene {view.index + 1} ({scene}) is changed", **as_dict(view))
    output.say(f"make the film anew with: reelmesh run {job}")
    return OK


async def _scene_id(client: Client, job: str, named: str) -> str:
    if not named.isascii() or not named.isdigit() or len(named) > 4:
        return named
    found = await client.scenes(job)
    if not 1 <= int(named) <= len(found):
        raise UsageError(f"there is no scene {named}: job {job} has {len(found)}")
    return found[int(named) - 1].scene.id


def _table(*columns: str, header: bool = True, wrap: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=header, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=not (wrap and column == "text"))
    return table


COMMANDS = {
    "submit": submit,
    "watch": watch,
    "cancel": cancel,
    "jobs": listing,
    "show": show,
    "explain": explain,
    "scenes": scenes,
    "edit": edit,
}

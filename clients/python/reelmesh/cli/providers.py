"""Commands about the providers of clips: providers, attempts, spending."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import sys
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money
from rich.table import Table

from reelmesh import providers as api
from reelmesh.cli import words
from reelmesh.cli.failures import FAILED, OK, UsageError
from reelmesh.cli.follow import Output, as_dict
from reelmesh.cli.jobs import job_named
from reelmesh.client import Client
from reelmesh.orchestrator.v1.job_pb2 import StepInstance, StepState
from reelmesh.orchestrator.v1.job_service_pb2 import UnconfirmedDecision
from reelmesh.video.v1 import video_pb2

_DECISIONS = {
    "check": UnconfirmedDecision.UNCONFIRMED_DECISION_CHECK_AGAIN,
    "give_up": UnconfirmedDecision.UNCONFIRMED_DECISION_GIVE_UP,
    "resubmit": UnconfirmedDecision.UNCONFIRMED_DECISION_RESUBMIT,
}
COLUMNS = (
    "intent_time", "end_time", "provider", "model", "state", "why", "cost", "currency", "seconds", "trouble",
    "job_id", "step", "request_id", "attempt_id", "task_id",
)  # fmt: skip
"""Columns of `spending --csv`, a row for each attempt, the oldest first: times in UTC (RFC 3339); cost as a
decimal number, what it cost or, in the states intent, submitted and unconfirmed, what it may cost; seconds
from the intent to the end; trouble, why it gave no clip."""


async def providers(options: argparse.Namespace, output: Output) -> int:
    """Lists providers, or tests one."""
    async with Client() as client:
        if options.test:
            told = await client.test_provider(options.test)
            took = told.latency.ToMilliseconds()
            line = f"{options.test}: {'ok' if told.ok else 'problem'}, {told.detail} ({took} ms)"
            output.result(line, type="tested", provider=options.test, ok=told.ok, detail=told.detail)
            return OK if told.ok else FAILED
        if options.events:
            return await _events(client, output)
        found = await client.providers()
    table = _table("provider", "health", "busy", "price/s", "clips", "failed", "median", "today", "month")
    for one in found:
        if output.as_json:
            output.emit(**as_dict(one))
            continue
        table.add_row(*_row(one))
    if not output.as_json:
        output.console.print(table)
        for one in found:
            for alert in one.alerts:
                output.console.print(f"{one.engine.name}: {words.one_line(alert, 200)}", style="yellow")
            for missing in one.engine.missing:
                output.console.print(
                    f"{one.engine.name}: {missing.name} missing, {missing.remedy}", style="dim"
                )
    return OK


async def _events(client: Client, output: Output) -> int:
    table = _table("when", "provider", "what", "")
    async for one in client.provider_events():
        if output.as_json:
            output.emit(**as_dict(one))
            continue
        kind = video_pb2.ProviderEventKind.Name(one.kind).removeprefix("PROVIDER_EVENT_KIND_").lower()
        table.add_row(
            words.moment(one.time), one.provider, kind.replace("_", " "), words.one_line(one.message, 200)
        )
    if not output.as_json:
        output.console.print(table)
    return OK


async def attempts(options: argparse.Namespace, output: Output) -> int:
    """Lists what was asked of paid providers for a job."""
    table = _table("when", "step", "provider", "model", "state", "why", "cost", "took", "")
    async with Client(owner=options.owner) as client:
        job = await job_named(client, options.job)
        async for one in client.attempts(job_id=job):
            if output.as_json:
                output.emit(**as_dict(one))
                continue
            told = f"{one.trouble}: {one.message}" if one.trouble else ""
            took = f"{_seconds(one):.0f} s" if one.HasField("end_time") else ""
            table.add_row(
                words.moment(one.intent_time), one.step, one.provider, one.model, _state(one), one.why,
                _money(one.cost), took, words.one_line(told, 80),
            )  # fmt: skip
    if not output.as_json:
        output.console.print(table)
    return OK


async def resolve(options: argparse.Namespace, output: Output) -> int:
    """Says what to do about paid calls whose outcome is not known."""
    decision = next(known for name, known in _DECISIONS.items() if getattr(options, name))
    async with Client(owner=options.owner) as client:
        job = await client.get(await job_named(client, options.job))
        doubtful = [
            step
            for step in job.execution.steps
            if step.state == StepState.STEP_STATE_UNCONFIRMED and options.step in ("", _step(step))
        ]
        if not doubtful:
            named = f"{options.step} of job {job.id}" if options.step else f"no step of job {job.id}"
            verb = "is not" if options.step else "is"
            raise UsageError(f"{named} {verb} of unknown outcome: reelmesh show {job.id} tells how it stands")
        for step in doubtful:
            index = step.index if step.HasField("index") else None
            job = await client.resolve_unconfirmed(job, step.step, decision, index=index)
            told = UnconfirmedDecision.Name(decision).removeprefix("UNCONFIRMED_DECISION_").lower()
            told = told.replace("_", " ")
            output.result(
                f"{_step(step)}: {told}", type="resolved", job_id=job.id, step=_step(step), decision=told
            )
    output.say(f"follow it with: reelmesh watch {job.id}")
    return OK


def _step(step: StepInstance) -> str:
    return f"{step.step}[{step.index}]" if step.HasField("index") else step.step


async def spending(options: argparse.Namespace, output: Output) -> int:
    """Adds up what providers have cost, or writes each attempt as a row of CSV."""
    async with Client(owner=options.owner) as client:
        made = [one async for one in client.attempts(provider=options.provider)]
    if options.csv:
        rows = csv.writer(sys.stdout, lineterminator="\r\n")  # RFC 4180
        rows.writerow(COLUMNS)
        rows.writerows([_cell(value) for value in _values(one)] for one in reversed(made))
        return OK
    table = _table("provider", "model", "attempts", "clips", "spent", "at risk", "currency")
    for one in api.spending(made):
        numbers = {"attempts": one.attempts, "clips": one.clips}
        amounts = {"spent": f"{one.spent.normalize():f}", "at_risk": f"{one.at_risk.normalize():f}"}
        if output.as_json:
            output.emit(provider=one.provider, model=one.model, currency=one.currency, **numbers, **amounts)
        table.add_row(one.provider, one.model, *map(str, numbers.values()), *amounts.values(), one.currency)
    if not output.as_json:
        output.console.print(table)
    return OK


def _row(one: video_pb2.Provider) -> list[str]:
    health = video_pb2.ProviderHealth.Name(one.health).removeprefix("PROVIDER_HEALTH_").lower()
    told = one.statistics
    median = f"{words.seconds(told.latency_p50):.0f} s" if told.HasField("latency_p50") else ""
    return [
        one.engine.name, health.replace("_", " "), f"{one.running}/{one.concurrency}",
        _money(one.price_per_second), str(told.succeeded), str(told.failed), median,
        _money(one.spent_today), _money(one.spent_this_month),
    ]  # fmt: skip


def _values(one: video_pb2.Attempt) -> list[Any]:
    ended = one.HasField("end_time")
    return [
        _time(one.intent_time), _time(one.end_time) if ended else "", one.provider, one.model, _state(one),
        one.why, f"{api.amount(one.cost):f}", one.cost.currency_code,
        f"{_seconds(one):.1f}" if ended else "", one.trouble, one.job_id, one.step, one.request_id, one.id,
        one.task_id,
    ]  # fmt: skip


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: ids come from vendors."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _state(one: video_pb2.Attempt) -> str:
    return video_pb2.AttemptState.Name(one.state).removeprefix("ATTEMPT_STATE_").lower()


def _seconds(one: video_pb2.Attempt) -> float:
    return (one.end_time.ToNanoseconds() - one.intent_time.ToNanoseconds()) / 1e9


def _time(moment: Timestamp) -> str:
    return moment.ToDatetime(tzinfo=dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _money(money: Money) -> str:
    return f"{api.amount(money).normalize():f} {money.currency_code}" if money.currency_code else ""


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=bool(column))
    return table


COMMANDS = {"providers": providers, "attempts": attempts, "resolve": resolve, "spending": spending}

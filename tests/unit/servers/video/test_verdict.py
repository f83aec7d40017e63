"""Who may be asked next, after what has happened."""

from __future__ import annotations

from typing import Any

import pytest

from servers.chassis.errors import FailedPrecondition, InvalidArgument, ResourceExhausted
from servers.video import verdict
from servers.video.ledger.records import Attempt, Held
from servers.video.ledger.schema import AttemptState
from servers.video.vendor import Kind


def attempt(provider: str, kind: Kind, state: AttemptState = AttemptState.REFUSED, **more: Any) -> Attempt:
    given: dict[str, Any] = dict.fromkeys(Attempt.__dataclass_fields__, "")
    given |= {"provider": provider, "kind": str(kind), "state": state, "intent_time": 10.0, "cost": 0}
    return Attempt(**{**given, "reserved": 0, "number": 1, **more})


def left(
    *history: Attempt, names: tuple[str, ...] = ("a", "b"), since: float = 0.0, over: bool = True
) -> Any:
    return verdict.left(names, history, may_fail_over=over, most=8, since=since)


def test_another_is_asked_first_and_the_same_again_only_after_what_may_be_chance() -> None:
    assert left() == ["a", "b"]
    assert left(attempt("a", Kind.OUTAGE)) == ["b"]
    assert left(attempt("a", Kind.OUTAGE), attempt("b", Kind.CREDIT)) == ["a"]
    assert left(attempt("a", Kind.OUTAGE), names=("a",)) == ["a"]
    assert left(attempt("a", Kind.CREDIT), names=("a",)) == []
    assert left(attempt("a", Kind.OUTAGE), over=False) == ["a"]


def test_nobody_is_asked_for_words_that_were_refused() -> None:
    assert left(attempt("a", Kind.MODERATION)) == []
    assert left(attempt("a", Kind.MODERATION), since=20.0) == []


@pytest.mark.parametrize("kind", [Kind.AUTH, Kind.CREDIT, Kind.THROTTLED, Kind.OUTAGE, Kind.SETUP])
def test_what_is_mended_elsewhere_does_not_stand_in_the_way_of_a_later_call(kind: Kind) -> None:
    refused = [attempt("a", kind)] * 8
    assert left(*refused, names=("a",), since=5.0) == []
    assert left(*refused, names=("a",), since=20.0) == ["a"]


def test_what_was_paid_counts_in_every_call() -> None:
    failed = [attempt("a", Kind.BAD_OUTPUT, AttemptState.FAILED)] * 2
    assert left(*failed, names=("a",), since=20.0) == []
    assert left(attempt("a", Kind.INVALID), names=("a",), since=20.0) == []


def test_a_cancelled_task_is_made_again_when_it_is_asked_for_again() -> None:
    cancelled = attempt("a", Kind.CANCELLED, AttemptState.CANCELLED)
    deleted = attempt("a", Kind.CANCELLED, AttemptState.FAILED)
    assert left(cancelled, names=("a",)) == ["a"]
    assert left(deleted, names=("a",), since=20.0) == ["a"]
    assert left(deleted, names=("a",), since=5.0) == []


def test_the_status_says_whose_it_is_to_mend() -> None:
    setup = attempt("a", Kind.SETUP, code="NO_PUBLIC_LINK", message="set storage.http_public_url")
    assert isinstance(verdict.fault(setup), FailedPrecondition)
    assert verdict.fault(setup).reason == "NO_PUBLIC_LINK"
    assert isinstance(verdict.fault(attempt("a", Kind.MODERATION)), InvalidArgument)
    assert isinstance(verdict.fault(attempt("a", Kind.CREDIT)), FailedPrecondition)
    assert verdict.fault(attempt("a", Kind.OUTAGE), asked=True).reason == "FAILOVER_ASK"


def test_waiting_is_worth_while_only_where_it_is_short() -> None:
    assert verdict.wait([Held("a", "busy", 2.0, "busy"), Held("b", "closed", 900.0, "no credit")]) == 2.0
    with pytest.raises(ResourceExhausted):
        verdict.wait([Held("a", "closed", 900.0, "no credit")])
    with pytest.raises(FailedPrecondition) as ceiling:
        verdict.wait([Held("a", "daily ceiling", None, "full")])
    assert ceiling.value.reason == "SPENDING_CEILING"

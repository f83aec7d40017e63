"""Which statuses are retried, how long is waited, and what a step's own policy changes."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.drive.retry import Policy, is_busy, is_unconfirmed, may_retry, reason, retry_after
from reelmesh.orchestrator.v1.graph_pb2 import RetryPolicy
from servers.chassis.errors import FailedPrecondition, ResourceExhausted

CODES = sorted(number for number, _ in (code.value for code in grpc.StatusCode) if number)
PASSING = {code_pb2.UNAVAILABLE, code_pb2.ABORTED, code_pb2.DEADLINE_EXCEEDED, code_pb2.CANCELLED}
BROKEN = {code_pb2.INTERNAL, code_pb2.UNKNOWN}

policies = st.builds(
    Policy,
    max_attempts=st.integers(1, 100),
    initial_delay_seconds=st.floats(0.001, 3600),
    max_delay_seconds=st.floats(0.001, 86400),
)


@pytest.mark.parametrize("code", CODES)
def test_only_what_may_pass_is_retried(code: int) -> None:
    assert may_retry(Status(code=code), 1, Policy()) == (code in PASSING | BROKEN)


@given(st.sampled_from(CODES), st.integers(1, 200), policies)
def test_attempts_are_bounded(code: int, failures: int, policy: Policy) -> None:
    if may_retry(Status(code=code), failures, policy):
        assert failures < policy.max_attempts


def test_what_is_broken_is_tried_three_times_at_most() -> None:
    policy = Policy(max_attempts=50)
    assert [may_retry(Status(code=code_pb2.INTERNAL), n, policy) for n in (1, 2, 3)] == [True, True, False]


def test_an_exhausted_server_must_say_when_to_come_back() -> None:
    assert not may_retry(Status(code=code_pb2.RESOURCE_EXHAUSTED), 1, Policy())
    full = ResourceExhausted("full", retry_after_seconds=2.5, reason="QUEUE_FULL").status()
    assert retry_after(full) == 2.5
    assert is_busy(full)
    assert may_retry(full, 1000, Policy(max_attempts=1))


def test_a_full_disk_is_not_waited_for_without_end() -> None:
    full = ResourceExhausted("no room", retry_after_seconds=60, reason="STORE_FULL").status()
    assert not is_busy(full)
    assert may_retry(full, 1, Policy(max_attempts=2))
    assert not may_retry(full, 2, Policy(max_attempts=2))


def test_an_unconfirmed_call_is_known_by_its_reason() -> None:
    unconfirmed = FailedPrecondition("what became of it?", reason="UNCONFIRMED").status()
    assert is_unconfirmed(unconfirmed)
    assert not may_retry(unconfirmed, 1, Policy())
    assert not is_unconfirmed(FailedPrecondition("a key is missing").status())
    assert reason(Status()) == ""


@given(policies, st.integers(1, 10_000), st.floats(0, 1))
def test_delays_have_full_jitter_within_their_bounds(policy: Policy, failures: int, chance: float) -> None:
    bound = policy.delay_bound(failures)
    assert 0 <= policy.delay(failures, chance) <= bound <= policy.max_delay_seconds
    assert bound <= policy.delay_bound(failures + 1)
    assert policy.delay(failures, 0) == 0
    assert policy.delay(failures, 1) == bound


def test_the_bound_doubles() -> None:
    policy = Policy(initial_delay_seconds=1, max_delay_seconds=60)
    assert [policy.delay_bound(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_a_step_says_goes_before_the_settings() -> None:
    policy = Policy(max_attempts=4, initial_delay_seconds=1, max_delay_seconds=60)
    assert policy.overlaid(RetryPolicy()) == policy
    step = RetryPolicy(max_attempts=9)
    step.initial_delay.FromMilliseconds(20)
    step.max_delay.FromSeconds(5)
    assert policy.overlaid(step) == Policy(9, 0.02, 5)

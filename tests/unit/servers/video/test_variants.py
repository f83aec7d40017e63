"""Clips of one shot differ by their seeds alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.video.motion import MotionProvider
from servers.video.variants import settle


@given(st.integers(-(2**63), 2**63 - 1))
def test_each_variant_has_a_seed_of_its_own_that_stays(seed: int) -> None:
    def settled(variant: int) -> GenerateRequest:
        request = GenerateRequest(seed=seed, variant=variant, prompt="a fox")
        settle(request)
        return request

    assert settled(0) == GenerateRequest(seed=seed, prompt="a fox")
    drawn = [settled(variant) for variant in range(5)]
    assert len({one.seed for one in drawn}) == 5
    assert all(0 <= one.seed < 2**31 for one in drawn[1:])  # what every vendor takes
    assert drawn == [settled(variant) for variant in range(5)]
    again = settled(3)
    settle(again)
    assert again == drawn[3]


def test_without_a_seed_there_is_none() -> None:
    request = GenerateRequest(variant=2)
    settle(request)
    assert request == GenerateRequest()


def test_a_provider_resolves_a_variant_to_its_seed() -> None:
    request = GenerateRequest(seed=4, variant=1)
    request.first_frame.digest = "a" * 64
    one = MotionProvider({}).resolve(request)
    assert one.cacheable
    assert one.request.variant == 0
    assert one.request.seed != 4

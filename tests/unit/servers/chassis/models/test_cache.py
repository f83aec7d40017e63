"""Who makes room: the least recently used, never one in use or pinned, never more than needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.models.cache import Cache
from servers.chassis.models.spec import ModelSpec


def spec(number: int, *, pinned: bool = False) -> ModelSpec:
    return ModelSpec(str(number), "toy", "toy:Toy", {"number": number}, pinned=pinned)


models = st.lists(st.tuples(st.integers(1, 100), st.booleans(), st.booleans()), max_size=8)


@given(models=models, uses=st.lists(st.integers(0, 7)), need=st.integers(0, 500), free=st.integers(0, 100))
def test_the_law_of_making_room(
    models: list[tuple[int, bool, bool]], uses: list[int], need: int, free: int
) -> None:
    cache = Cache()
    for number, (size, pinned, in_use) in enumerate(models):
        cache.add(spec(number, pinned=pinned), size)
        cache.use(spec(number).key).in_use = in_use
    for number in uses:
        if spec(number).key in cache:
            cache.use(spec(number).key)
    going = cache.victims(need, free)
    assert not any(held.in_use or held.spec.pinned for held in going)
    order = [held for held in reversed(cache.all()) if not held.in_use and not held.spec.pinned]
    assert going == order[: len(going)]
    freed = free + sum(held.footprint_bytes for held in going)
    assert freed >= need or going == order
    if going:
        assert freed - going[-1].footprint_bytes < need


def test_what_is_used_counts_as_new() -> None:
    cache = Cache()
    for number in range(3):
        cache.add(spec(number), 10)
    cache.use(spec(0).key)
    assert [held.spec.name for held in cache.victims(20, 0)] == ["1", "2"]


def test_equal_arguments_are_one_model_whoever_names_it() -> None:
    assert spec(1).key == ModelSpec("other name", "toy", "toy:Toy", {"number": 1}, pinned=True).key
    assert spec(1).key != spec(2).key

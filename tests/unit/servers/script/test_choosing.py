"""Which scenes are chosen: exactly so many, spread out, and left alone by edits elsewhere."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reelmesh.common.v1.asset_pb2 import Asset
from servers.script.choosing import cast_clips, spread
from tests.unit.servers.script.asking import planned

SEEDS = st.integers(-(2**63), 2**63 - 1)


def ids(count: int) -> list[str]:
    return [f"scene {number}" for number in range(count)]


@given(st.integers(0, 120), st.floats(0, 1), SEEDS)
def test_exactly_the_share_is_chosen(count: int, share: float, seed: int) -> None:
    chosen = spread(ids(count), share, seed, "animate")
    assert len(chosen) == math.floor(share * count + 0.5)
    assert chosen == sorted(set(chosen))
    assert all(0 <= at < count for at in chosen)


@given(st.integers(1, 120), st.floats(0, 1), SEEDS)
def test_what_is_chosen_is_spread_out(count: int, share: float, seed: int) -> None:
    chosen = spread(ids(count), share, seed, "animate")
    rare = chosen if 2 * len(chosen) <= count else [at for at in range(count) if at not in chosen]
    if not rare:
        return
    # Nowhere is a stretch much longer than where all stood at one distance.
    apart = 1 / max(min(share, 1 - share), 1e-3)
    longest = max(2 * math.ceil(apart), 2.5 * apart)  # the half is what was rounded off the number chosen
    assert all(after - at - 1 <= longest for at, after in pairwise([-1, *rare, count]))


def test_the_seed_and_the_purpose_choose() -> None:
    chosen = {tuple(spread(ids(40), 0.3, seed, what)) for seed in range(5) for what in ("animate", "stock")}
    assert len(chosen) == 10


def test_an_edit_changes_the_choice_only_around_it() -> None:
    changed = 0
    for seed in range(60):
        before, after = ids(40), ids(40)
        after[20] = "another"
        old = {before[at] for at in spread(before, 0.3, seed, "animate")}
        new = {after[at] for at in spread(after, 0.3, seed, "animate")}
        changed += len((old ^ new) - {"scene 20", "another"})
    assert changed / 60 < 2


def test_a_scene_more_leaves_nearly_all_as_they_are() -> None:
    changed = 0
    for seed in range(60):
        old = {ids(40)[at] for at in spread(ids(40), 0.25, seed, "stock")}
        more = [*ids(40)[:20], "new", *ids(40)[20:]]
        changed += len((old ^ {more[at] for at in spread(more, 0.25, seed, "stock")}) - {"new"})
    assert changed / 60 < 2


@given(st.integers(0, 60), st.integers(1, 20), SEEDS)
def test_each_clip_is_used_once_before_any_is_used_again(scenes: int, clips: int, seed: int) -> None:
    stock = [Asset(digest=f"{number:064x}") for number in range(clips)]
    given = cast_clips(ids(scenes), stock + stock[:1], seed)
    used = [[one.digest for one in given].count(clip.digest) for clip in stock]
    assert sum(used) == scenes
    assert max(used) - min(used) <= 1


def test_an_edited_paragraph_leaves_the_other_scenes_as_they_are() -> None:
    stock = [Asset(digest=letter * 64) for letter in "abcd"]
    told = [
        f"The fox number {number} ran over the hill and saw {number} grapes. Then she slept."
        for number in range(20)
    ]
    edited = [*told]
    edited[7] = "A crow came and laughed at the fox, and nobody knew why. It was a long day for all of them."
    wish = {"stock_clips": stock, "stock_share": 0.25, "animate_share": 0.5, "seed": 4}
    old = {one.id: one for one in planned(text="\n\n".join(told), **wish).scenes}
    new = {one.id: one for one in planned(text="\n\n".join(edited), **wish).scenes}
    kept = old.keys() & new.keys()
    assert len(kept) >= 19
    for id in kept:
        assert (old[id].seed, old[id].text, old[id].place_seed) == (
            new[id].seed,
            new[id].text,
            new[id].place_seed,
        )
    same = [id for id in kept if (old[id].clip, old[id].animate) == (new[id].clip, new[id].animate)]
    assert len(same) >= 15

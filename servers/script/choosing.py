"""Chooses which scenes are animated and which show a stock clip: exactly so many, spread out, by the seed.

A scene's chance hangs on its id, not on its position, so an edit elsewhere leaves the choice alone but for
its neighbourhood.
"""

from __future__ import annotations

import bisect
import hashlib
import math
from collections import Counter
from collections.abc import Sequence

from reelmesh.common.v1.asset_pb2 import Asset


def seed_of(seed: int, what: str) -> int:
    """A seed of its own for something, 63 bits, from the plan's seed and its name."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def spread(ids: Sequence[str], share: float, seed: int, purpose: str) -> list[int]:
    """Positions of the share of some scenes, half a scene counting as one, in order.

    Those that stand apart come first, in the order of their luck: of the scenes chosen, or of those left out
    where these are fewer, two stand side by side only when there is no other way to reach the number.
    """
    count = math.floor(share * len(ids) + 0.5)
    # It hangs on the share alone: one scene more must not change how far apart all of them stand.
    distance = min(len(ids), math.ceil(1 / max(min(share, 1 - share), 1e-3)))
    order = sorted(range(len(ids)), key=lambda at: seed_of(seed, f"{purpose}:{ids[at]}"))
    if 2 * count > len(ids):
        left_out = set(_apart(order, len(ids) - count, distance))
        return [at for at in range(len(ids)) if at not in left_out]
    return _apart(order, count, distance)


def _apart(order: Sequence[int], count: int, most: int) -> list[int]:
    """`count` of the positions, taken in order, as long as they keep a distance, which shrinks as it must."""
    chosen: list[int] = []
    for distance in range(most, 0, -1):
        for at in order:
            if len(chosen) == count:
                return chosen
            number = bisect.bisect_left(chosen, at)
            near = chosen[max(0, number - 1) : number + 1]
            if all(abs(at - other) >= distance for other in near):
                chosen.insert(number, at)
    return chosen


def cast_clips(ids: Sequence[str], clips: Sequence[Asset], seed: int) -> list[Asset]:
    """A clip for each scene; each is used once before any is used again."""
    known = {clip.digest: clip for clip in clips}
    used: Counter[str] = Counter(dict.fromkeys(known, 0))
    given: dict[str, Asset] = {}
    for scene in sorted(ids, key=lambda id: seed_of(seed, f"stock:{id}")):
        digest = min(known, key=lambda digest: (used[digest], seed_of(seed, f"{scene}:{digest}")))
        used[digest] += 1
        given[scene] = known[digest]
    return [given[id] for id in ids]

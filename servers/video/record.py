"""How a provider has done since the server started."""

from __future__ import annotations

import collections
import contextlib
import math
import time
from collections.abc import Iterator

from reelmesh.video.v1.video_pb2 import ProviderStatistics

_KEPT = 500
"""How many of the last clips the latencies are taken from."""


class Record:
    """Counts the clips of one provider and how long they took. Belongs to one event loop."""

    def __init__(self) -> None:
        self.running = 0
        self._succeeded = 0
        self._failed = 0
        self._seconds: collections.deque[float] = collections.deque(maxlen=_KEPT)

    @contextlib.contextmanager
    def clip(self) -> Iterator[None]:
        """Surrounds the making of one clip. What is cancelled counts as neither made nor failed."""
        began = time.monotonic()
        self.running += 1
        try:
            yield
        except Exception:
            self._failed += 1
            raise
        else:
            self._succeeded += 1
            self._seconds.append(time.monotonic() - began)
        finally:
            self.running -= 1

    def statistics(self) -> ProviderStatistics:
        """The counts, and the median and 95th percentile of the last clips' times (nearest rank)."""
        told = ProviderStatistics(succeeded=self._succeeded, failed=self._failed)
        ordered = sorted(self._seconds)
        if ordered:
            for duration, share in ((told.latency_p50, 0.5), (told.latency_p95, 0.95)):
                duration.FromNanoseconds(int(ordered[math.ceil(share * len(ordered)) - 1] * 1e9))
        return told

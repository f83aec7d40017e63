"""How benchmarks tell what they found: a table for people, a JSON file for scripts."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "out" / "bench"


def table(rows: Sequence[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Rows in aligned columns under an optional head; all but the first column are set to the right."""
    cells = [[str(cell) for cell in row] for row in ([head] if head else []) + list(rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        padded = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    if head:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def number(value: float) -> str:
    """A figure with three significant digits, or all of them where it has more before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(name: str, figures: Mapping[str, float], *, quick: bool = False) -> Path:
    """Write out/bench/NAME.json: an object `figures` of name: number, and what they were measured on."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    measured = {
        "figures": dict(figures),
        "quick": quick,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
    }
    path.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return path

"""Run a benchmark: python -m tests.bench NAME [--quick].

A benchmark is a module of this folder with `main(quick)`, which prints what it finds and returns its figures
by name. They are printed as a table and written to out/bench/NAME.json. Benchmarks assert no times; each
measures beside a peer or a physical limit in the same run, since machines differ.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

from tests.bench import report

NOT_BENCHMARKS = {"__main__", "report"}


def names() -> list[str]:
    """The benchmarks there are."""
    found = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    return sorted(name for name in found - NOT_BENCHMARKS if not name.startswith("_"))


def main() -> int:
    """Run as a command; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run a benchmark.")
    parser.add_argument("name", nargs="?", help="which benchmark")
    parser.add_argument("--quick", action="store_true", help="a shorter run, under 4 minutes")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and stop")
    options = parser.parse_args()
    if options.list:
        print(*names())
        return 0
    if options.name not in names():
        print(f"no benchmark {options.name!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    benchmark = importlib.import_module(f"tests.bench.{options.name}")
    figures: dict[str, float] = benchmark.main(options.quick)
    print(
        report.table(
            [[name, report.number(value)] for name, value in figures.items()], ["figure", options.name]
        )
    )
    print(f"wrote {report.write(options.name, figures, quick=options.quick)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

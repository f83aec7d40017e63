"""Short texts of many kinds in English and Chinese, written for these tests; they are in `kinds.txt`."""

from __future__ import annotations

from pathlib import Path

_TEXTS = Path(__file__).with_name("kinds.txt").read_text(encoding="utf-8").split("%%%% ")[1:]
KINDS = {name: text.rstrip("\n") for name, _, text in (part.partition("\n") for part in _TEXTS)}
"""The texts by kind; the names of the Chinese ones are Chinese."""

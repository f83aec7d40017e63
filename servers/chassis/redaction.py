"""Takes out of a text what is nobody's business: where things lie on the server's disk."""

from __future__ import annotations

import re

_PATH = re.compile(r"(?<![\w/])(?:/[^\s:'\"/]+)+/(?=[^\s:'\"/])")


def without_paths(text: str) -> str:
    """The text with every absolute path cut down to its last part."""
    return _PATH.sub("", text)

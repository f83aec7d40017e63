"""Logs: structured, one JSON object a line in files, readable lines on a terminal, and no secrets."""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

FILE_BYTES = 8 * 2**20
FILES_KEPT = 5
_SECRET_KEY = re.compile(r"(?i)(secret|password|passwd|token|api_?key|authorization|credential)")
_SECRET_VALUE = re.compile(
    r"(?i)(bearer\s+|key_|sk-|[?&](?:sig|signature|token|key|x-amz-signature)=)[A-Za-z0-9._~+/=-]{6,}"
)
_HIDDEN = "[hidden]"


def set_up(server: str, level: str, file: Path | None = None) -> None:
    """Sends structlog's and the standard library's records to `file`, or to stderr where there is none."""

    def name_server(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["server"] = server
        return event

    shared: list[Any] = [
        name_server,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler: logging.Handler
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8"
        )
    else:
        handler = logging.StreamHandler()
        if sys.stderr.isatty():
            renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "alembic", "aiosqlite", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces the values of telling keys, and what looks like a key or a signed link in any text."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = _HIDDEN
        elif isinstance(value, str):
            event[key] = _SECRET_VALUE.sub(lambda match: match.group(1) + _HIDDEN, value)
    return event

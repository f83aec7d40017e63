"""Lists in pages: opaque tokens that hold the last key shown."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import TypeVar

from servers.chassis.errors import InvalidArgument

DEFAULT_PAGE_SIZE = 100
T = TypeVar("T")


def encode(key: str) -> str:
    """The token of the page after the one that ends with `key`."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode(token: str) -> str:
    """The key a token holds; "" for the first page.

    Raises:
        InvalidArgument: the token was not made by `encode`.
    """
    try:
        padded = token + "=" * (-len(token) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise InvalidArgument(("page_token", "is not a token of this server")) from None


def page(items: Iterable[T], size: int, token: str, key: Callable[[T], str]) -> tuple[list[T], str]:
    """One page of what `items` holds, ordered by `key`, and the next page's token ("" on the last).

    The token is the last key shown, so a page is right even when the list has changed meanwhile.
    """
    after = decode(token)
    rest = sorted((item for item in items if not after or key(item) > after), key=key)
    count = size or DEFAULT_PAGE_SIZE
    shown = rest[:count]
    return shown, encode(key(shown[-1])) if len(rest) > count else ""

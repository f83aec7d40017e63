"""Links with which anyone can read one blob until they expire: signed with HMAC-SHA256.

    <base>/v1/blobs/<digest>?expires=<time>&type=<media type>&name=<file name>&signature=<hex>

The time is in seconds since the epoch. The signature covers all the rest, so a link can be made only by who
has the key. The key is a file of the store's folder that only its owner can read; removing it (with the
server stopped) ends all links.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import re
import secrets
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

KEY_FILE = "links.key"
KEY_BYTES = 32

_PATH = re.compile(r"(?:.*)/v1/blobs/([0-9a-f]{64})")
_LONGEST_TARGET = 4096


class Refused(Exception):
    """A link that is not good. `status` is the HTTP status to answer with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclasses.dataclass(frozen=True)
class Link:
    """What a link allows to read, and how it is offered."""

    digest: str
    expires: int
    """Seconds since the epoch."""
    media_type: str
    file_name: str = ""


class Links:
    """Signs and checks links with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, root: Path) -> Links:
        """With the key of a store's folder, made when there is none. Blocks."""
        path = root / KEY_FILE
        if not path.exists():
            handle, name = tempfile.mkstemp(dir=root / "temporary")  # made readable by its owner alone
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(name, path)  # unlike a rename this keeps the key of a server that was quicker
            except FileExistsError:
                pass
            finally:
                Path(name).unlink()
        return cls(path.read_bytes())

    def sign(self, base: str, link: Link) -> str:
        """The link as a URL below `base`."""
        query = {
            "expires": str(link.expires),
            "type": link.media_type,
            "name": link.file_name,
            "signature": self._signature(link),
        }
        given = {key: value for key, value in query.items() if value}
        return f"{base.rstrip('/')}/v1/blobs/{link.digest}?{urlencode(given, quote_via=quote)}"

    def check(self, target: str) -> Link:
        """What a request's target (path and query) allows.

        Raises:
            Refused: it is no link, was tampered with, or has expired.
        """
        if len(target) > _LONGEST_TARGET:
            raise Refused(414, "the address is too long")
        try:
            parts = urlsplit(target)
            pairs = parse_qsl(parts.query, strict_parsing=True, errors="strict") if parts.query else []
        except ValueError:
            raise Refused(400, "the address is malformed") from None
        path = _PATH.fullmatch(parts.path)
        if path is None:
            raise Refused(404, "there is nothing here")
        given = dict(pairs)
        expires = given.get("expires", "")
        if len(given) != len(pairs) or re.fullmatch(r"[0-9]{1,12}", expires) is None:
            raise Refused(403, "the link is not good")
        link = Link(path.group(1), int(expires), given.get("type", ""), given.get("name", ""))
        if not hmac.compare_digest(self._signature(link).encode(), given.get("signature", "").encode()):
            raise Refused(403, "the link is not good")
        if time.time() >= link.expires:
            raise Refused(403, "the link has expired")
        return link

    def _signature(self, link: Link) -> str:
        # No field can hold a line break, so no two links give the same text.
        text = "\n".join(("reelmesh link 1", link.digest, str(link.expires), link.media_type, link.file_name))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def disposition(file_name: str) -> str:
    """Content-Disposition that offers a file name, for any script. Source: RFC 6266, RFC 8187."""
    if not file_name:
        return ""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"

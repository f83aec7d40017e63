"""Buckets of the user's to publish to, through OpenDAL, which is imported only when one is named.

What a store needs beside its address (keys, region, endpoint) comes from environment variables named
REELMESH_PUBLISH__<STORE>__<OPTION>, with OpenDAL's names of the options, and from what the store's own tools
read (AWS_ACCESS_KEY_ID, ~/.aws, ...). Nothing of it may stand in an address: addresses are seen and logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reelmesh import errors

PREFIX = "REELMESH_PUBLISH__"
EXTRA = 'pip install "reelmesh[buckets]"'
KEY_BYTES = 850
"""Longest key that all of these stores take."""
PART_BYTES = 8 << 20
CALL_SECONDS = 60.0
DIGEST = "sha256"
"""Name of the metadata that tells what bytes an object has."""


@dataclass(frozen=True)
class _Store:
    """A kind of store."""

    scheme: str
    """OpenDAL's name."""
    needs: tuple[str, ...]
    """OpenDAL's options that most of its buckets need."""
    bucket: str = "bucket"
    """OpenDAL's option that names the bucket."""


_S3 = _Store("s3", ("access_key_id", "secret_access_key", "region", "endpoint"))
_OSS = _Store("oss", ("endpoint", "access_key_id", "access_key_secret"))
_GCS = _Store("gcs", ("credential_path",))
_AZBLOB = _Store("azblob", ("endpoint", "account_name", "account_key"), "container")
_COS = _Store("cos", ("endpoint", "secret_id", "secret_key"))
_OBS = _Store("obs", ("endpoint", "access_key_id", "secret_access_key"))
_B2 = _Store("b2", ("bucket_id", "application_key_id", "application_key"))
STORES: Mapping[str, _Store] = {
    "s3": _S3,
    "oss": _OSS,
    "gs": _GCS,
    "gcs": _GCS,
    "az": _AZBLOB,
    "azblob": _AZBLOB,
    "cos": _COS,
    "obs": _OBS,
    "b2": _B2,
}
"""Stores by the scheme of their addresses."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SECRET = re.compile(r"key|secret|token|credential|password|sas", re.IGNORECASE)
_COMPLAINT = re.compile(r'[Cc]ode: "([^"]*)", message: "((?:[^"\\]|\\.)*)"')
_SOURCE = re.compile(r"^Source:\s*\n\s*(.+)$", re.MULTILINE)
_STATUS = re.compile(r"status: (\d{3})")


@dataclass(frozen=True)
class Address:
    """Where a bucket is: s3://films/2026."""

    scheme: str
    """As it was given, one of `STORES`."""
    bucket: str
    """The bucket's name."""
    prefix: str
    """What stands before every key, without "/" at its ends. May be empty."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")


def parsed(address: str) -> Address:
    """An address in parts.

    Raises:
        InvalidArgument: it is none. The message never repeats what may be a secret.
    """
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in STORES:
        known = ", ".join(f"{one}://" for one in STORES)
        raise errors.InvalidArgument(f"to: {scheme[:40]}:// is no bucket; give a folder, or one of {known}")
    bucket, _, prefix = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise errors.InvalidArgument(
            "to: an address must not hold credentials: they are seen by others. Set "
            + _variables(STORES[scheme])
        )
    if not _NAME.fullmatch(bucket):
        raise errors.InvalidArgument(
            f"to: {bucket[:80]!r} is no bucket's name; give {scheme}://BUCKET/PREFIX"
        )
    prefix = prefix.rstrip("/")
    parts = prefix.split("/") if prefix else []
    if any(part in ("", ".", "..") for part in parts) or _CONTROLS.search(prefix):
        raise errors.InvalidArgument(
            "to: must not hold '//', '.' or '..' between two '/', or control characters"
        )
    return Address(scheme, bucket, prefix)


def from_environment(store: str) -> dict[str, str]:
    """The options that the environment names for a store, by OpenDAL's names."""
    prefix = f"{PREFIX}{store.upper()}__"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in os.environ.items()
        if name.startswith(prefix) and value
    }


async def connected(address: Address, options: Mapping[str, str]) -> Bucket:
    """The bucket, which was asked whether it lets us in.

    Args:
        address: where it is.
        options: OpenDAL's options over those of the environment.

    Raises:
        FailedPrecondition: it does not, can not be reached, an option is wrong, or OpenDAL is missing.
    """
    store = STORES[address.scheme]
    try:
        import opendal
        from opendal.layers import RetryLayer, TimeoutLayer
    except ImportError:
        raise errors.FailedPrecondition(
            f"publishing to a bucket needs the package opendal: {EXTRA}"
        ) from None
    given = {**from_environment(store.scheme), **options, store.bucket: address.bucket}
    if store.scheme == "s3" and "endpoint" in given:
        given.setdefault("region", "us-east-1")  # what speaks S3 without being AWS mostly ignores it
    with _complaints(address, given):
        operator = opendal.AsyncOperator(store.scheme, **given)
        operator = operator.layer(TimeoutLayer(timeout=CALL_SECONDS, io_timeout=CALL_SECONDS))
        operator = operator.layer(RetryLayer(max_times=3, min_delay=0.2, max_delay=3.0, jitter=True))
        await operator.check()
    return Bucket(operator, address, given)


class Bucket:
    """A bucket, or what lies under a prefix of it. Needs leave to list, to read and to write."""

    def __init__(self, operator: Any, address: Address, options: Mapping[str, str]) -> None:
        """`options` are what the operator was made with: what is secret of them is never told."""
        self._operator = operator
        self._address = address
        self._options = options

    def address(self, name: PurePosixPath) -> str:
        """See `Destination.address`."""
        return f"{self._address}/{name}"

    async def holds(self, name: PurePosixPath, digest: str, size_bytes: int) -> bool | None:
        """See `Destination.holds`. An object that others put there is read to compare it."""
        from opendal import exceptions

        key = self._key(name)
        with self._complaints():
            try:
                found = await self._operator.stat(key)
            except exceptions.NotFound:
                return None
            if found.content_length != size_bytes:
                return False
            told = (found.user_metadata or {}).get(DIGEST)
            return (told or await self._digest(key, size_bytes)) == digest

    async def put(
        self, name: PurePosixPath, write: Callable[[Path], Awaitable[None]], digest: str, media_type: str
    ) -> None:
        """See `Destination.put`. The file is whole and checked here before the bucket gets any of it."""
        key = self._key(name)
        with tempfile.TemporaryDirectory(prefix="reelmesh-publish-") as folder:
            path = Path(folder) / "part"
            await write(path)
            with path.open("rb") as file, self._complaints():
                await self._upload(key, file, content_type=media_type, user_metadata={DIGEST: digest})

    async def _upload(self, key: str, file: Any, **facts: Any) -> None:
        """Writes an object; it appears when the last part is in.

        On a failure the writer is let go without closing it: closing is what makes the object.
        """
        part = await asyncio.to_thread(file.read, PART_BYTES)
        following = await asyncio.to_thread(file.read, PART_BYTES)
        if not following:
            await self._operator.write(key, part, **facts)
            return
        writer = await self._operator.open(key, "wb", chunk=PART_BYTES, concurrent=2, **facts)
        while part:
            await writer.write(part)
            part, following = following, await asyncio.to_thread(file.read, PART_BYTES)
        await writer.close()

    async def _digest(self, key: str, size_bytes: int) -> str:
        check = hashlib.sha256()
        for offset in range(0, size_bytes, PART_BYTES):
            size = min(PART_BYTES, size_bytes - offset)
            check.update(await self._operator.read(key, offset=offset, size=size))
        return check.hexdigest()

    def _key(self, name: PurePosixPath) -> str:
        key = f"{self._address.prefix}/{name}".lstrip("/")
        if len(key.encode()) > KEY_BYTES:
            raise errors.InvalidArgument(
                f"name: makes the key {key[:60]!r}... of {len(key.encode()):,} bytes; "
                f"a bucket takes {KEY_BYTES}: shorten the template or the prefix"
            )
        return key

    def _complaints(self) -> contextlib.AbstractContextManager[None]:
        return _complaints(self._address, self._options)


@contextlib.contextmanager
def _complaints(address: Address, options: Mapping[str, str]) -> Iterator[None]:
    """OpenDAL's errors as ours, in the bucket's own words but for what is secret."""
    from opendal import exceptions

    kinds: tuple[type[Exception], ...] = tuple(
        kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)
    )
    try:
        yield
    except kinds as error:
        said = _without_secrets(_said(str(error)), options)
        message = f"{address.scheme}://{address.bucket}: {said}"
        if isinstance(error, exceptions.ConfigInvalid | exceptions.PermissionDenied) or "credential" in said:
            message += f" - look at the bucket's name and at {_variables(STORES[address.scheme])}"
        raise errors.FailedPrecondition(message) from None


def _said(text: str) -> str:
    """What the store itself complained of, in one line."""
    if found := _COMPLAINT.search(text):
        code, message = found.groups()
        return f"{code}: {message}" if message else code
    first = text.partition("\n")[0]
    head, _, reason = first.partition(" => ")
    source = _SOURCE.search(text)
    status = _STATUS.search(text)
    more = source[1] if source else f"it answered HTTP {status[1]}" if status else ""
    return ": ".join(part for part in (reason or head, more) if part)[:300]


def _without_secrets(text: str, options: Mapping[str, str]) -> str:
    secrets = [value for name, value in (*options.items(), *os.environ.items()) if _SECRET.search(name)]
    for value in sorted(secrets, key=len, reverse=True):
        if len(value) >= 4:
            text = text.replace(value, "...")
    return text


def _variables(store: _Store) -> str:
    named = ", ".join(f"{PREFIX}{store.scheme.upper()}__{option.upper()}" for option in store.needs)
    return named + (" (or AWS_ACCESS_KEY_ID, AWS_REGION and the like)" if store is _S3 else "")

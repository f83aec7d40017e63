"""Where servers listen, and channels to them: loopback and unix sockets in the clear, all else with TLS."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

import grpc

from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.settings import MeshSettings


def bind(server: grpc.aio.Server, address: str, mesh: MeshSettings) -> str:
    """Binds a server and returns its address as a gRPC target; port 0 has become a real one.

    Raises:
        FailedPrecondition: other machines can reach the address and TLS is not set up.
        InvalidArgument: the address can not be bound.
    """
    credentials = _server_credentials(mesh)
    if not is_local(address) and credentials is None and not mesh.allow_plaintext:
        raise FailedPrecondition(
            f"{address} can be reached by other machines: set mesh.tls_certificate and mesh.tls_key, "
            "or mesh.allow_plaintext if the network is trusted",
            reason="TLS_REQUIRED",
        )
    if is_unix(address):
        _clear_socket(Path(address.removeprefix("unix:")))
    try:
        if credentials is not None and not is_unix(address):
            port = server.add_secure_port(address, credentials)
        else:
            port = server.add_insecure_port(address)
    except RuntimeError:
        raise InvalidArgument(("listen", f"{address} can not be bound: is it in use?")) from None
    return address if is_unix(address) else f"{address.rpartition(':')[0]}:{port}"


def protect(address: str) -> None:
    """A unix socket is for its owner alone: the filesystem is its authentication."""
    if is_unix(address):
        Path(address.removeprefix("unix:")).chmod(0o600)


def channel(address: str, mesh: MeshSettings, options: Sequence[tuple[str, int]]) -> grpc.aio.Channel:
    """A channel to a server of the mesh: with TLS off this machine, unless plaintext is allowed."""
    if is_local(address) or mesh.allow_plaintext:
        return grpc.aio.insecure_channel(address, options=list(options))
    authority = mesh.tls_client_ca.read_bytes() if mesh.tls_client_ca is not None else None
    certificate = mesh.tls_certificate.read_bytes() if mesh.tls_certificate is not None else None
    key = mesh.tls_key.read_bytes() if mesh.tls_key is not None else None
    credentials = grpc.ssl_channel_credentials(authority, key, certificate)
    return grpc.aio.secure_channel(address, credentials, options=list(options))


def is_unix(address: str) -> bool:
    """Whether the address is a unix socket, "unix:/path"."""
    return address.startswith("unix:")


def is_local(address: str) -> bool:
    """Whether only this machine can reach the address."""
    if is_unix(address):
        return True
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _server_credentials(mesh: MeshSettings) -> grpc.ServerCredentials | None:
    if mesh.tls_certificate is None or mesh.tls_key is None:
        return None
    pair = (mesh.tls_key.read_bytes(), mesh.tls_certificate.read_bytes())
    authority = mesh.tls_client_ca.read_bytes() if mesh.tls_client_ca is not None else None
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)


def _clear_socket(path: Path) -> None:
    """Makes the socket's folder, and removes a socket that nobody listens on any more."""
    if len(os.fsencode(path)) > 100:
        raise InvalidArgument(("listen", f"{path} is too long for a unix socket (100 bytes)"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise InvalidArgument(("listen", f"another server listens on {path}"))

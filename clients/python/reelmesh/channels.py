"""Channels to the mesh: loopback and unix sockets in the clear, all else with TLS."""

from __future__ import annotations

import ipaddress
import json
import os

import grpc

OWNER_KEY = "reelmesh-owner"
PLAINTEXT_VARIABLE = "REELMESH_MESH__ALLOW_PLAINTEXT"

# Every unary call of JobService may be sent twice: those that make something carry a request_id. Streams have
# their own way of going on.
_JOB_SERVICE = "reelmesh.orchestrator.v1.JobService"
_STREAMS = ("WatchJob", "WatchJobs", "ExportJob")
_RETRY = {
    "methodConfig": [
        {
            "name": [{"service": _JOB_SERVICE}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "3s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        },
        {"name": [{"service": _JOB_SERVICE, "method": name} for name in _STREAMS]},
    ]
}

OPTIONS: list[tuple[str, int | str]] = [
    # Keepalive as the servers have it: a peer that vanished is noticed, and neither calls the other rude.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A mesh that was started again is found again at once, not after gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
    ("grpc.enable_retries", 1),
    ("grpc.service_config", json.dumps(_RETRY)),
]


def open_channel(address: str, credentials: grpc.ChannelCredentials | None = None) -> grpc.aio.Channel:
    """A channel to a server. Off this machine it speaks TLS, unless the environment allows plaintext."""
    if credentials is not None:
        return grpc.aio.secure_channel(address, credentials, options=OPTIONS)
    if is_local(address) or os.environ.get(PLAINTEXT_VARIABLE, "").lower() in ("1", "true", "yes"):
        return grpc.aio.insecure_channel(address, options=OPTIONS)
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(), options=OPTIONS)


def is_local(address: str) -> bool:
    """Whether only this machine can reach the address."""
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Settings: one YAML shape, every value overridable by an environment variable.

Files are laid over each other, later ones winning: /etc/reelmesh/config.yaml (system), ./reelmesh.yaml
(project), ~/.config/reelmesh/config.yaml (user), and the file that REELMESH_CONFIG names. Above the files
stand environment variables: REELMESH_TTS__CAPACITY=2 sets `tts.capacity`. A value "${NAME}" stands for the
environment variable NAME and is looked up when it is used, so secrets are never in a file, a log or an
error.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from servers.chassis.errors import FailedPrecondition

PREFIX = "REELMESH_"
CONFIG_VARIABLE = "REELMESH_CONFIG"


class Section(BaseModel):
    """A part of the settings: immutable, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeshSettings(Section):
    """What all servers share."""

    home: Path = Field(
        default_factory=lambda: Path(
            os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        ).joinpath("reelmesh"),
        description="Folder for sockets, logs, the database and the store. To move it for the command and "
        "the SDK too, set REELMESH_MESH__HOME: they read no settings file.",
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )
    grace_seconds: float = Field(
        20.0, ge=0, description="How long work may finish after a server was told to stop."
    )
    tls_certificate: Path | None = Field(None, description="PEM certificate chain; needed off loopback.")
    tls_key: Path | None = Field(None, description="PEM private key of the certificate.")
    tls_client_ca: Path | None = Field(None, description="PEM CA: clients must show a certificate of it.")
    allow_plaintext: bool = Field(
        False, description="Serve without TLS on addresses that other machines can reach."
    )
    storage_address: str = Field(
        "",
        description="Address of a remote Storage server. Empty: servers read and write the store's folder.",
    )
    cache_bytes: int = Field(
        20 * 2**30, ge=0, description="Bound of the local cache in front of a remote Storage."
    )
    ffmpeg: Path | None = Field(None, description="ffmpeg to run. Empty: the one that came with reelmesh.")


class WorkSettings(Section):
    """How a server takes work."""

    capacity: int = Field(
        default_factory=lambda: max(1, len(os.sched_getaffinity(0))),
        ge=1,
        description="Pieces of work at once.",
    )
    queue: int = Field(256, ge=0, description="Pieces that may wait before callers are turned away.")
    linger_seconds: float = Field(
        30.0, ge=0, description="How long work goes on when its last caller has left."
    )
    keep_results_seconds: float = Field(3600.0, ge=0, description="How long finished results can be joined.")
    keep_results_bytes: int = Field(64 * 2**20, ge=0, description="Bound of the kept results in memory.")


class EngineChoice(WorkSettings):
    """Which engines a server has."""

    engines: list[str] = Field(
        default_factory=list,
        description="Engines by name, the default first. Empty: all that are installed, of which those that "
        "ask another machine serve only requests that name them.",
    )
    options: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings of each engine, by its name."
    )


class EngineSettings(EngineChoice):
    """A server with engines."""

    fallback: list[str] = Field(
        default_factory=list,
        description="Engines that stand in, in this order, where the one that was to serve refuses or fails. "
        "Empty: none. Read while running.",
    )


class TextCheckSettings(Section):
    """Unwanted lettering in pictures. Looking for it needs the extra "ocr"."""

    mode: str = Field(
        "off",
        pattern="^(off|warn|redo)$",
        description='What is done where a request does not say: "off", "warn", or "redo" with another seed.',
    )
    redos: int = Field(2, ge=1, le=10, description="Most redos of a picture where a request does not say.")
    least_confidence: float = Field(
        0.8, ge=0, le=1, description="How sure the reader has to be, 0 to 1; below it is no lettering."
    )
    longest_side: int = Field(
        1600,
        ge=320,
        le=4096,
        description="Larger pictures are read at this size, pixels: tiny print is missed.",
    )
    timeout_seconds: float = Field(120.0, gt=0, description="Longest time for reading one picture.")

    @field_validator("mode", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return "off" if value is False else value  # what YAML makes of a bare off


class ImageGenSettings(EngineSettings):
    """The ImageGen server."""

    text_check: TextCheckSettings = Field(default_factory=TextCheckSettings)


class ComposeSettings(EngineSettings):
    """The Compose server: one film at a time, since one uses every core."""

    capacity: int = Field(1, ge=1, description="Films at once.")


class ProviderSettings(Section):
    """One account at one vendor of clips."""

    type: str = Field("", description="Vendor: an entry point of reelmesh.video.vendors. Empty: the name.")
    key: str = Field("", description='API key, as a reference: "${RUNWAY_KEY}".')
    secret: str = Field("", description="Second half of the key, for vendors that have one.")
    base_url: str = Field("", description="Where its API lives. Empty: the vendor's own.")
    private_hosts: list[str] = Field(
        default_factory=list, description="Further hosts of its own that need not be public."
    )
    models: list[str] = Field(
        default_factory=list, description="Models that may be used, the default first. Empty: all it has."
    )
    enabled: bool = Field(True, description="Whether it is asked at all. Read while running.")
    priority: int = Field(0, description="Larger is asked first. Read while running.")
    quality: float = Field(0.5, ge=0, le=1, description='Rank for the strategy "best". Read while running.')
    concurrency: int = Field(4, ge=1, description="Tasks at once.")
    requests_per_minute: float = Field(0, ge=0, description="Submits a minute. 0: no bound.")
    price_per_second: float | None = Field(None, ge=0, description="What a second costs, over the vendor's.")
    price: float | None = Field(None, ge=0, description="What a clip costs on top, over the vendor's.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of the prices and ceilings.")
    daily_ceiling: float | None = Field(None, ge=0, description="Most to spend in a day.")
    monthly_ceiling: float | None = Field(None, ge=0, description="Most to spend in a month.")
    low_balance: float | None = Field(
        None, ge=0, description="Credit, in the vendor's own units, below which an event is raised."
    )
    poll_seconds: float = Field(5.0, gt=0, description="Least time between two questions how a task stands.")
    timeout_seconds: float = Field(1800.0, gt=0, description="Longest time that a task may take.")
    options: dict[str, Any] = Field(default_factory=dict, description="What is special to the vendor.")


class VideoSettings(EngineChoice):
    """The VideoProvider server. Most of its work is waiting for vendors."""

    capacity: int = Field(64, ge=1, description="Clips at once, over all providers.")
    providers: dict[str, ProviderSettings] = Field(
        default_factory=dict, description="Accounts at vendors, by a name of one's own."
    )
    ledger: str = Field(
        "", description="SQLAlchemy URL of the ledger. Empty: ledger.db in mesh.home (SQLite)."
    )
    balance_seconds: float = Field(
        600.0, gt=0, description="Time between two questions for the credit of accounts with a low_balance."
    )
    time_zone: str = Field("UTC", description="Time zone (IANA) in which days and months of ceilings begin.")
    failover: bool = Field(True, description="Ask the next provider after a definite refusal or failure.")
    unconfirmed: str = Field(
        "wait",
        pattern="^(wait|give_up)$",
        description='What to do when it can not be known whether paid work was accepted: "wait" for a '
        'person, or "give_up". It is never submitted again by itself.',
    )


class RaySettings(Section):
    """Replicas that run models on the hosts of a Ray cluster, by Ray Serve."""

    address: str = Field(
        "auto",
        min_length=1,
        description='Cluster, "host:port" of its head. This host must be a node of it. "auto": the cluster '
        "that this host is a node of.",
    )
    application: str = Field(
        "reelmesh",
        min_length=1,
        description="Application of Ray Serve with the replicas. One of that name is used as it is; where "
        "there is none, it is made of what follows.",
    )
    min_replicas: int = Field(1, ge=0, description="Replicas that stay when there is no work.")
    max_replicas: int = Field(1, ge=1, description="Most replicas.")
    target_requests: float = Field(
        2.0, gt=0, description="Runs for each replica, waiting ones too, above which there come to be more."
    )
    most_requests: int = Field(
        4, ge=1, description="Most runs that a replica has at once, to make one after the other or together."
    )
    autoscaling: dict[str, Any] = Field(
        default_factory=dict,
        description="Further fields of Ray Serve's AutoscalingConfig, e.g. downscale_delay_s.",
    )
    gpus: float = Field(1.0, ge=0, description="GPUs of a replica; a half: two replicas share one. 0: none.")
    cpus: float = Field(1.0, ge=0, description="Processor cores of a replica, as Ray counts them.")
    file_cache_bytes: int = Field(
        20 * 2**30, ge=0, description="Bound of the files that a replica keeps, LoRAs above all."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.address.startswith("ray://"):
            raise ValueError("address must not be a Ray Client's, ray://: it streams no progress")
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas must not be above max_replicas")
        return self


class ModelSettings(Section):
    """Where models run: one worker process for each device, in each server that has such engines."""

    executor: str = Field(
        "local",
        pattern="^(local|ray)$",
        description='"local": on the devices of this host. "ray": in replicas on the hosts of a Ray cluster, '
        "to each of which what is said here of devices applies.",
    )
    ray: RaySettings = Field(default_factory=RaySettings)
    devices: list[str] = Field(
        default_factory=list,
        description='Devices: "cuda:0", "mps", "cpu". Empty: every CUDA device, else MPS, else the CPU.',
    )
    most_models: int = Field(0, ge=0, description="Most models that a device holds. 0: as many as fit.")
    memory_bytes: dict[str, int] = Field(
        default_factory=dict,
        description="Most that models may hold of a device's memory, by device. Left out: what is free.",
    )
    reserve_bytes: int = Field(2**30, ge=0, description="Free memory of a device to leave alone.")
    idle_seconds: float = Field(
        600.0,
        ge=0,
        description="How long a device is held without work, unless a pinned model lies there. 0: for ever.",
    )
    load_seconds: float = Field(3600.0, gt=0, description="Longest time to load a model, or to download it.")
    run_seconds: float = Field(1800.0, gt=0, description="Longest time for one run of a model.")


class StorageSettings(WorkSettings):
    """The Storage server and the store's folder."""

    root: Path | None = Field(None, description="The store's folder. Empty: `store` in mesh.home.")
    backend: str = Field(
        "disk", description='"disk", or an OpenDAL scheme: s3, oss, gcs, azblob, cos, obs, b2.'
    )
    backend_options: dict[str, str] = Field(
        default_factory=dict, description="OpenDAL's options of the scheme."
    )
    low_space_fraction: float = Field(0.0, ge=0, lt=1, description="Free share of the disk to leave alone.")
    low_space_bytes: int = Field(512 * 2**20, ge=0, description="Free bytes of the disk to leave alone.")
    lease_seconds: float = Field(
        3600.0, ge=0, description="How long what was written or found stays for sure."
    )
    sweep_seconds: float = Field(600.0, gt=0, description="Time between two sweeps of deleted blobs.")
    upload_keep_seconds: float = Field(86400.0, gt=0, description="How long an unfinished upload is kept.")
    links: bool = Field(True, description="Offer links over HTTP for stores that can not presign.")
    http_listen: str = Field("127.0.0.1:0", description="Address of the HTTP endpoint for links.")
    http_public_url: str = Field("", description="How others reach that endpoint. Empty: its own address.")


class NamedLimit(Section):
    """One limit. What is left out is not limited."""

    at_once: int | None = Field(None, ge=0, description="Calls under way together.")
    per_second: float | None = Field(None, gt=0, description="Calls begun a second, on average.")
    burst: int = Field(1, ge=1, description="Calls that may begin together after a quiet time.")
    weight: float = Field(1.0, gt=0, le=1000, description="Share of an owner beside other owners.")
    paused: bool = Field(False, description="True: no call begins.")


class LimitSettings(Section):
    """How many calls the orchestrator has under way at once. `reelmesh limits` sets others while it runs."""

    overall: int = Field(64, ge=1, description="Calls to all services together.")
    script: int = Field(8, ge=1, description="Calls to Script.")
    tts: int = Field(8, ge=1, description="Calls to TTS.")
    imagegen: int = Field(8, ge=1, description="Calls to ImageGen.")
    video: int = Field(8, ge=1, description="Calls to VideoProvider.")
    asr: int = Field(8, ge=1, description="Calls to ASR.")
    compose: int = Field(2, ge=1, description="Calls to Compose.")
    named: dict[str, NamedLimit] = Field(
        default_factory=dict,
        description='Others by name, e.g. "engine/video/kling", "owner/ann", or "owner/*" for every owner.',
    )


class TimeoutSettings(Section):
    """Longest time for one attempt, seconds."""

    script: float = Field(300, gt=0, description="Script.")
    tts: float = Field(900, gt=0, description="TTS.")
    imagegen: float = Field(1800, gt=0, description="ImageGen.")
    video: float = Field(3600, gt=0, description="VideoProvider.")
    asr: float = Field(3600, gt=0, description="ASR.")
    compose: float = Field(14400, gt=0, description="Compose.")


class RetrySettings(Section):
    """How failed calls are repeated."""

    max_attempts: int = Field(4, ge=1, le=100, description="Attempts in all.")
    initial_delay_seconds: float = Field(1.0, gt=0, description="Upper bound of the first delay; it doubles.")
    max_delay_seconds: float = Field(60.0, gt=0, description="Upper bound of any delay.")


class RetentionSettings(Section):
    """How long the orchestrator keeps things, in days. Empty: for ever."""

    every_seconds: float = Field(3600.0, gt=0, description="Time between two runs.")
    jobs_days: float | None = Field(
        None, gt=0, description="Jobs, after their end; with them go the assets that nothing else names."
    )
    deleted_days: float | None = Field(7.0, gt=0, description="Jobs that DeleteJob has hidden.")
    events_days: float | None = Field(None, gt=0, description="Events of a job, after its end.")
    remembered_days: float | None = Field(
        None, gt=0, description="Results that later jobs can take over, after they were made."
    )


class OrchestratorSettings(WorkSettings):
    """The orchestrator."""

    database: str = Field(
        "",
        description="Empty: reelmesh.db in mesh.home (SQLite, for one orchestrator). For several: "
        '"postgresql://user:${PASSWORD}@host/name".',
    )
    active: int = Field(
        256, ge=1, description="Jobs under way at once in one orchestrator, of a priority or a higher one."
    )
    lease_seconds: float = Field(
        15.0, ge=1, description="How long a job is kept from other orchestrators without a sign of progress."
    )
    servers: dict[str, str] = Field(
        default_factory=dict,
        description="Addresses of the servers by name, of replicas by commas; `reelmesh up` fills them in.",
    )
    limits: LimitSettings = Field(default_factory=LimitSettings)
    timeouts_seconds: TimeoutSettings = Field(default_factory=TimeoutSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    remember: bool = Field(True, description="Use earlier results of the same requests.")
    silence_seconds: float = Field(
        60.0, gt=0, description="A call that is silent for so long counts as lost."
    )
    connect_seconds: float = Field(
        15.0, gt=0, description="How long an attempt waits for a server that can not be reached."
    )


class Settings(BaseSettings):
    """All settings of the mesh."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        nested_model_default_partial_update=True,
    )
    files: ClassVar[tuple[Path, ...]] = ()

    mesh: MeshSettings = Field(default_factory=MeshSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    script: EngineSettings = Field(default_factory=EngineSettings)
    tts: EngineSettings = Field(default_factory=EngineSettings)
    imagegen: ImageGenSettings = Field(default_factory=ImageGenSettings)
    video: VideoSettings = Field(default_factory=VideoSettings)
    asr: EngineSettings = Field(default_factory=EngineSettings)
    compose: ComposeSettings = Field(default_factory=ComposeSettings)
    orchestrator: OrchestratorSettings = Field(default_factory=OrchestratorSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the files, the last file first."""
        present = [path for path in config_files() if path.is_file()]
        sources = [YamlConfigSettingsSource(settings_cls, yaml_file=path) for path in reversed(present)]
        return (init_settings, env_settings, *sources)

    def work_of(self, server: str) -> WorkSettings:
        """The part of the server of that name."""
        section: WorkSettings = getattr(self, server)
        return section

    @property
    def store_root(self) -> Path:
        """The store's folder."""
        return self.storage.root or self.mesh.home / "store"


def config_files() -> tuple[Path, ...]:
    """Where settings are looked for, in rising order of precedence."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = (Path("/etc/reelmesh/config.yaml"), Path("reelmesh.yaml"), home / "reelmesh" / "config.yaml")
    named = os.environ.get(CONFIG_VARIABLE)
    return (*files, Path(named)) if named else files


_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def reveal(value: str) -> str:
    """The value with every "${NAME}" replaced by that environment variable.

    Raises:
        FailedPrecondition: a variable is not set. Its name is told, never a value.
    """

    def look_up(match: re.Match[str]) -> str:
        found = os.environ.get(match.group(1))
        if found is None:
            raise FailedPrecondition(
                f"the settings refer to ${{{match.group(1)}}}, which is not set in the environment",
                reason="SECRET_MISSING",
            )
        return found

    return _REFERENCE.sub(look_up, value)

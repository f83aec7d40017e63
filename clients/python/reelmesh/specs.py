"""What is wanted, as the contract takes it, and when it has ended."""

from __future__ import annotations

from collections.abc import Mapping

from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec, JobState
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo

ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)


def job_spec(
    spec: JobSpec | NarratedVideo | StepGraph,
    name: str = "",
    priority: int | None = None,
    labels: Mapping[str, str] | None = None,
) -> JobSpec:
    """The JobSpec of what is wanted. A JobSpec that is given is not changed."""
    whole = JobSpec()
    if isinstance(spec, JobSpec):
        whole.CopyFrom(spec)
    elif isinstance(spec, NarratedVideo):
        whole.narrated_video.CopyFrom(spec)
    else:
        whole.graph.CopyFrom(spec)
    if name:
        whole.display_name = name
    if priority is not None:
        whole.priority = priority
    whole.labels.update(labels or {})
    return whole

"""Failures as people read them: one line that says what to do next, and an exit code that means something."""

from __future__ import annotations

from reelmesh import errors
from reelmesh.cli.words import one_line

OK = 0
FAILED = 1
USAGE = 2
NO_MESH = 3
INTERRUPTED = 130

EXIT_CODES = """exit codes:
  0    it was done
  1    the job failed, or was cancelled
  2    wrong usage or bad input: mend it and try again
  3    the mesh can not be reached or started
  130  interrupted (Ctrl-C)
"""
LONGEST_LINE = 1500

_INPUT = (
    errors.InvalidArgument,
    errors.NotFound,
    errors.AlreadyExists,
    errors.FailedPrecondition,
    errors.OutOfRange,
)


class UsageError(Exception):
    """Something is wrong with what the user gave; the message says what to do."""


def exit_code(error: BaseException) -> int:
    """The exit code that a failure means."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, errors.Unavailable):
        return NO_MESH
    if isinstance(error, (*_INPUT, UsageError, OSError)):
        return USAGE
    return FAILED


def told(error: BaseException) -> str:
    """What happened and what to do next, on one line; where there are several faults, a line for each."""
    if isinstance(error, errors.ReelmeshError):
        faults = error.violations if len(error.violations) > 1 else ()
        lines = (f"{item.field}: {item.rule}" if item.field else item.rule for item in faults)
        return "\n  ".join(one_line(line, LONGEST_LINE) for line in (_of_mesh(error), *lines))
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename else ""
        return one_line(f"{named}{error.strerror.lower()}", LONGEST_LINE)
    return one_line(str(error) or type(error).__name__, LONGEST_LINE)


def _of_mesh(error: errors.ReelmeshError) -> str:
    message = error.message
    if len(error.violations) > 1:
        message = f"{len(error.violations)} faults:"
    remedies = [item.remedy for item in error.missing if item.remedy and item.remedy not in message]
    if remedies:
        message += " - " + "; ".join(remedies)
    if isinstance(error, errors.JobFailed):
        return f"{message} (more: reelmesh logs {error.job.id})"
    if isinstance(error, errors.MeshNotRunning):
        return message
    if isinstance(error, errors.Unavailable):
        return f"{message} - is it running? (reelmesh up, reelmesh doctor)"
    if isinstance(error, errors.ResourceExhausted) and error.retry_after:
        return f"{message} - try again in {error.retry_after:.0f} s"
    if isinstance(error, errors.Internal):
        return f"{message} - that is a fault of the mesh: see reelmesh logs"
    return message

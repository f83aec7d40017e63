#!/bin/sh
# cancel.sh JOB: cancels a job.
. "$(dirname "$0")/call.sh"
[ -n "${1:-}" ] || fail "usage: cancel.sh JOB" 2
call orchestrator reelmesh.orchestrator.v1.JobService/CancelJob "{\"jobId\": \"$1\"}"

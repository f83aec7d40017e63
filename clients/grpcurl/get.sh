#!/bin/sh
# get.sh JOB: prints a job with its steps, and its outcome with links that are good for an hour.
. "$(dirname "$0")/call.sh"
[ -n "${1:-}" ] || fail "usage: get.sh JOB" 2
call orchestrator reelmesh.orchestrator.v1.JobService/GetJob "{\"jobId\": \"$1\", \"linkLifetime\": \"3600s\"}"

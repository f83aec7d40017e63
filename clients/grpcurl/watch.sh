#!/bin/sh
# watch.sh JOB [AFTER]: prints what happens to a job until it ends; after event AFTER where that is given.
. "$(dirname "$0")/call.sh"
[ -n "${1:-}" ] || fail "usage: watch.sh JOB [AFTER]" 2
after=${2:+", \"afterSequence\": \"$2\""}
call orchestrator reelmesh.orchestrator.v1.JobService/WatchJob "{\"jobId\": \"$1\"${after}}"

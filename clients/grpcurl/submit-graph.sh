#!/bin/sh
# submit-graph.sh GRAPH.json: submits a step graph of one's own; prints the job. See graphs/ for some.
. "$(dirname "$0")/call.sh"
[ -r "${1:-}" ] || fail "usage: submit-graph.sh GRAPH.json" 2
call orchestrator reelmesh.orchestrator.v1.JobService/SubmitJob "{\"spec\": {\"graph\": $(cat "$1")}}"

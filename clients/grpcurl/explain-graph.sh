#!/bin/sh
# explain-graph.sh GRAPH.json: tells what a step graph would do, and every fault of it, without running it.
. "$(dirname "$0")/call.sh"
[ -r "${1:-}" ] || fail "usage: explain-graph.sh GRAPH.json" 2
call orchestrator reelmesh.orchestrator.v1.JobService/ExplainJob "{\"spec\": {\"graph\": $(cat "$1")}}"

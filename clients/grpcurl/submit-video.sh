#!/bin/sh
# submit-video.sh STORY [LANGUAGE]: submits a narrated film of a text file; prints the job.
. "$(dirname "$0")/call.sh"
[ -r "${1:-}" ] || fail "usage: submit-video.sh STORY [LANGUAGE]" 2
text=$(json_string <"$1")
call orchestrator reelmesh.orchestrator.v1.JobService/SubmitJob \
    "{\"spec\": {\"narratedVideo\": {\"text\": $text, \"language\": \"${2:-}\"}}}"

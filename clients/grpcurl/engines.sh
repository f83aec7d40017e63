#!/bin/sh
# engines.sh [SERVER]: prints the engines of a server: script, tts, imagegen, video, asr or compose.
. "$(dirname "$0")/call.sh"
case ${1:-tts} in
script) service=script.v1.ScriptService ;;
tts) service=tts.v1.TTSService ;;
imagegen) service=imagegen.v1.ImageGenService ;;
video) service=video.v1.VideoProviderService ;;
asr) service=asr.v1.ASRService ;;
compose) service=compose.v1.ComposeService ;;
*) fail "usage: engines.sh [script|tts|imagegen|video|asr|compose]" 2 ;;
esac
call "${1:-tts}" "reelmesh.$service/ListEngines"

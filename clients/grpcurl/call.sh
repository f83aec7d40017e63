# Sourced by the scripts: one call of the mesh, by grpcurl or buf curl, whichever is there.
#
#   call SERVER METHOD [JSON]     SERVER: orchestrator, storage, tts, ...; METHOD: package.Service/Method
#   list SERVER                   the services that SERVER offers
#
# Where a server is: REELMESH_ADDRESS for the orchestrator, REELMESH_<SERVER>_ADDRESS for another, else the mesh
# that runs on this machine (<home>/mesh.json). On whose behalf: REELMESH_OWNER.
# The messages are described by the servers themselves (reflection): no .proto file is needed.

set -eu

fail() {
    printf '%s\n' "$1" >&2
    exit "${2:-3}"
}

address_of() {
    case $1 in
    orchestrator) given=${REELMESH_ADDRESS:-} ;;
    *) given=$(printenv "REELMESH_$(printf %s "$1" | tr '[:lower:]' '[:upper:]')_ADDRESS" || true) ;;
    esac
    home=${REELMESH_MESH__HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/reelmesh}
    if [ -z "$given" ] && [ -r "$home/mesh.json" ]; then
        # The file has one key a line: the server's name, then its address.
        given=$(sed -n "/^ *\"$1\": {/,/}/s/.*\"address\": \"\(.*\)\",*/\1/p" "$home/mesh.json")
    fi
    [ -n "$given" ] || fail "it is not known where $1 is: start a mesh with \`reelmesh up\`, or set REELMESH_ADDRESS"
    printf %s "$given"
}

call() {
    server=$1 method=$2 json=${3:-'{}'}
    address=$(address_of "$server")
    if command -v grpcurl >/dev/null; then
        case $address in
        unix:*) set -- -plaintext -unix "${address#unix:}" ;;
        127.0.0.1:* | localhost:* | "[::1]":*) set -- -plaintext "$address" ;;
        *) set -- "$address" ;;
        esac
        printf %s "$json" | grpcurl ${REELMESH_OWNER:+-H "reelmesh-owner: $REELMESH_OWNER"} -format-error -d @ "$@" "$method"
    elif command -v buf >/dev/null; then
        case $address in
        unix:*) set -- --http2-prior-knowledge --unix-socket "${address#unix:}" "http://localhost/$method" ;;
        127.0.0.1:* | localhost:* | "[::1]":*) set -- --http2-prior-knowledge "http://$address/$method" ;;
        *) set -- "https://$address/$method" ;;
        esac
        printf %s "$json" | buf curl --protocol grpc ${REELMESH_OWNER:+--header "reelmesh-owner: $REELMESH_OWNER"} --data @- "$@"
    else
        fail "neither grpcurl nor buf is on the PATH"
    fi
}

list() {
    server=$1
    address=$(address_of "$server")
    if command -v grpcurl >/dev/null; then
        case $address in
        unix:*) grpcurl -plaintext -unix "${address#unix:}" list ;;
        127.0.0.1:* | localhost:* | "[::1]":*) grpcurl -plaintext "$address" list ;;
        *) grpcurl "$address" list ;;
        esac
    elif command -v buf >/dev/null; then
        case $address in
        unix:*) set -- --http2-prior-knowledge --unix-socket "${address#unix:}" http://localhost ;;
        127.0.0.1:* | localhost:* | "[::1]":*) set -- --http2-prior-knowledge "http://$address" ;;
        *) set -- "https://$address" ;;
        esac
        buf curl --protocol grpc --list-services "$@"
    else
        fail "neither grpcurl nor buf is on the PATH"
    fi
}

# Text as a JSON string, from stdin: quotes, backslashes, tabs and line ends escaped, other control characters out.
json_string() {
    tab=$(printf '\t') return=$(printf '\r')
    tr -d '\000-\010\013\014\016-\037' |
        sed "s/\\\\/&&/g; s/\"/\\\\\"/g; s/$tab/\\\\t/g; s/$return/\\\\r/g" |
        awk 'BEGIN { printf "\"" } { printf "%s%s", gap, $0; gap = "\\n" } END { printf "\"" }'
}

#!/bin/sh
# services.sh [SERVER]: lists the services of a server of the mesh, the orchestrator's where none is named.
. "$(dirname "$0")/call.sh"
list "${1:-orchestrator}"

#!/usr/bin/env bash
# The slow part of the lab: domain, schema, organisation, accounts, certificates, the hosts' state. Runs inside the private namespaces,
# at the place where everything will later run, and leaves the result in the given folder, the snapshot.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
snapshot=$1

mkdir -p "$STANDIN_LAB_HOME"/{dc/{private,state,cache,lock},log,tls}
cp "$here/smb.conf" "$STANDIN_LAB_SMBCONF"
log=$STANDIN_LAB_HOME/log/build.log
if ! { "$here/certificates.sh" "$STANDIN_LAB_HOME/tls" &&
    /usr/bin/python3 -B "$here/populate.py" "$STANDIN_LAB_SMBCONF" &&
    "$here/../hosts/seed/build.sh"; } >"$log" 2>&1; then
    echo "lab: cannot build the pristine state; the end of its log:" >&2
    tail -n 30 "$log" >&2
    exit 1
fi
mkdir "$snapshot"
cp -a "$STANDIN_LAB_HOME"/{dc,tls,srcmail,tgtmail,ssh} "$snapshot"

#!/usr/bin/env bash
# The first process inside the lab's namespaces: builds a snapshot, or brings the peers up and runs a command.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"
# shellcheck source=peers.sh
source "$here/peers.sh"

# A /run of the lab's own: it holds the lab's state, hides the host's sockets and takes Samba's, whose place in
# /run/samba is compiled in, as are those below /var. It is memory, so nothing of it is left when the lab ends.
private_run() {
    local folder
    for folder in /run /var/{cache,lib,log}/samba; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
    mkdir -p /run/{samba,sshd} "$STANDIN_LAB_HOME"/{etc,log}
}

# /etc as the lab's programs see it.
private_etc() {
    cp "$here"/config/{hosts,resolv.conf,nsswitch.conf,krb5.conf} "$STANDIN_LAB_HOME/etc"
    local file place
    for file in hosts resolv.conf nsswitch.conf; do
        place=$(readlink -m "/etc/$file")
        # Where it is a link into the host's /run, the target went away with that.
        if [[ ! -e $place && $place == /run/* ]]; then install -D /dev/null "$place"; fi
        mount --bind "$STANDIN_LAB_HOME/etc/$file" "$place"
    done
}

private_network() {
    hostname standin-lab
    ip link set lo up
    local variable address
    for variable in ${!STANDIN_LAB_@}; do
        address=${!variable}
        if [[ $address == 127.0.0.* ]]; then ip address add "$address/32" dev lo; fi
    done
}

build() {
    private_run
    private_network
    "$here/directory/build.sh" "$1"
}

run() {
    local snapshot=$1 lock=$2
    shift 2
    private_run
    # Kept beside the running copy for resets: the cache may get a newer snapshot meanwhile.
    cp -a "$snapshot" "$STANDIN_LAB_HOME/pristine"
    flock --unlock "$lock"
    exec {lock}>&-
    cp -a "$STANDIN_LAB_HOME"/pristine/{tls,ssh} "$STANDIN_LAB_HOME"
    private_etc
    private_network

    # Cargo has nobody to ask here.
    export STANDIN_LAB=up CARGO_NET_OFFLINE=true
    restore directory
    restore dns
    restore hosts
    restore sql
    start dc
    start ns1
    start srcmail
    start tgtmail
    start sqlsrc
    start sqltgt
    start trouble
    await ns1
    start ns2
    await ns2
    await trouble
    await srcmail
    await tgtmail
    await sqlsrc
    await sqltgt
    await dc
    kinit "${STANDIN_LAB_READER%@*}" >/dev/null <<<"$STANDIN_LAB_READER_PASSWORD"

    local status=0
    "$@" || status=$?
    exit "$status"
}

"$@"

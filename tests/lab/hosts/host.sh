#!/usr/bin/env bash
# The first process of one of the pair's hosts, inside namespaces of its own: makes what must look different there than
# in the rest of the lab, then starts the host's daemons. When it is killed, all of them end.
# usage: host.sh NAME ADDRESS READY      READY is made when everything answers
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$1 address=$2 ready=$3
state=$STANDIN_LAB_HOME/$name
conf=$state/smb.conf
pipes=$state/ncalrpc/np

rm -rf "$pipes"
hostname "${name^^}"
mount --bind "$here/seed/passwd" /etc/passwd
mount --bind "$here/seed/group" /etc/group
mount -t tmpfs -o mode=755 tmpfs /run/samba

# await WHAT COMMAND...: at most 10 seconds
await() {
    local what=$1 tries
    shift
    for ((tries = 0; tries < 500; tries++)); do
        if "$@" 2>/dev/null; then return; fi
        sleep 0.02
    done
    echo "host.sh: no $what"
    exit 1
}

# shellcheck disable=SC2317 # await runs it
listens() { (exec 3<>"/dev/tcp/$address/$1"); }

winbindd --foreground --no-process-group --configfile="$conf" &
rpc=/usr/libexec/samba
# The registry's server finds its changed library first, see populate.py.
LD_LIBRARY_PATH=$state/lib "$rpc/samba-dcerpcd" --foreground --no-process-group --configfile="$conf" \
    "$rpc"/rpcd_{classic,epmapper,lsad,winreg} &
smbd --foreground --no-process-group --configfile="$conf" &
await "pipes" test -S "$pipes/svcctl" -a -S "$pipes/winreg"
/usr/bin/python3 -B "$here/scm.py" "$state" &
await "service control" test -S "$pipes/svcctl.samba" -a -S "$pipes/svcctl"
await "file server" listens 445
# Sessions find nothing but the stand-in for PowerShell.
/usr/sbin/sshd -D -e -f "$here/sshd_config" -o "ListenAddress=$address" -h "$STANDIN_LAB_HOME/ssh/$name" \
    -o "AllowUsers=$STANDIN_LAB_SSH_USER" -o "SetEnv=PATH=$here/bin STANDIN_LAB_HOST=$name STANDIN_LAB_STATE=$state" &
await "secure shell" listens 22
touch "$ready"
wait -n
echo "host.sh: a daemon of $name has ended"
exit 1

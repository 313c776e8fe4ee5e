#!/usr/bin/env bash
# Makes the pristine state of the pair's hosts. Runs where the directory has just been made, at the place where
# everything will later run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Unix accounts and groups for Samba's, only for what runs below this script.
if [[ ${1:-} != inside ]]; then exec unshare --mount --propagation private "$0" inside; fi
mount --bind "$here/passwd" /etc/passwd
mount --bind "$here/group" /etc/group

/usr/bin/python3 -B "$here/populate.py" SRCMAIL "$STANDIN_LAB_SOURCE_IP"
/usr/bin/python3 -B "$here/populate.py" TGTMAIL "$STANDIN_LAB_TARGET_IP"

# One key to log on with, and one for each host to be known by.
mkdir "$STANDIN_LAB_HOME/ssh"
ssh-keygen -q -t ed25519 -N '' -C "$STANDIN_LAB_SSH_USER" -f "$STANDIN_LAB_SSH_KEY"
# known NAME ADDRESS
known() {
    local host=${1%%.*}
    ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$STANDIN_LAB_HOME/ssh/$host"
    echo "$1,$2 $(<"$STANDIN_LAB_HOME/ssh/$host.pub")"
}
{
    known "$STANDIN_LAB_SOURCE" "$STANDIN_LAB_SOURCE_IP"
    known "$STANDIN_LAB_TARGET" "$STANDIN_LAB_TARGET_IP"
} >"$STANDIN_LAB_KNOWN_HOSTS"

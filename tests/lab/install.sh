#!/usr/bin/env bash
# Installs the Debian 12 packages that the lab is made of. Needs root and apt; changes nothing else on this machine:
# no daemon is started or left enabled, /etc/samba, the resolver and the network stay as they are. Then, into the lab's
# cache, the one program that is not Debian's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages=(
    samba samba-ad-provision samba-dsdb-modules python3-samba # the domain controller
    bind9 bind9-dnsutils                                      # the name servers, dig, nsupdate
    krb5-user ldap-utils ldb-tools libsasl2-modules-gssapi-mit # other clients, to compare with
    winbind openssh-server                                    # the pair's hosts: domain members, remote shells
    smbclient openssh-client                                  # other clients, to compare with
    binutils-mingw-w64-x86-64                                 # programs with version resources
    wine64 gcc libc6-dev                                      # cmd, and programs that record how it calls them
    python3-venv python3-cryptography python3-gssapi          # the database servers, beside what is pinned in sql/
    freetds-bin                                               # another client, to compare with
    postgresql                                                # the store that several share
    openssl iproute2 util-linux                               # certificates, addresses, namespaces
)
daemons=(smbd nmbd samba-ad-dc winbind named ssh postgresql)

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ $state == "install ok installed" ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    "$here/sql/venv" install >/dev/null
    echo "install.sh: everything is there"
    exit 0
fi
if ((EUID != 0)); then
    echo "install.sh: needs root to install: ${missing[*]}" >&2
    exit 1
fi

# Daemons that the machine had before are its own business.
ours=()
for daemon in "${daemons[@]}"; do
    [[ -e /lib/systemd/system/$daemon.service || -e /etc/init.d/$daemon ]] || ours+=("$daemon")
done

# Maintainer scripts ask policy-rc.d before they start a daemon; 101 forbids it.
policy=/usr/sbin/policy-rc.d
kept=$policy.before-standin-lab
restore_policy() {
    rm -f "$policy"
    if [[ -e $kept ]]; then mv "$kept" "$policy"; fi
}
if [[ -e $policy && ! -e $kept ]]; then mv "$policy" "$kept"; fi
trap restore_policy EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

# The tests make clusters of their own; Debian's packages would make one for the machine.
if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/standin-lab.conf
fi

export DEBIAN_FRONTEND=noninteractive
apt_get=(apt-get -o DPkg::Lock::Timeout=300)
install=("${apt_get[@]}" install -y -q --no-install-recommends "${missing[@]}")
# Package lists may be older than the mirror: refresh them only when the first try fails.
"${install[@]}" || { "${apt_get[@]}" update -q && "${install[@]}"; }

for daemon in "${ours[@]}"; do
    if command -v systemctl >/dev/null; then
        systemctl --quiet disable "$daemon" 2>/dev/null || true
    else
        update-rc.d "$daemon" disable 2>/dev/null || true
    fi
done

"$here/sql/venv" install >/dev/null

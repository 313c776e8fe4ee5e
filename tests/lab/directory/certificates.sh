#!/usr/bin/env bash
# Makes the lab's certificates in the given folder. Fixed dates (openssl ca) let them outlive any snapshot.
set -euo pipefail
cd "$1"

cat >openssl.cnf <<'CNF'
[ca]
default_ca = lab
[lab]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $ENV::SAN
CNF
: >index.txt

# certificate NAME SECTION LAST_DAY SIGNER_OPTIONS...
certificate() {
    local name=$1 section=$2 end=$3
    shift 3
    openssl req -config openssl.cnf -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout "$name.key" -out "$name.csr"
    openssl ca -config openssl.cnf -batch -notext -extensions "$section" \
        -startdate 20200101000000Z -enddate "$end"000000Z -in "$name.csr" -out "$name.pem" "$@"
}

# server NAME AUTHORITY LAST_DAY SUBJECT_ALTERNATIVE_NAMES
server() {
    SAN=$4 certificate "$1" server "$3" -cert "$2.pem" -keyfile "$2.key"
}

export SAN=unused
certificate ca authority 20491231 -selfsign -keyfile ca.key
certificate unknown-ca-root authority 20491231 -selfsign -keyfile unknown-ca-root.key
server dc1 ca 20491231 "DNS:dc1.corp.example, IP:127.0.0.10"
server srcmail ca 20491231 "DNS:srcmail.corp.example, IP:127.0.0.11"
server tgtmail ca 20491231 "DNS:tgtmail.corp.example, IP:127.0.0.12"
server unknown-ca unknown-ca-root 20491231 "DNS:unknown-ca.trouble.example, IP:127.0.0.66"
server expired ca 20210101 "DNS:expired.trouble.example, IP:127.0.0.67"
server wrong-name ca 20491231 "DNS:another-host.trouble.example"
server old-tls ca 20491231 "DNS:old-tls.trouble.example, IP:127.0.0.70"

# Samba refuses keys that others may read.
chmod 600 ./*.key
rm ./*.csr index.txt* openssl.cnf [0-9A-F]*.pem

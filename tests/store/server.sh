#!/usr/bin/env bash
# A PostgreSQL server for the tests: server.sh FOLDER PORT. It says "ready", runs until stdin ends, and leaves nothing.
# In FOLDER lie server.crt and server.key; the database and the user are called standin, the password is in PGPASSWORD.
set -euo pipefail
folder=$1 port=$2

programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[[ -n $programs ]] || { echo "absent"; exit 0; }

# The server refuses to run as root.
printf '%s\n' "$PGPASSWORD" >"$folder/password"
as=()
if ((EUID == 0)); then
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown -R postgres:postgres "$folder"
fi
run() { (cd "$folder" && "${as[@]}" "$programs/$1" "${@:2}"); }

server=
leave() {
    if [[ -n $server ]]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap leave EXIT

run initdb -D "$folder/data" --auth=scram-sha-256 -U standin --pwfile="$folder/password" -E UTF8 \
    --locale=C.UTF-8 --no-instructions >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
# What a loss of power does is not asked of it: fsync would only take time. Nobody gets in without TLS but through the socket.
printf '%s\n' 'local all all scram-sha-256' 'hostssl all all 127.0.0.1/32 scram-sha-256' \
    >"$folder/data/pg_hba.conf"
(cd "$folder" && exec "${as[@]}" "$programs/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$folder" -c ssl=on -c ssl_cert_file="$folder/server.crt" \
    -c ssl_key_file="$folder/server.key" -c fsync=off >>"$folder/log" 2>&1) &
server=$!
for _ in $(seq 300); do
    if run pg_isready -q -h "$folder" -p "$port"; then
        run createdb -h "$folder" -p "$port" -U standin standin
        echo "ready"
        read -r _ || true
        exit 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
cat "$folder/log" >&2
exit 1

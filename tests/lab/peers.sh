# shellcheck shell=bash
# The file that sources this one sets $here, the folder of both.
# shellcheck disable=SC2154
# The lab's daemons by name; a host of the pair is many, in namespaces of its own. Only to be used inside the lab.
peers="dc, ns1, ns2, srcmail, tgtmail, sqlsrc, sqltgt, trouble"

# launch PEER COMMAND...: in a process group of its own, which stop can kill as a whole.
launch() {
    local peer=$1 log=$STANDIN_LAB_HOME/log/$1.out
    shift
    setsid -- "$@" >"$log" 2>&1 </dev/null &
    echo $! >"$STANDIN_LAB_HOME/$peer.pid"
    disown # or bash tells when it is killed
}

launch_host() {
    local ready=$STANDIN_LAB_HOME/$1.ready
    rm -f "$ready"
    launch "$1" unshare --mount --pid --uts --fork --kill-child --mount-proc --propagation private \
        "$here/hosts/host.sh" "$1" "$2" "$ready"
}

launch_sql() {
    local ready=$STANDIN_LAB_HOME/$1.ready
    rm -f "$ready"
    launch "$1" "$STANDIN_LAB_PYSQLBRIDGE/bin/python" -B "$here/sql/server.py" "$2" "$ready"
}

start() {
    case $1 in
    dc) launch dc samba --foreground --no-process-group --configfile="$STANDIN_LAB_SMBCONF" ;;
    ns1 | ns2) launch "$1" named -g -n 1 -U 1 -c "$STANDIN_LAB_HOME/etc/$1.conf" ;;
    srcmail) launch_host srcmail "$STANDIN_LAB_SOURCE_IP" ;;
    tgtmail) launch_host tgtmail "$STANDIN_LAB_TARGET_IP" ;;
    sqlsrc) launch_sql sqlsrc source ;;
    sqltgt) launch_sql sqltgt target ;;
    trouble)
        rm -f "$STANDIN_LAB_HOME/trouble.ready"
        launch trouble /usr/bin/python3 -B "$here/trouble.py" "$STANDIN_LAB_HOME/trouble.ready"
        ;;
    *) unknown "$1" ;;
    esac
}

stop() {
    local file=$STANDIN_LAB_HOME/$1.pid group
    [[ -e $file ]] || unknown "$1"
    group=$(<"$file")
    # What it wrote is thrown away or read back from disk as after a power cut: no need to ask politely.
    kill -KILL -- "-$group" 2>/dev/null || return 0
    while kill -0 -- "-$group" 2>/dev/null; do sleep 0.01; done
}

ready() {
    case $1 in
    dc)
        # The key distribution centre comes last and has no cheap question; its port is enough.
        (exec 3<>"/dev/tcp/$STANDIN_LAB_DC_IP/88") 2>/dev/null &&
            LDAPTLS_CACERT=$STANDIN_LAB_CA ldapsearch -x -LLL -o nettimeout=2 -H "ldaps://$STANDIN_LAB_DC" -s base \
                -b '' defaultNamingContext >/dev/null 2>&1
        ;;
    ns1) dig +time=1 +tries=1 +short "@$STANDIN_LAB_NS1" corp.example SOA 2>/dev/null | grep -q hostmaster ;;
    ns2) dig +time=1 +tries=1 +short "@$STANDIN_LAB_NS2" corp.example SOA 2>/dev/null | grep -q hostmaster ;;
    srcmail | tgtmail | sqlsrc | sqltgt | trouble) [[ -e $STANDIN_LAB_HOME/$1.ready ]] ;;
    *) unknown "$1" ;;
    esac
}

# Waits until the peer answers, at most 30 seconds.
await() {
    local peer=$1 deadline=$((SECONDS + 30))
    until ready "$peer"; do
        if ((SECONDS > deadline)) || ! kill -0 "$(<"$STANDIN_LAB_HOME/$peer.pid")" 2>/dev/null; then
            echo "lab: $peer does not answer; the end of its log:" >&2
            tail -n 20 "$STANDIN_LAB_HOME/log/$peer".* >&2
            return 1
        fi
        sleep 0.05
    done
}

# restore directory|dns|hosts|sql: puts pristine state in place; its peers must not run.
restore() {
    case $1 in
    directory)
        rm -rf "$STANDIN_LAB_HOME/dc"
        cp -a "$STANDIN_LAB_HOME/pristine/dc" "$STANDIN_LAB_HOME"
        ;;
    dns)
        rm -rf "$STANDIN_LAB_HOME"/{ns1,ns2}
        cp -r "$here/config/zones" "$STANDIN_LAB_HOME/ns1"
        mkdir "$STANDIN_LAB_HOME/ns2"
        cp "$here"/config/ns[12].conf "$STANDIN_LAB_HOME/etc"
        local name
        for name in update xfer narrow; do
            local secret=STANDIN_LAB_TSIG_${name^^}
            printf 'key standin-%s { algorithm hmac-sha256; secret "%s"; };\n' "$name" "${!secret}"
        done >"$STANDIN_LAB_HOME/etc/keys.conf"
        ;;
    hosts)
        rm -rf "$STANDIN_LAB_HOME"/{srcmail,tgtmail}
        cp -a "$STANDIN_LAB_HOME"/pristine/{srcmail,tgtmail} "$STANDIN_LAB_HOME"
        ;;
    sql) /usr/bin/python3 -B "$here/sql/state.py" restore ;;
    esac
}

unknown() {
    echo "lab: there is no peer $1: $peers" >&2
    exit 2
}

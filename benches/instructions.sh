#!/usr/bin/env bash
# Counts what the program's work costs, in instructions: unlike times they are the same on a busy machine. Needs valgrind
# (Debian: apt-get install valgrind). Each count is compared with the one in instructions.txt beside this file, from the
# same code on x86-64 with the Rust version of Cargo.toml; what is dearer by more than 5 % is named, and the exit code is 1.
#
#   benches/instructions.sh            compare
#   benches/instructions.sh --update   write instructions.txt anew; say in the commit why it costs more, or less
set -euo pipefail
cd "$(dirname "$0")/.."
reference=benches/instructions.txt
percent=5

if ! command -v valgrind >/dev/null; then
    echo "instructions.sh: there is no valgrind here: apt-get install valgrind" >&2
    exit 2
fi

cargo build --release --locked --quiet
bench=$(cargo bench --locked --bench instructions --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')

# The instructions of a command.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

# The instructions of one task without its preparation.
task() { echo $(($(count "$bench" "$1" "$2" 2) - $(count "$bench" "$1" "$2" 1))); }

# What is counted, how many things are in it, and the count.
counts() {
    local size fixture
    for fixture in exchange-broken exchange-clustered sql-broken; do
        echo "check-$fixture 1 $(count target/release/standin check "fixtures/$fixture")"
    done
    echo "shipped 1 $(task shipped 1)"
    for size in 50 1000; do echo "load $size $(task load $size)"; done
    for size in 50 1000 10000; do echo "evaluate $size $(task evaluate $size)"; done
    for size in 50 1000; do echo "by-record $size $(task by-record $size)"; done
    for size in 10 100 1000 10000; do echo "records $size $(task records $size)"; done
    for size in 50 500; do echo "runbooks $size $(task runbooks $size)"; done
    for size in 50 500; do echo "scripts $size $(task scripts $size)"; done
}

if [[ ${1-} == --update ]]; then
    counts | tee "$reference.new"
    mv "$reference.new" "$reference"
    exit
fi
counts | awk -v percent="$percent" '
    NR == FNR { known[$1 " " $2] = $3; next }
    {
        key = $1 " " $2
        change = key in known ? sprintf("%+.1f %%", 100 * ($3 / known[key] - 1)) : "new"
        dearer = key in known && $3 > known[key] * (1 + percent / 100)
        printf "%-24s %6d %14d, %10.0f each %8s%s\n", $1, $2, $3, $3 / $2, change, dearer ? "  DEARER" : ""
        failed += dearer
    }
    END { exit failed > 0 }
' "$reference" -

#!/usr/bin/env bash
# Makes the program for Windows that stands in for every program that a script calls: with gcc, which can call as Windows
# does, and Debian's binutils for Windows. usage: make.sh FILE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
tools=x86_64-w64-mingw32
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

calls='CloseHandle|CreateFileA|ExitProcess|GetCommandLineA|GetStdHandle|ReadFile|SetFilePointer|Sleep|WriteFile'
printf 'LIBRARY kernel32.dll\nEXPORTS\n%s\n' "${calls//|/$'\n'}" >"$work/kernel32.def"
"$tools-dlltool" -d "$work/kernel32.def" -l "$work/kernel32.a"
# What only ELF knows is left out, and the system is called by its table.
gcc -S -O1 -mabi=ms -mno-sse -ffreestanding -fno-builtin -fno-pic -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-zero-initialized-in-bss -fno-toplevel-reorder -Wno-attributes -o - stand_in.c |
    sed -E -e '/^\s*\.(type|size|ident)\b/d' -e '/\.note/d' -e 's/^\s*\.section.*/.data/' \
        -e "s/call\s+($calls)\$/call *__imp_\\1(%rip)/" >"$work/code.s"
"$tools-as" -o "$work/code.o" "$work/code.s"
"$tools-ld" -s --image-base 0x400000 --disable-dynamicbase --disable-high-entropy-va --subsystem console \
    --no-insert-timestamp -e start -o "$1" "$work/code.o" "$work/kernel32.a"

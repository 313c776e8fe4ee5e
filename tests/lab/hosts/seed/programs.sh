#!/usr/bin/env bash
# Makes the smallest program that Windows would take for one, with a version resource. Debian's binutils for Windows.
# usage: programs.sh FILE VERSION      such as: programs.sh dfo.exe 4.4.2.1
set -euo pipefail
file=$1 version=$2
name=${file##*/}
tools=x86_64-w64-mingw32
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The file type of the version resource: 1 is a program, 2 a library.
case ${name,,} in
*.dll) type=2 link=(--dll -e 0) ;;
*) type=1 link=(-e start) ;;
esac
cat >"$work/version.rc" <<RC
1 VERSIONINFO
FILEVERSION ${version//./,}
PRODUCTVERSION ${version//./,}
FILEOS 0x40004
FILETYPE $type
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "CompanyName", "Standin's lab"
      VALUE "FileVersion", "$version"
      VALUE "OriginalFilename", "$name"
      VALUE "ProductVersion", "$version"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
RC
printf '.globl start\nstart: ret\n' >"$work/code.s"
"$tools-as" -o "$work/code.o" "$work/code.s"
# The resource uses nothing that a preprocessor would have to expand.
"$tools-windres" --preprocessor=cat -o "$work/version.o" "$work/version.rc"
"$tools-ld" -s --no-insert-timestamp "${link[@]}" -o "$file" "$work/code.o" "$work/version.o"

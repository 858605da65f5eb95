#!/bin/sh
# Writes the tables of this folder: what the headers of other C libraries and CPUs say of every symbol in ../includes.
# Nothing is run that was compiled for another CPU: each number becomes a line of the assembler file, and is read there.
#
#   jextract/abi/make.sh          replaces the committed tables
#   jextract/abi/make.sh FOLDER   writes them into FOLDER instead, to compare
#
# Debian packages: gcc libc6-dev · gcc-aarch64-linux-gnu libc6-dev-arm64-cross · musl-tools musl-dev
#
#   struct NAME SIZE                  in bytes
#   field STRUCT.NAME OFFSET WIDTH    in bytes
#   constant NAME VALUE
#   absent KIND NAME                  these headers have no such symbol
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mkdir -p "$out"
out=$(cd "$out" && pwd)
generated=$here/../../src/main/java/org/chagres/internal/generated
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line KIND NAME and one or two C expressions for each symbol, with % for a space in them. The fields are those of the
# generated layouts.
symbols=$work/symbols
for struct in $(sed 's/^--include-struct //' "$here/../includes/structs.txt"); do
    echo "struct $struct sizeof(struct%$struct)"
    sed -n '/GroupLayout \$LAYOUT = /,/);$/ s/.*\.withName("\([^"]*\)"),\{0,1\}$/\1/p' "$generated/$struct.java" \
        | while read -r field; do
            echo "field $struct.$field offsetof(struct%$struct,$field) sizeof(((struct%$struct*)0)->$field)"
        done
done > "$symbols"
sed 's/^--include-constant \(.*\)/constant \1 \1/' "$here/../includes/constants.txt" >> "$symbols"

# The C source: line n of it asks for line n of the symbols, so that a complaint of the compiler names what is absent.
c_source() {
    awk -v absent=" $1 " '
        index(absent, " " NR " ") { print ""; next }
        {
            numbers = "%c0"; inputs = "\"i\"((long)(int)(" $3 "))"
            if (NF == 4) { numbers = numbers " %c1"; inputs = inputs ", \"i\"((long)(int)(" $4 "))" }
            gsub(/%/, " ", inputs)
            printf "void line%d(void) { __asm__(\".ascii \\\"=%s %s %s\\\"\" : : %s); }\n", NR, $1, $2, numbers, inputs
        }' "$symbols"
}

table() { # FILE PACKAGES COMPILER...
    file=$out/$1
    packages=$2
    shift 2
    c_source "" > "$work/abi.c"
    absent=$("$@" -w -include "$here/../linux_ipc.h" -S -o /dev/null "$work/abi.c" 2>&1 \
        | sed -n '/has no member\|undeclared\|incomplete type\|undefined type/ s/^[^ ]*abi\.c:\([0-9]*\):.*error: .*/\1/p' \
        | sort -un | tr '\n' ' ')
    c_source "$absent" > "$work/abi.c"
    "$@" -w -include "$here/../linux_ipc.h" -S -o "$work/abi.s" "$work/abi.c"
    {
        echo "# Written by make.sh, not by hand."
        for package in $packages; do
            dpkg-query --show --showformat '# ${Package} ${Version}\n' "$package"
        done
        sed -n 's/.*\.ascii "=\(.*\)"$/\1/p' "$work/abi.s"
        for line in $absent; do
            sed -n "$line s/^\([a-z]*\) \([^ ]*\) .*/absent \1 \2/p" "$symbols"
        done
    } > "$work/table"
    mv "$work/table" "$file"
}

# musl brings no headers of the kernel: those alone are taken from the system's, never a header of glibc.
mkdir "$work/kernel"
ln -s /usr/include/linux /usr/include/asm-generic "/usr/include/$(gcc -print-multiarch)/asm" "$work/kernel"

[ "$(gcc -dumpmachine)" = x86_64-linux-gnu ] || { echo "make.sh: run it on x86-64" >&2; exit 1; }
table glibc-x86_64.txt "libc6-dev linux-libc-dev" gcc
table glibc-aarch64.txt "libc6-dev-arm64-cross linux-libc-dev-arm64-cross" aarch64-linux-gnu-gcc
table musl-x86_64.txt "musl-dev linux-libc-dev" musl-gcc -idirafter "$work/kernel"

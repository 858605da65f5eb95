#!/bin/sh
# Runs an installed jextract over linux_ipc.h and writes what includes/ names:
#   structs and constants -> src/main/java/org/chagres/internal/generated
#   functions             -> src/test/java/org/chagres/internal/generated (for the signature test only)
#
#   jextract/generate.sh          replaces the committed sources and their record, generated.txt
#   jextract/generate.sh FOLDER   writes the same tree into FOLDER instead, to compare
#
# JEXTRACT names the tool where it is not on PATH. JEXTRACT_REVISION, recorded as given, names the revision of its
# source: the tool itself does not tell.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/..}
mkdir -p "$root"
root=$(cd "$root" && pwd)
jextract=${JEXTRACT:-jextract}
command -v "$jextract" >/dev/null || {
    echo "generate.sh: no jextract on PATH: set JEXTRACT=/path/to/jextract (see jextract/README.md)" >&2
    exit 1
}
package=org/chagres/internal/generated
main=$root/src/main/java/$package
test=$root/src/test/java/$package

cd "$here"
for list in includes/*.txt; do
    sort -c -u "$list" || { echo "generate.sh: $list is not sorted, or names a symbol twice" >&2; exit 1; }
done

# Bit-fields and types from headers we do not ask for are skipped with a warning each; anything else is shown.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {
    status=0
    "$jextract" --target-package "$(echo "$package" | tr / .)" "$@" linux_ipc.h >"$work/log" 2>&1 || status=$?
    grep -v ': warning: Skipping ' "$work/log" >&2 || true
    [ "$status" = 0 ] || { echo "generate.sh: jextract ended with $status" >&2; exit 1; }
}
run --header-class-name Linux --output "$work/main" @includes/structs.txt @includes/constants.txt
run --header-class-name LinuxFunctions --output "$work/test" @includes/functions.txt

# Only now that the tool has done it all is anything replaced.
mkdir -p "$main" "$test"
rm -f "$main"/*.java "$test"/*.java
cp "$work/main/$package"/*.java "$main"
cp "$work/test/$package"/*.java "$test"

mkdir -p "$root/jextract"
record=$root/jextract/generated.txt
{
    echo "# The run that made the committed sources; BindingsTest compares. Written by generate.sh, not by hand."
    "$jextract" --version 2>&1 | grep -v '^JDK version' | sed 's/^/tool /'
    echo "revision ${JEXTRACT_REVISION:-unknown}"
    dpkg-query --show --showformat 'headers ${Package} ${Version} ${Architecture}\n' libc6-dev linux-libc-dev 2>/dev/null \
        || echo "headers unknown"
    sha256sum linux_ipc.h includes/*.txt | sed 's/^/input /'
    cd "$root"
    find "src/main/java/$package" "src/test/java/$package" -name '*.java' | sort \
        | xargs sha256sum | sed 's/^/output /'
} > "$record"

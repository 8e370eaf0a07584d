# shellcheck shell=sh
# A folder for captures, in $work; it goes with the shell.  They lie on a disk, as captures do that people have: there the kernel
# keeps a file in larger pieces than in a file system in memory, and whoever reads spends half the time on it (6.18, ext4
# against tmpfs).  All are read once before they are timed, so that the page cache has them.
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

#!/bin/sh
# The guide values of the house: lengths of functions, files and headers, public functions of a header, nesting.
# Fails on a function over 80 lines or a file over 600; lists what passes a guide value.  Tables do not count.
set -u
cd "$(dirname "$0")/.." || exit 2
sources=$(find src -name '*.c' | LC_ALL=C sort)
headers=$(find src -name '*.h' | LC_ALL=C sort)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086
ctags -x --_xformat='%{input} %{line} %{end} %{name}' --languages=C --kinds-C=f $sources >"$work/functions" || exit 2
awk '{ print $3 - $2 + 1, $1 ":" $2, $4 }' "$work/functions" | sort -n >"$work/lengths"
awk '
{ length_of[NR] = $1; if ($1 > 50) over[++listed] = $0; if ($1 > 80) failed++ }
END {
	if (!NR) { print "sizes: no functions found"; exit 1 }
	half = int((NR + 1) / 2); tenth = int(NR * 0.9 + 0.5)
	printf "sizes: %d functions, median %d lines, p90 %d, longest %d\n", NR, length_of[half], length_of[tenth], length_of[NR]
	for (i = 1; i <= listed; i++) { split(over[i], f, " "); printf "  %s %s: %d lines%s\n", f[2], f[3], f[1], (f[1] > 80 ? " (over 80)" : "") }
	exit failed > 0
}' "$work/lengths"
failed=$?
# shellcheck disable=SC2086
wc -l $sources $headers | awk '$2 != "total" && $1 > 400 { printf "  %s: %d lines%s\n", $2, $1, ($1 > 600 ? " (over 600)" : "") } $2 != "total" && $1 > 600 { bad = 1 } END { exit bad }' || failed=1
# shellcheck disable=SC2086
awk '
function flush() {
	if (code > 80) printf "  %s: %d lines of code\n", name, code
	if (public > 8) printf "  %s: %d public functions\n", name, public
	code = public = depth = inside = 0
}
FNR == 1 { if (name) flush(); name = FILENAME }
{
	line = $0
	gsub(/\/\*.*\*\//, "", line)
	if (inside) { if (!sub(/^.*\*\//, "", line)) next; inside = 0 }
	if (sub(/\/\*.*$/, "", line)) inside = 1
	if (line ~ /^[ \t]*$/) next
	code++
	if (depth == 0 && line ~ /^[a-z].*[a-z0-9_]\(/ && line !~ /^static|^typedef/) public++
	depth += gsub(/{/, "{", line) - gsub(/}/, "}", line)
}
END { flush() }' $headers
# Nesting: tabs before a statement inside a function, less the function body itself; continuation lines are spaces.
# shellcheck disable=SC2086
awk '
FNR == NR { from[$1] = from[$1] " " $2; to[$1, $2] = $3; name_of[$1, $2] = $4; next }
FNR == 1 { split(from[FILENAME], starts, " "); for (i in starts) start[FILENAME, starts[i]] = 1; here = 0 }
(FILENAME, FNR) in start { here = FNR }
here && FNR <= to[FILENAME, here] {
	match($0, /^\t*/)
	if (RLENGTH - 1 > deepest[FILENAME, here] && $0 ~ /[;{]/) deepest[FILENAME, here] = RLENGTH - 1
}
END { for (k in deepest) if (deepest[k] > 3) { split(k, at, SUBSEP); printf "  %s:%d %s: nested %d deep\n", at[1], at[2], name_of[k], deepest[k] } }
' "$work/functions" $sources | LC_ALL=C sort
exit "$failed"

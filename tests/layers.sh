#!/bin/sh
# The floor check: every #include "room/file.h" under src/ against tests/floors.  A file may include its own room and
# rooms on lower floors; rooms on one floor are strangers.
set -u
cd "$(dirname "$0")/.." || exit 2
# shellcheck disable=SC2046
awk '
FNR == NR { if ($1 ~ /^[0-9]+$/) floor[$2] = $1; next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split(FILENAME, path, "/")
	room = path[2]
	split($0, quoted, "\"")
	includes++
	if (quoted[2] !~ /^[a-z0-9_]+\/[a-z0-9_]+\.h$/)
		wrong("names no room")
	else {
		other = substr(quoted[2], 1, index(quoted[2], "/") - 1)
		if (!(room in floor) || !(other in floor))
			wrong("a room without a floor")
		else if (other != room && floor[other] >= floor[room])
			wrong(other " is on floor " floor[other] ", " room " on floor " floor[room])
	}
}
function wrong(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, $0, why; failed++ }
END { printf "floors: %d includes, %d breaches\n", includes, failed; exit failed || !includes }
' tests/floors $(find src -name '*.[ch]' | LC_ALL=C sort)

#!/bin/sh
# A revision beside what is checked out, in turn: bench/compare.sh CULVERT BASE GENERATE LOOP MEGABYTES
# BASE is built in a folder of its own, as it is released.  Times are user + system, medians of RUNS runs; instructions a packet
# where valgrind is there (INSTRUCTIONS=0: not).
set -u
culvert=$1
base=$2
generate=$3
loop=$4
size=$5
runs=${RUNS:-7}
here=$(dirname "$0")
git rev-parse --verify -q "$base^{commit}" >/dev/null || {
	echo "bench-compare: no such revision: '$base' (BASE=REV)" >&2
	exit 2
}
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"
if ! { git archive "$base" | tar -x -C "$work" && make -s -C "$work" release >"$work/build.log" 2>&1; }; then
	tail -n 5 "$work/build.log" >&2
	exit 1
fi
before=$work/build/trained/culvert

count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" replay --sandbox off -q -o /dev/null "$2" 2>&1 |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

printf '%-6s %9s %9s %8s %13s %13s %8s\n' traffic 'before s' 'after s' change 'before ins/p' 'after ins/p' change
"$generate" idle 1 "$work/one.pcap"
for kind in ${KINDS:-bulk short relay mixed syn open one tiny}; do
	case $kind in
	syn | tiny) amount=1000000 small=50000 ;;
	open) amount=200000 small=10000 ;;
	*) amount=$size small=5 ;;
	esac
	"$generate" "$kind" "$amount" "$work/x.pcap" && "$generate" "$kind" "$small" "$work/s.pcap" || exit 1
	"$here/measure.py" "$runs" "before=$before replay -q -o /dev/null $work/x.pcap" "after=$culvert replay -q -o /dev/null $work/x.pcap" >"$work/times" || exit 1
	instructions="- - 1"
	if [ "${INSTRUCTIONS:-1}" = 1 ] && command -v valgrind >/dev/null 2>&1; then
		packets=$("$loop" "$work/s.pcap")
		start=$(count "$before" "$work/one.pcap")
		old=$(($(count "$before" "$work/s.pcap") - start))
		start=$(count "$culvert" "$work/one.pcap")
		new=$(($(count "$culvert" "$work/s.pcap") - start))
		instructions="$old $new ${packets%% *}"
	fi
	awk -v kind="$kind" -v n="$instructions" '{ s[$1] = $2 }
	END {
		split(n, of, " ")
		printf "%-6s %9.3f %9.3f %+7.1f%% ", kind, s["before"], s["after"], 100 * (s["after"] / s["before"] - 1)
		if (of[1] == "-")
			printf "%13s %13s %8s\n", "-", "-", "-"
		else
			printf "%13.0f %13.0f %+7.1f%%\n", of[1] / of[3], of[2] / of[3], 100 * (of[2] / of[1] - 1)
	}' "$work/times"
	rm "$work/x.pcap" "$work/s.pcap"
done

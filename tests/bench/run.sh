#!/bin/sh
# CPU time and memory on generated captures, beside ndpiReader where that is installed and a bare loop over libpcap, which is
# the floor: bench/run.sh CULVERT GENERATE LOOP MEGABYTES
# Times are user + system, medians of RUNS runs in turn.  KINDS: which.  Captures lie in memory where there is a folder of
# that kind: page caches are emptied by whoever else uses the machine, and then a disk is measured.
set -u
culvert=$1
generate=$2
loop=$3
size=$4
runs=${RUNS:-5}
idle=${IDLE:-20000}
here=$(dirname "$0")
room=$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
[ "${room:-0}" -gt $((2 * size)) ] && memory=/dev/shm || memory=${TMPDIR:-/tmp}
work=$(mktemp -d "${BENCH_DIR:-$memory}/bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
printf '%-7s %6s %10s %10s %10s %10s %13s %10s %9s %9s\n' traffic MB packets 'culvert s' 'ndpi s' 'loop s' 'culvert/ndpi' 'loop/ndpi' 'watching' 'peak MiB'
for kind in ${KINDS:-bulk huge short relay mixed}; do
	"$generate" "$kind" "$size" "$work/x.pcap" || exit 1
	packets=$("$loop" "$work/x.pcap") || exit 1
	set -- "culvert=$culvert replay -q -o /dev/null $work/x.pcap" "loop=$loop $work/x.pcap" \
		"blind=$culvert replay --no-tunnels -q -o /dev/null $work/x.pcap"
	command -v ndpiReader >/dev/null 2>&1 && set -- "$@" "ndpi=ndpiReader -q -i $work/x.pcap"
	"$here/measure.py" "$runs" "$@" >"$work/times" || exit 1
	awk -v kind="$kind" -v packets="${packets%% *}" -v bytes="$(wc -c <"$work/x.pcap")" '
	function ratio(of) { return seconds["ndpi"] > 0 ? sprintf("%.2f", seconds[of] / seconds["ndpi"]) : "-" }
	{ seconds[$1] = $2; peak[$1] = $3 }
	END {
		# What looking for tunnels adds to the rest.
		watching = sprintf("%+.0f %%", 100 * (seconds["culvert"] / seconds["blind"] - 1))
		printf "%-7s %6.0f %10d %10.3f %10s %10.3f %13s %10s %9s %9.0f\n", kind, bytes / 1e6, packets, seconds["culvert"],
			"ndpi" in seconds ? sprintf("%.3f", seconds["ndpi"]) : "-", seconds["loop"], ratio("culvert"), ratio("loop"),
			watching, peak["culvert"] / 1024
	}' "$work/times"
	rm "$work/x.pcap"
done
# By the difference of two large numbers: beside a single conversation, the peak of the start would hide a part.
"$generate" idle "$idle" "$work/some.pcap" && "$generate" idle $((3 * idle)) "$work/many.pcap" || exit 1
"$here/measure.py" 3 "many=$culvert replay -q -o /dev/null $work/many.pcap" "some=$culvert replay -q -o /dev/null $work/some.pcap" >"$work/memory" || exit 1
awk -v n="$idle" '{ kib[$1] = $3 } END { printf "an open conversation: %.0f bytes (%d of them, peak %.0f MiB; %d, %.0f MiB)\n", (kib["many"] - kib["some"]) * 1024 / (2 * n), n, kib["some"] / 1024, 3 * n, kib["many"] / 1024 }' "$work/memory"

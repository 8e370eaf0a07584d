#!/bin/sh
# CPU time and memory on generated captures, beside ndpiReader where that is installed: bench/run.sh CULVERT GENERATE MEGABYTES
# Times are user + system, medians of RUNS runs in turn; captures are in the page cache before the first.
set -u
culvert=$1
generate=$2
size=$3
runs=${RUNS:-5}
idle=${IDLE:-20000}
here=$(dirname "$0")
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
printf '%-7s %9s %11s %11s %9s %12s %12s\n' traffic 'MB' 'culvert s' 'ndpi s' ratio 'culvert MB/s' 'peak MiB'
for kind in bulk short relay mixed; do
	"$generate" "$kind" "$size" "$work/x.pcap" || exit 1
	cat "$work/x.pcap" >/dev/null
	set -- "culvert=$culvert replay -q -o /dev/null $work/x.pcap"
	command -v ndpiReader >/dev/null 2>&1 && set -- "$@" "ndpi=ndpiReader -q -i $work/x.pcap"
	"$here/measure.py" "$runs" "$@" >"$work/times" || exit 1
	awk -v kind="$kind" -v bytes="$(wc -c <"$work/x.pcap")" '
	{ seconds[$1] = $2; peak[$1] = $3 }
	END {
		ratio = seconds["culvert"] > 0 && "ndpi" in seconds ? sprintf("%.2f", seconds["ndpi"] / seconds["culvert"]) : "-"
		printf "%-7s %9.0f %11.3f %11s %9s %12.0f %12.0f\n", kind, bytes / 1e6, seconds["culvert"],
			"ndpi" in seconds ? sprintf("%.3f", seconds["ndpi"]) : "-", ratio, bytes / 1e6 / seconds["culvert"], peak["culvert"] / 1024
	}' "$work/times"
	rm "$work/x.pcap"
done
"$generate" idle "$idle" "$work/many.pcap" && "$generate" idle 1 "$work/one.pcap" || exit 1
"$here/measure.py" 3 "many=$culvert replay -q -o /dev/null $work/many.pcap" "one=$culvert replay -q -o /dev/null $work/one.pcap" >"$work/memory" || exit 1
awk -v n="$idle" '{ kib[$1] = $3 } END { printf "an open conversation: %.0f bytes (%d of them, peak %.0f MiB against %.0f)\n", (kib["many"] - kib["one"]) * 1024 / n, n, kib["many"] / 1024, kib["one"] / 1024 }' "$work/memory"

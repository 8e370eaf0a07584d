#!/bin/sh
# CPU time and memory on generated captures, beside ndpiReader where that is installed and a bare loop over libpcap, which is
# the floor: bench/run.sh CULVERT GENERATE LOOP MEGABYTES
# Times are user + system, medians of RUNS runs in turn; so that what others do on the machine meets all alike.  KINDS: which of
# the workloads.  TSHARK=1: tshark as well, on a capture of TSHARK_MB of the same kind, for it is slow.
set -u
culvert=$1
generate=$2
loop=$3
size=$4
runs=${RUNS:-5}
open=${OPEN:-250000}
here=$(dirname "$0")
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"

# amount KIND: how much of it, as generate counts.
amount() {
	case $1 in
	syn) echo 1000000 ;;
	open) echo "$open" ;;
	one) echo $((size < 300 ? size : 300)) ;;
	tiny) echo 1500000 ;;
	*) echo "$size" ;;
	esac
}

# small KIND: a slice for tshark.
small() {
	case $1 in
	syn | tiny) echo $((${TSHARK_MB:-10} * 10000)) ;;
	open) echo $((${TSHARK_MB:-10} * 1000)) ;;
	*) echo "${TSHARK_MB:-10}" ;;
	esac
}

printf '%-6s %5s %9s %9s %7s %7s %7s %8s %8s %7s %8s %9s %9s\n' traffic MB packets culvert loop ndpi /loop /ndpi ns/pkt Gbit/s watching peak-MiB tshark-ns
for kind in ${KINDS:-bulk short relay mixed syn open one tiny}; do
	"$generate" "$kind" "$(amount "$kind")" "$work/x.pcap" || exit 1
	packets=$("$loop" "$work/x.pcap") || exit 1
	replay="replay -q -o /dev/null"
	# As it comes, but where a million are to be held.
	case $kind in syn | open) replay="$replay --flows 1000000" ;; esac
	set -- "culvert=$culvert $replay $work/x.pcap" "loop=$loop $work/x.pcap" "blind=$culvert $replay --no-tunnels $work/x.pcap"
	command -v ndpiReader >/dev/null 2>&1 && set -- "$@" "ndpi=ndpiReader -q -i $work/x.pcap"
	"$here/measure.py" "$runs" "$@" >"$work/times" || exit 1
	slice=0
	if [ "${TSHARK:-0}" = 1 ]; then
		"$generate" "$kind" "$(small "$kind")" "$work/s.pcap" || exit 1
		slice=$("$loop" "$work/s.pcap")
		"$here/measure.py" 1 "tshark=tshark -q -r $work/s.pcap" >>"$work/times" || exit 1
	fi
	awk -v kind="$kind" -v packets="${packets%% *}" -v slice="${slice%% *}" -v bytes="$(wc -c <"$work/x.pcap")" '
	function ratio(to) { return seconds[to] > 0 ? sprintf("%.2f", seconds["culvert"] / seconds[to]) : "-" }
	{ seconds[$1] = $2; peak[$1] = $3 }
	END {
		s = seconds["culvert"]
		# What looking for tunnels adds to the rest.
		watching = sprintf("%+.0f %%", 100 * (s / seconds["blind"] - 1))
		printf "%-6s %5.0f %9d %9.3f %7.3f %7s %7s %8s %8.0f %7.1f %8s %9.0f %9s\n", kind, bytes / 1e6, packets, s, seconds["loop"],
			"ndpi" in seconds ? sprintf("%.2f", seconds["ndpi"]) : "-", ratio("loop"), ratio("ndpi"), 1e9 * s / packets,
			8 * (bytes - 16 * packets) / s / 1e9, watching, peak["culvert"] / 1024,
			(slice > 0 ? sprintf("%.0f", 1e9 * seconds["tshark"] / slice) : "-")
	}' "$work/times"
	rm -f "$work/x.pcap" "$work/s.pcap"
done
# By the difference of two large numbers: beside a single conversation, the peak of the start would hide a part.
for kind in idle open; do
	[ "$kind" = idle ] && what='at rest after an exchange' || what='whose requests wait for their answers at once'
	"$generate" "$kind" "$((open / 3))" "$work/some.pcap" && "$generate" "$kind" "$open" "$work/many.pcap" || exit 1
	"$here/measure.py" 3 "many=$culvert replay -q -o /dev/null $work/many.pcap" "some=$culvert replay -q -o /dev/null $work/some.pcap" >"$work/memory" || exit 1
	awk -v few="$((open / 3))" -v n="$open" -v what="$what" '{ kib[$1] = $3 } END { printf "an open conversation %s: %.0f bytes (%d of them, peak %.0f MiB; %d, %.0f MiB)\n", what, (kib["many"] - kib["some"]) * 1024 / (n - few), few, kib["some"] / 1024, n, kib["many"] / 1024 }' "$work/memory"
	rm -f "$work/some.pcap" "$work/many.pcap"
done

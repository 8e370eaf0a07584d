#!/bin/sh
# What several workers of replay gain: bench/workers.sh CULVERT GENERATE MEGABYTES
# Wall and CPU time of one worker, of WORKERS and of WORKERS with --ordered: medians of RUNS runs in turn.  `machine` is the most that
# this machine could give: so many programs at once, each with all of it, against one.
set -u
culvert=$1
generate=$2
size=$3
runs=${RUNS:-5}
here=$(dirname "$0")
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"
printf '%-6s %3s %9s %9s %9s %9s %9s %9s %9s %9s %9s\n' traffic -j 'one wall' 'one CPU' wall CPU speed-up 'ord wall' 'ord CPU' speed-up machine
# Workers share pairs of hosts.
CLIENTS=${CLIENTS:-1000}
export CLIENTS
for kind in ${KINDS:-bulk short relay mixed}; do
	"$generate" "$kind" "$size" "$work/x.pcap" || exit 1
	for j in ${WORKERS:-2}; do
		replay="$culvert replay -q -o /dev/null $work/x.pcap"
		apart=$(seq "$j" | sed "s|.*|$replay \&|")
		"$here/measure.py" "$runs" "one=$replay" "many=$replay -j $j" "ordered=$replay -j $j --ordered" \
			"apart=sh -c '$apart wait'" >"$work/times" || exit 1
		awk -v kind="$kind" -v j="$j" '{ cpu[$1] = $2; wall[$1] = $4 }
		END {
			printf "%-6s %3d %9.3f %9.3f %9.3f %9.3f %9.2f %9.3f %9.3f %9.2f %9.2f\n", kind, j, wall["one"], cpu["one"], wall["many"],
				cpu["many"], wall["one"] / wall["many"], wall["ordered"], cpu["ordered"], wall["one"] / wall["ordered"],
				j * wall["one"] / wall["apart"]
		}' "$work/times"
	done
	rm "$work/x.pcap"
done

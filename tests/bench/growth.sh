#!/bin/sh
# How the cost of a packet grows with open connections and with rules: bench/growth.sh CULVERT GENERATE LOOP FOLDER
# Writes FOLDER/growth-flows.svg and growth-rules.svg, and the numbers that they show to standard output.  FLOWS and RULES: where
# to measure.  CPU time (user + system), medians of RUNS runs in turn, without what the start and the reading of the rules cost.
set -u
culvert=$1
generate=$2
loop=$3
to=$4
runs=${RUNS:-3}
here=$(dirname "$0")
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"
replay="$culvert replay -q -o /dev/null"

# For few connections the capture is read many times, so that there is something to measure.
flows() {
	for n in ${FLOWS:-1000 4000 16000 64000 256000 1000000 4000000}; do
		"$generate" open "$n" "$work/x.pcap" || exit 1
		times=$((n < 300000 ? 300000 / n : 1))
		files=$(awk -v n="$times" -v x="$work/x.pcap" 'BEGIN { while (n-- > 0) printf " %s", x }')
		"$here/measure.py" "$runs" "all=$replay --flows $((n + n / 4)) $files" "start=$replay --flows $((n + n / 4)) $work/one.pcap" >"$work/times" || exit 1
		packets=$("$loop" "$work/x.pcap")
		awk -v n="$n" -v packets=$((${packets%% *} * times)) '{ s[$1] = $2; peak[$1] = $3 }
			END { printf "%d %.1f %.0f\n", n, 1e9 * (s["all"] - s["start"]) / packets, peak["all"] / 1024 }' "$work/times"
		rm "$work/x.pcap"
	done
}

# rule_file SORT COUNT
rule_file() {
	awk -v sort="$1" -v n="$2" 'BEGIN {
		print "version: 1\nrules:"
		for (i = 1; i <= n; i++) {
			if (sort == "requests") match_ = "request.host: host" i ".example.net"
			else if (i % 2) match_ = "handshake.host: { suffix: host" i ".example.net }"
			else match_ = "dest_ip: " 11 + int(i / 65536) "." int(i / 256) % 256 "." i % 256 ".0/24"
			printf "  - { id: %d, title: rule %d, match: { %s } }\n", i, i, match_
		}
	}'
}

rules() {
	"$generate" short 100 "$work/x.pcap" || exit 1
	packets=$("$loop" "$work/x.pcap")
	for n in ${RULES:-10 30 100 300 1000 3000 10000}; do
		set --
		for sort in hosts requests; do
			rule_file "$sort" "$n" >"$work/$sort.yaml"
			set -- "$@" "$sort=$replay -r $work/$sort.yaml $work/x.pcap" "$sort-start=$replay -r $work/$sort.yaml $work/one.pcap"
		done
		"$here/measure.py" "$runs" "$@" >"$work/times" || exit 1
		awk -v n="$n" -v packets="${packets%% *}" '{ s[$1] = $2 }
			END { printf "%d %.1f %.1f\n", n, 1e9 * (s["hosts"] - s["hosts-start"]) / packets, 1e9 * (s["requests"] - s["requests-start"]) / packets }' "$work/times"
	done
}

"$generate" idle 1 "$work/one.pcap" || exit 1
echo '# open connections, ns of CPU a packet, peak MiB'
flows | tee "$work/flows"
echo '# rules, ns of CPU a packet of short flows: about CONNECT targets and networks, about the host of every request'
rules | tee "$work/rules"
cat >"$work/plot" <<END
set terminal svg size 720,420 font "sans-serif,13" background "white"
set logscale x
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set yrange [0:*]
set ylabel "CPU time, ns a packet"
set key bottom right
set output "$to/growth-flows.svg"
set xlabel "connections open at once"
set format x "%.0s%c"
set y2label "peak memory, MiB"
set logscale y2
set y2tics
set border 11
plot "$work/flows" using 1:2 with linespoints lw 2 pt 7 lc rgb "#1f5fa8" title "ns a packet", \
	"" using 1:3 axes x1y2 with linespoints lw 1 pt 6 lc rgb "#888888" title "peak MiB (right)"
set output "$to/growth-rules.svg"
unset y2label
unset y2tics
unset logscale y2
set border 3
set xlabel "rules"
plot "$work/rules" using 1:2 with linespoints lw 2 pt 7 lc rgb "#1f5fa8" title "about CONNECT targets and networks", \
	"" using 1:3 with linespoints lw 2 pt 5 lc rgb "#c05a1a" title "about the host of every request"
END
gnuplot "$work/plot"
for curve in "$work/flows" "$work/rules"; do
	awk -v what="${curve##*/}" 'NR == 1 { first = $2 } { last = $2 } END { printf "%s: from smallest to largest x %.2f\n", what, last / first }' "$curve"
done

#!/bin/sh
# What 10,000 rules about hosts and networks cost beside 10, and beside none: bench/rules.sh CULVERT GENERATE MEGABYTES
# Times are user + system, medians of RUNS runs in turn, each over the capture five times.  Three sorts of rules: about addresses and CONNECT targets, which bulk
# HTTP seldom asks for; about the host of every request; and the same as named sets of one rule.
set -u
culvert=$1
generate=$2
size=$3
runs=${RUNS:-5}
here=$(dirname "$0")
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"

# rules SORT COUNT
rules() {
	awk -v sort="$1" -v n="$2" 'BEGIN {
		print "version: 1"
		if (sort == "sets") {
			printf "sets:\n  hosts:\n    hosts: ["
			for (i = 0; i < n / 2; i++) printf "%shost%d.example.net", i ? ", " : "", i
			printf "]\n  nets:\n    networks: ["
			for (i = 0; i < n / 2; i++) printf "%s%d.%d.%d.0/24", i ? ", " : "", 11 + int(i / 65536), int(i / 256) % 256, i % 256
			print "]\nrules:"
			print "  - { id: 1, title: a, match: { request.host: $hosts } }"
			print "  - { id: 2, title: b, match: { dest_ip: $nets } }"
			exit
		}
		print "rules:"
		for (i = 1; i <= n; i++) {
			if (sort == "requests") match_ = "request.host: host" i ".example.net"
			else if (i % 2) match_ = "handshake.host: { suffix: host" i ".example.net }"
			else match_ = "dest_ip: " 11 + int(i / 65536) "." int(i / 256) % 256 "." i % 256 ".0/24"
			printf "  - { id: %d, title: rule %d, match: { %s } }\n", i, i, match_
		}
	}'
}

"$generate" bulk "$size" "$work/bulk.pcap" && "$generate" short "$((size / 5))" "$work/short.pcap" &&
	"$generate" idle 1 "$work/one.pcap" || exit 1
# Instructions of one replay, where valgrind is there: a machine that is shared makes times a guess.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$culvert" replay -q -o /dev/null -r "$1" "$2" 2>&1 |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

"$generate" bulk 10 "$work/bulk-10.pcap" && "$generate" short 3 "$work/short-10.pcap" || exit 1
printf '%-9s %-9s %9s %9s %9s %9s %9s %10s %13s\n' traffic rules 'none s' '10 s' '10000 s' 'load s' 'cost' 'MiB more' 'instructions'
for sort in hosts requests sets; do
	rules "$sort" 10 >"$work/few.yaml"
	rules "$sort" 10000 >"$work/many.yaml"
	for traffic in bulk short; do
		replay="$culvert replay -q -o /dev/null"
		x="$work/$traffic.pcap"
		x="$x $x $x $x $x"
		"$here/measure.py" "$runs" "none=$replay $x" "few=$replay -r $work/few.yaml $x" "many=$replay -r $work/many.yaml $x" \
			"load=$replay -r $work/many.yaml $work/one.pcap" "start=$replay -r $work/few.yaml $work/one.pcap" >"$work/times" || exit 1
		more=-
		if command -v valgrind >/dev/null 2>&1; then
			more=$(awk -v few="$(instructions "$work/few.yaml" "$work/$traffic-10.pcap")" -v many="$(instructions "$work/many.yaml" "$work/$traffic-10.pcap")" \
				-v start="$(instructions "$work/few.yaml" "$work/one.pcap")" -v load="$(instructions "$work/many.yaml" "$work/one.pcap")" \
				'BEGIN { printf "%+.2f %%", 100 * ((many - load) / (few - start) - 1) }')
		fi
		awk -v more="$more" -v traffic="$traffic" -v sort="$sort" '
		{ seconds[$1] = $2; peak[$1] = $3 }
		END {
			# Reading the rules is paid once, however long the traffic.
			load = seconds["load"] - seconds["start"]
			printf "%-9s %-9s %9.3f %9.3f %9.3f %9.3f %9s %10.1f %13s\n", traffic, sort, seconds["none"], seconds["few"], seconds["many"],
				load, sprintf("%+.1f %%", 100 * ((seconds["many"] - load) / seconds["few"] - 1)),
				(peak["many"] - peak["few"]) / 1024, more
		}' "$work/times"
	done
done

#!/bin/sh
# Instructions a packet, by callgrind, for each workload: bench/instructions.sh CULVERT GENERATE LOOP
# What the start costs is taken off.  A machine that is shared makes times a guess; these are the same in every run.
set -u
culvert=$1
generate=$2
loop=$3
here=$(dirname "$0")
# shellcheck source=tests/bench/work.sh
. "$here/work.sh"

count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$culvert" replay --sandbox off -q -o /dev/null "$1" 2>&1 |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

"$generate" idle 1 "$work/one.pcap" || exit 1
start=$(count "$work/one.pcap")
printf '%-8s %10s %14s %16s\n' traffic packets instructions 'a packet'
for kind in ${KINDS:-bulk short relay mixed syn open one tiny}; do
	case $kind in
	syn | tiny) amount=100000 ;;
	open) amount=20000 ;;
	*) amount=10 ;;
	esac
	"$generate" "$kind" "$amount" "$work/x.pcap" || exit 1
	packets=$("$loop" "$work/x.pcap")
	all=$(($(count "$work/x.pcap") - start))
	printf '%-8s %10d %14d %16d\n' "$kind" "${packets%% *}" "$all" $((all / ${packets%% *}))
done

/* The mark that an answer puts on a packet is saved to its connection in a later chain: behind a queue, no rule of the same
 * chain is reached any more.  What forwards between networks has one place that sees both ways, after the addresses of
 * the target and before those of the source are translated: the chain FORWARD. */
#include "main/firewall.h"

/* Of several queues both take the one that the two addresses name, whichever comes first: both ways of a conversation, and all
 * conversations of two hosts, meet in one. */
struct target {
	char nft[32], iptables[48]; /* their words for the queues */
};

static struct target target_of(const struct inline_options *o)
{
	const unsigned first = o->queue.number, last = o->last;
	const bool open = o->fail == FAIL_OPEN;
	struct target t;
	if (first == last) {
		snprintf(t.nft, sizeof t.nft, "%u%s", first, open ? " bypass" : "");
		snprintf(t.iptables, sizeof t.iptables, "--queue-num %u%s", first, open ? " --queue-bypass" : "");
	} else {
		snprintf(t.nft, sizeof t.nft, "%u-%u%s", first, last, open ? " bypass" : "");
		snprintf(t.iptables, sizeof t.iptables, "--queue-balance %u:%u%s", first, last,
		    open ? " --queue-bypass" : "");
	}
	return t;
}

static void print_command(const struct inline_options *o, FILE *out)
{
	fprintf(out, "# culvert inline -q %u", (unsigned)o->queue.number);
	if (o->last != o->queue.number)
		fprintf(out, "-%u", (unsigned)o->last);
	fputs(": what is forwarded goes through culvert.", out);
}

static void print_nft(const struct inline_options *o, FILE *out)
{
	const unsigned mark = o->gate.mark, mask = o->gate.mask;
	const bool open = o->fail == FAIL_OPEN;
	const struct target t = target_of(o);
	fputs("#!/usr/sbin/nft -f\n", out);
	print_command(o, out);
	fprintf(out,
	    "  Loading it again replaces it; to take it away:\n"
	    "#   nft delete table inet culvert\n"
	    "table inet culvert\n"
	    "delete table inet culvert\n"
	    "table inet culvert {\n"
	    "	chain ask {\n"
	    "		type filter hook forward priority mangle - 5; policy accept;\n"
	    "		# Settled: culvert has nothing more to say about this connection.\n"
	    "		ct mark and 0x%x == 0x%x accept\n",
	    mask, mark);
	fprintf(out,
	    "		# %s\n"
	    "		meta l4proto tcp queue num %s\n"
	    "		# Conversations inside GRE, IP in IP and VXLAN are looked at, too, when they come here:\n"
	    "		#meta l4proto { gre, ipip, ipv6 } queue num %s\n"
	    "		#udp dport 4789 queue num %s\n"
	    "	}\n",
	    open ? "Fail open: while culvert does not run, everything passes."
		 : "Fail closed: while culvert does not run, nothing passes.",
	    t.nft, t.nft, t.nft);
	fprintf(out,
	    "	chain keep {\n"
	    "		type filter hook postrouting priority mangle - 5; policy accept;\n"
	    "		# What culvert's answer says of a packet holds for its connection, both ways.\n"
	    "		meta mark and 0x%x == 0x%x ct mark set meta mark\n"
	    "	}\n"
	    "}\n",
	    mask, mark);
}

static void print_iptables(const struct inline_options *o, FILE *out)
{
	const unsigned mark = o->gate.mark, mask = o->gate.mask;
	const bool open = o->fail == FAIL_OPEN;
	const struct target t = target_of(o);
	print_command(o, out);
	fprintf(out,
	    "  Load it for both families:\n"
	    "#   iptables-restore --noflush FILE; ip6tables-restore --noflush FILE\n"
	    "# It adds to the chains FORWARD and POSTROUTING of the table mangle: load it once.\n"
	    "*mangle\n"
	    ":culvert-ask - [0:0]\n"
	    ":culvert-keep - [0:0]\n"
	    "-A FORWARD -j culvert-ask\n"
	    "-A POSTROUTING -j culvert-keep\n"
	    "# Settled: culvert has nothing more to say about this connection.\n"
	    "-A culvert-ask -m connmark --mark 0x%x/0x%x -j RETURN\n",
	    mark, mask);
	fprintf(out,
	    "# %s\n"
	    "-A culvert-ask -p tcp -j NFQUEUE %s\n"
	    "# Conversations inside GRE, IP in IP and VXLAN are looked at, too, when they come here:\n"
	    "#-A culvert-ask -p gre -j NFQUEUE %s\n"
	    "#-A culvert-ask -p udp --dport 4789 -j NFQUEUE %s\n"
	    "# What culvert's answer says of a packet holds for its connection, both ways.  In a later chain: behind a "
	    "queue no\n"
	    "# rule of the same chain is reached.\n"
	    "-A culvert-keep -m mark --mark 0x%x/0x%x -j CONNMARK --save-mark\n"
	    "COMMIT\n",
	    open ? "Fail open: while culvert does not run, everything passes."
		 : "Fail closed: while culvert does not run, nothing passes.",
	    t.iptables, t.iptables, t.iptables, mark, mask);
}

void firewall_print(const struct inline_options *o, FILE *out)
{
	if (o->print == FIREWALL_NFT)
		print_nft(o, out);
	else
		print_iptables(o, out);
}

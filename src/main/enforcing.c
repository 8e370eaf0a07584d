/* The rules stand at the head of the chain FORWARD: what an operator lets pass there by the state of its connection would else
 * never come to them. */
#include "main/enforcing.h"

#include "main/signals.h"

enum source_got enforcing_frames(
    const struct run *r, struct source *s, unsigned most, struct ring *orders, uint64_t *lost, struct err *e)
{
	struct frame frame = { 0 };
	for (unsigned n = 0; n < most && !signals_any(); n++) {
		const enum source_got got = source_next(s, &frame, e);
		if (got != GOT_FRAME)
			return got;
		const struct mark_order *o = pipeline_enforce(r->pipeline, &frame);
		/* Who has gone on is asked about again. */
		if (o != NULL && !ring_put(orders, 0, o, sizeof *o))
			(*lost)++;
	}
	return GOT_FRAME;
}

bool enforcing_marks_differ(const struct inline_options *o)
{
	const uint32_t both = o->gate.mask & o->forbidden.mask;
	if (both == 0 || ((o->gate.mark ^ o->forbidden.value) & both) != 0)
		return true;
	log_error("live: --forbidden-mark 0x%x/0x%x and --settled-mark 0x%x/0x%x cannot be told apart",
	    (unsigned)o->forbidden.value, (unsigned)o->forbidden.mask, (unsigned)o->gate.mark, (unsigned)o->gate.mask);
	return false;
}

static void print_nft(const struct inline_options *o, FILE *out)
{
	fprintf(out,
	    "#!/usr/sbin/nft -f\n"
	    "# culvert live --enforce: what is forwarded is stopped when its connection is marked.  Loading it again "
	    "replaces "
	    "it; to\n"
	    "# take it away:\n"
	    "#   nft delete table inet culvert-enforce\n"
	    "table inet culvert-enforce\n"
	    "delete table inet culvert-enforce\n"
	    "table inet culvert-enforce {\n"
	    "	chain stop {\n"
	    "		type filter hook forward priority filter - 5; policy accept;\n"
	    "		# Forbidden.  To be silent instead: ... counter drop\n"
	    "		meta l4proto tcp ct mark and 0x%x == 0x%x counter reject with tcp reset\n",
	    (unsigned)o->forbidden.mask, (unsigned)o->forbidden.value);
	fprintf(out,
	    "		# Settled: culvert has nothing more to say about this connection.  With a flowtable of yours, "
	    "named f:\n"
	    "		#meta l4proto tcp ct mark and 0x%x == 0x%x flow add @f\n"
	    "	}\n"
	    "}\n",
	    (unsigned)o->gate.mask, (unsigned)o->gate.mark);
}

static void print_iptables(const struct inline_options *o, FILE *out)
{
	fprintf(out,
	    "# culvert live --enforce: what is forwarded is stopped when its connection is marked.  Load it for both "
	    "families:\n"
	    "#   iptables-restore --noflush FILE; ip6tables-restore --noflush FILE\n"
	    "# It adds to the chain FORWARD of the table filter: load it once.\n"
	    "*filter\n"
	    ":culvert-enforce - [0:0]\n"
	    "-I FORWARD -j culvert-enforce\n"
	    "# Forbidden.  To be silent instead: -j DROP\n"
	    "-A culvert-enforce -p tcp -m connmark --mark 0x%x/0x%x -j REJECT --reject-with tcp-reset\n",
	    (unsigned)o->forbidden.value, (unsigned)o->forbidden.mask);
	fprintf(out,
	    "# Settled: culvert has nothing more to say about this connection.  What is costly and comes later may be "
	    "left out:\n"
	    "#-A culvert-enforce -p tcp -m connmark --mark 0x%x/0x%x -j ACCEPT\n"
	    "COMMIT\n",
	    (unsigned)o->gate.mark, (unsigned)o->gate.mask);
}

void enforcing_print(const struct inline_options *o, FILE *out)
{
	if (o->print == FIREWALL_NFT)
		print_nft(o, out);
	else
		print_iptables(o, out);
}

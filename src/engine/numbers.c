/* What the rooms counted, and what they may take: gathered when somebody asks, so that no packet pays for it. */
#include "engine/enforcing.h"
#include "engine/gate.h"

static void gather_caps(const struct pipeline *p, const struct decode_counters *c, uint64_t caps[CAPS])
{
	const struct stream_kit *s = &p->streams;
	const struct inline_stats *in_the_way = p->gatekeeper != NULL ? &p->gatekeeper->stats : NULL;
	caps[CAP_FLOWS] = p->stats.flows_evicted;
	caps[CAP_HALF_OPEN] = p->stats.half_open_evicted;
	caps[CAP_UNREAD] = s->over_unread;
	caps[CAP_HOLES] = s->over_holes;
	caps[CAP_HOLE_BYTES] = s->over_bytes;
	caps[CAP_STREAM_MEMORY] = stream_kit_refused(s);
	caps[CAP_NDPI_BYTES] = channel_kit_cut(p->channels);
	caps[CAP_KIN] = kin_evicted(p->kin) + kin_refused(p->kin);
	caps[CAP_NOTEBOOKS] = tunnel_kit_refused(&p->tunnels);
	caps[CAP_GROUPS] = p->tunnels.groups.evicted;
	caps[CAP_ENCAPSULATION] = c->by_result[DECODED_TOO_DEEP];
	caps[CAP_DATAGRAMS] = c->datagrams_evicted;
	caps[CAP_FRAGMENTS] = c->datagrams_too_many;
	caps[CAP_STRING] = reporter_cut(p->reporter);
	caps[CAP_LINE] = reporter_bare(p->reporter);
	caps[CAP_LIMITS] = judge_counters(p->judge)->limits_evicted;
	caps[CAP_HELD] = in_the_way != NULL ? in_the_way->exceptions[EXCEPTION_HELD] : 0;
}

void pipeline_stats(const struct pipeline *p, struct report_stats *out)
{
	const struct decode_counters *c = decode_counters(p->decoder);
	*out = p->stats;
	out->source = p->source;
	out->segments = c->by_result[DECODED_SEGMENT] + c->by_result[DECODED_ELSEWHERE];
	out->other = c->by_result[DECODED_OTHER] + c->by_result[DECODED_UNKNOWN_LINK];
	out->malformed = c->by_result[DECODED_MALFORMED] + c->by_result[DECODED_TOO_DEEP];
	out->fragments_dropped = c->fragments_dropped;
	out->flows_peak = flow_peak(p->flows);
	out->half_open_peak = knocks_peak(p->knocks);
	out->kin_evicted = kin_evicted(p->kin);
	out->tunnel_caps = tunnel_kit_refused(&p->tunnels) + p->tunnels.findings.refused;
	out->groups_evicted = p->tunnels.groups.evicted;
	gather_caps(p, c, out->caps);
	out->rules.judge = *judge_counters(p->judge);
	/* What the rules would have told, and the bound for all of them held back. */
	out->rules.judge.alerts -= out->caps[CAP_ALERTS];
	out->rules.judge.suppressed += out->caps[CAP_ALERTS];
	out->records = reporter_lines(p->reporter);
	out->in_the_way = p->gatekeeper != NULL ? &p->gatekeeper->stats : NULL;
	out->enforce = p->enforcer != NULL ? &p->enforcer->stats : NULL;
}

size_t pipeline_reserved(const struct pipeline *p)
{
	const struct pool *const pools[] = { &p->notes, &p->records, &p->relays, &p->dialogues, &p->encaps, &p->masks,
		&p->rivals, &p->furthers };
	size_t n = sizeof *p + pool_reserved(&p->https.queues) + judging_reserved(p) + flow_reserved(p->flows) +
		   knocks_reserved(p->knocks) + stream_kit_reserved(&p->streams) + tunnel_kit_reserved(&p->tunnels) +
		   kin_reserved(p->kin) + decoder_reserved(p->decoder);
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		n += pool_reserved(pools[i]);
	if (p->gatekeeper != NULL)
		n += sizeof *p->gatekeeper + pool_reserved(&p->gatekeeper->gates);
	if (p->enforcer != NULL)
		n += sizeof *p->enforcer;
	return n;
}

/* What it would take is known when it is made: nothing is written yet, so that it costs only names in a table. */
static size_t reserved_with(const struct pipeline_options *o, size_t flows)
{
	struct pipeline_options trial = *o;
	struct err e;
	trial.flows = flows;
	trial.rules = NULL;
	struct pipeline *p = pipeline_new(&trial, NULL, &e);
	const size_t n = p != NULL ? pipeline_reserved(p) : SIZE_MAX;
	pipeline_free(p);
	return n;
}

size_t pipeline_fit(const struct pipeline_options *o, size_t bytes)
{
	enum { FEW = 256 };
	if (reserved_with(o, FEW) > bytes)
		return 0;
	size_t fits = FEW, too_many = o->flows + 1;
	while (fits + fits / 64 + 1 < too_many) {
		const size_t half = fits + (too_many - fits) / 2;
		if (reserved_with(o, half) <= bytes)
			fits = half;
		else
			too_many = half;
	}
	return fits;
}

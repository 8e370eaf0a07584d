/* tell -- gathers the facts of one conversation and hands them to the reporter. */
#include "engine/gate.h"

#include <string.h>

/* The outermost of each kind. */
static void gather_finding(const struct finding *found, struct facts *f)
{
	if (found == NULL)
		return;
	const struct finding **to = found->kind == KIND_CARRIER ? &f->carrier : &f->finding;
	if (*to == NULL)
		*to = found;
}

static void gather_levels(const struct watch *w, struct facts *f)
{
	for (const struct dialogue *d = &w->top; d != NULL && f->levels <= MAX_NESTING; d = d->further->inner) {
		f->level[f->levels++] = (struct facts_level){
			.handshake = &d->further->shake,
			.channel = d->further->relay != NULL ? &d->further->relay->channel : NULL,
			.requests = d->http.side[CLIENT].messages,
			.responses = d->http.side[SERVER].messages,
			.http2 = d->further->http2,
		};
		gather_finding(tunnel_finding(&d->tunnel), f);
	}
}

static void gather_relay(const struct relay *r, struct facts *f)
{
	if (r == NULL)
		return;
	f->relay_from = r->from;
	f->relay_to = r->to;
	for (enum side side = CLIENT; side <= SERVER; side++)
		f->relay_bytes[side] = f->stream_bytes[side] > r->at[side] ? f->stream_bytes[side] - r->at[side] : 0;
}

void tell_gather(const struct seat *at, struct facts *f)
{
	const struct watch *w = at->w;
	*f = (struct facts){
		.flow_id = flow_id(at->flow),
		.key = &at->flow->key,
		.client_is_lo = w->stream.client_way == LO_TO_HI,
		.encap = w->top.further->encap,
		.capture = at->p->source,
		.interface = at->p->interfaces != NULL ? at->p->interfaces[w->interface] : NULL,
		.first = at->flow->first,
		.last = at->flow->last,
		.now = at->t,
		.packets = { w->packets[CLIENT], w->packets[SERVER] },
		.bytes = { w->bytes[CLIENT], w->bytes[SERVER] },
		.stream_bytes = { stream_total(&w->stream, CLIENT), stream_total(&w->stream, SERVER) },
		.state = stream_state_name((enum stream_state)w->stream.state),
		.verdict = &w->verdict,
		.dossier = &w->dossier,
		.request = judging_request(w),
		.alerted = w->alerted,
		.fate = gate_told(w->top.further->gate),
	};
	gather_relay(w->top.further->relay, f);
	gather_levels(w, f);
}

/* Some oddities are bounds that were reached. */
static void count_cap(struct pipeline *p, enum odd odd)
{
	switch (odd) {
	case ODD_HEAD_TOO_LONG:
		p->stats.caps[CAP_HEAD]++;
		break;
	case ODD_TOO_MANY_FIELDS:
		p->stats.caps[CAP_FIELDS]++;
		break;
	case ODD_PIPELINE_FULL:
		p->stats.caps[CAP_PIPELINE]++;
		break;
	case ODD_NESTED_TOO_DEEP:
		p->stats.caps[CAP_NESTING]++;
		break;
	default:
		break;
	}
}

void tell_fresh_odd(const struct seat *at, uint64_t fresh, enum side from, uint64_t offset)
{
	struct facts f;
	tell_gather(at, &f);
	for (; fresh != 0; fresh &= fresh - 1) {
		at->p->stats.anomalies++;
		count_cap(at->p, (enum odd)__builtin_ctzll(fresh));
		if (at->p->anomalies)
			report_anomaly(at->p->reporter, &f, (enum odd)__builtin_ctzll(fresh), from, offset);
	}
	judging_facts(at, &f, MOMENT_ODD, 0, NULL);
}

void tell_handshake(const struct seat *at, const struct dialogue *d, const struct handshake_record *h)
{
	unsigned level = 0;
	for (const struct dialogue *outer = &at->w->top; outer != d; outer = outer->further->inner)
		level++;
	struct facts f;
	tell_gather(at, &f);
	report_handshake(at->p->reporter, &f, level, h);
	judging_facts(at, &f, h->result == HS_PENDING ? MOMENT_ASKED : MOMENT_ANSWERED, level, h);
}

void tell_label(const struct seat *at, enum label before)
{
	struct facts f;
	tell_gather(at, &f);
	report_label(at->p->reporter, &f, before);
	judging_facts(at, &f, MOMENT_LABEL, 0, NULL);
}

/* The protocol inside a tunnel, from the bytes its detector unwrapped; `inside` keeps its name. */
static void name_wrapped(const struct seat *at, struct facts *f, struct channel *inside)
{
	const struct finding *found = f->finding;
	if (found != NULL && found->wrapped != NULL) {
		f->wrapped = found->wrapped;
		return;
	}
	if (found == NULL || found->inner_len[CLIENT] + found->inner_len[SERVER] == 0)
		return;
	const struct slice client = { found->inner[CLIENT], found->inner_len[CLIENT] };
	const struct slice server = { found->inner[SERVER], found->inner_len[SERVER] };
	*inside = (struct channel){ 0 };
	const bool http = channel_look(at->p->channels, inside, client, server, true) == CHANNEL_IS_HTTP;
	f->wrapped = http ? "http" : inside->name;
}

void tell_flow(const struct seat *at, enum ended why)
{
	struct facts f;
	struct channel inside;
	tell_gather(at, &f);
	f.ended = why;
	name_wrapped(at, &f, &inside);
	judging_facts(at, &f, MOMENT_END, 0, NULL);
	at->p->stats.by_label[at->w->verdict.label]++;
	report_flow(at->p->reporter, &f);
	if (at->p->table != NULL)
		report_flow(at->p->table, &f);
}

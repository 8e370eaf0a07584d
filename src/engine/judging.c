/* judging -- brings what has changed in a conversation before the rules, and what they say to the reporter.
 *
 * Without rules, or at a moment that no rule waits for, nothing is gathered.  A conversation holds a block of what has
 * spoken about it from its first alert on, and its latest request only while a rule reads it. */
#include "engine/enforcing.h"
#include "engine/gate.h"
#include "http/target.h"

/* A request as kept, and which it is: an answer may belong to an earlier one. */
struct kept_request {
	struct facts_request request;
	uint32_t ordinal;
};

bool judging_init(struct pipeline *p, size_t flows, struct err *e)
{
	return pool_init(&p->fired, "rules that have spoken", sizeof(struct fired), flows, e) &&
	       pool_init(&p->requests, "requests for rules", sizeof(struct kept_request), flows / 2 + 64, e) &&
	       (p->judge = judge_new(e)) != NULL;
}

size_t judging_reserved(const struct pipeline *p)
{
	return pool_reserved(&p->fired) + pool_reserved(&p->requests) + judge_reserved(p->judge);
}

void judging_fini(struct pipeline *p)
{
	judge_free(p->judge);
	pool_fini(&p->fired);
	pool_fini(&p->requests);
}

void pipeline_rules(struct pipeline *p, const struct ruleset *r)
{
	judge_use(p->judge, r);
	p->moments = r != NULL ? ruleset_moments(r) : 0;
	if (p->gatekeeper != NULL)
		gate_rules(p->gatekeeper, r);
	p->keeps_requests = r != NULL && ruleset_reads_request(r);
	p->stats.rules.used |= r != NULL;
	p->stats.rules.loaded += r != NULL;
	p->stats.rules.rules = r != NULL ? ruleset_count(r) : 0;
}

void judging_leave(const struct seat *at)
{
	pool_give(&at->p->fired, at->w->top.further->fired);
	pool_give(&at->p->requests, at->w->top.further->request);
	if (at->w->top.further->gate != NULL)
		gate_leave(at);
}

const struct facts_request *judging_request(const struct watch *w)
{
	const struct kept_request *kept = w->top.further->request;
	return kept != NULL ? &kept->request : NULL;
}

/* A second of packet time; one that lies behind the latest counts as that, unless by much. */
static bool may_tell(struct pipeline *p, int64_t now)
{
	enum { SECOND = 1000000000, JITTER_S = 10 };
	const int64_t second = now / SECOND;
	if (second > p->alerts_at || second < p->alerts_at - JITTER_S) {
		p->alerts_at = second;
		p->alerts_told = 0;
	}
	if (p->alerts_per_s == 0 || p->alerts_told < p->alerts_per_s) {
		p->alerts_told++;
		return true;
	}
	p->stats.caps[CAP_ALERTS]++;
	return false;
}

static void report(
    const struct seat *at, struct facts *f, const struct decision *d, unsigned level, const struct handshake_record *h)
{
	struct pipeline *p = at->p;
	at->w->alerted |= d->count != 0;
	f->alerted = at->w->alerted;
	for (unsigned i = 0; i < d->count; i++) {
		if (!may_tell(p, f->now))
			continue;
		p->stats.rules.by_severity[d->alerts[i].rule->severity]++;
		report_alert(p->reporter, f, &d->alerts[i], level, h);
	}
}

static void judge_one(
    const struct seat *at, struct facts *f, enum moment m, unsigned level, const struct handshake_record *h)
{
	struct watch *w = at->w;
	struct fired first = { .count = 0, .lost = 0 }, *const before = w->top.further->fired;
	struct fired *fired = before != NULL ? before : &first;
	struct decision d;
	if (!judge_moment(at->p->judge, f, h, m, fired, &d))
		return;
	/* There is a block for every conversation. */
	if (before == NULL && first.count + first.lost != 0 && (fired = pool_take(&at->p->fired)) != NULL) {
		*fired = first;
		further_of(at->p, &w->top)->fired = fired;
	}
	if (at->p->gatekeeper != NULL)
		gate_judged(at, &d, m, level, h);
	if (at->p->enforcer != NULL)
		sanction_judged(&further_of(at->p, &w->top)->sanction, d.act, m);
	f->fate = gate_told(w->top.further->gate);
	report(at, f, &d, level, h);
}

/* Addresses and ports are judged when it is known which side is the client, at the latest with what comes next. */
void judging_facts(
    const struct seat *at, struct facts *f, enum moment m, unsigned level, const struct handshake_record *h)
{
	if (!at->w->begun) {
		at->w->begun = true;
		if (judging_waits(at, MOMENT_BEGIN))
			judge_one(at, f, MOMENT_BEGIN, 0, NULL);
	}
	if (m != MOMENT_BEGIN && judging_waits(at, m))
		judge_one(at, f, m, level, h);
}

void judging_at(const struct seat *at, enum moment m)
{
	struct facts f;
	if (!judging_waits(at, m))
		return;
	tell_gather(at, &f);
	judging_facts(at, &f, m, 0, NULL);
}

void judging_begin(const struct seat *at)
{
	if (at->w->stream.sides_known)
		judging_at(at, MOMENT_BEGIN);
}

static size_t copy(struct slice s, char *to, size_t size)
{
	s = slice_head(s, size);
	if (s.len != 0)
		memcpy(to, s.at, s.len);
	return s.len;
}

static void keep_request(const struct seat *at, const struct http_event *ev)
{
	struct watch *w = at->w;
	struct slice host, path;
	struct kept_request *kept = w->top.further->request;
	if (kept == NULL && (kept = pool_take(&at->p->requests)) == NULL)
		return;
	further_of(at->p, &w->top)->request = kept;
	struct facts_request *r = &kept->request;
	target_split(ev->head, &host, &path);
	kept->ordinal = ev->ask.ordinal;
	r->status = 0;
	r->method_len = (uint8_t)copy(ev->head->method_text, r->method, sizeof r->method);
	r->host_len = (uint16_t)copy(host, r->host, sizeof r->host);
	r->path_len = (uint16_t)copy(path, r->path, sizeof r->path);
}

void judging_message(const struct seat *at, const struct http_event *ev)
{
	struct kept_request *kept = at->w->top.further->request;
	if (!at->p->keeps_requests)
		return;
	if (ev->kind == HTTP_REQUEST) {
		keep_request(at, ev);
		judging_at(at, MOMENT_REQUEST);
	} else if (ev->kind == HTTP_RESPONSE && !ev->interim && kept != NULL && ev->ask.known &&
		   ev->ask.ordinal == kept->ordinal) {
		kept->request.status = ev->head->status;
		judging_at(at, MOMENT_RESPONSE);
	}
}

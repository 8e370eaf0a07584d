/* Rules that speak are found by the index and weighed; who silences is asked only when somebody would speak.  Of those that
 * match, each is told once for a conversation (or a handshake), if its threshold is reached and its limit lets it.
 *
 * A rule that matched counts as having spoken even when its limit held it back: the same conversation is not counted
 * twice.  What was silenced by a pass rule has not spoken. */
#include "rules/limit.h"
#include "rules/match.h"

#include <stdlib.h>
#include "rules/index.h"

enum { MAX_MATCHES = 64 };

struct judge {
	const struct ruleset *rules;
	struct rule_limits *limits;
	struct judge_counters counters;
	struct view view;
	uint32_t match[MAX_MATCHES]; /* numbers of rules, ascending: the order of the files */
	unsigned matches;
};

struct judge *judge_new(struct err *e)
{
	struct judge *j = calloc(1, sizeof *j);
	if (j == NULL) {
		err_set_sys(e, "memory", "no room for the rules");
		return NULL;
	}
	j->view.counters = &j->counters;
	j->limits = limits_new(MAX_LIMIT_ENTRIES, e);
	if (j->limits != NULL)
		return j;
	free(j);
	return NULL;
}

void judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	limits_free(j->limits);
	free(j);
}

size_t judge_reserved(const struct judge *j)
{
	return sizeof *j + limits_reserved(j->limits);
}

void judge_use(struct judge *j, const struct ruleset *r)
{
	j->rules = r;
}

const struct ruleset *judge_rules(const struct judge *j)
{
	return j->rules;
}

const struct judge_counters *judge_counters(const struct judge *j)
{
	return &j->counters;
}

/* One question to a half of the rules. */
struct asking {
	struct judge *j;
	const struct rule_half *half;
	uint32_t moment; /* its bit */
	const struct fired *fired;
	uint32_t ordinal;             /* of the handshake */
	bool dropped;                 /* more matched than can be held */
	const struct rule *strictest; /* of those: they are not told, but what they want is done */
};

static uint32_t ordinal_for(const struct rule *r, uint32_t ordinal)
{
	return r->per_handshake ? ordinal : 0;
}

static bool has_spoken(const struct fired *fired, const struct rule *r, uint32_t ordinal)
{
	for (unsigned i = 0; i < fired->count; i++)
		if (fired->by[i].id == r->info.id && fired->by[i].ordinal == ordinal_for(r, ordinal))
			return true;
	return false;
}

static void drop(struct asking *a, uint32_t number)
{
	const struct rule *r = &a->j->rules->rule[number];
	a->dropped = true;
	if (r->threshold.count == 0 && (a->strictest == NULL || r->info.act > a->strictest->info.act))
		a->strictest = r;
}

static void keep_match(struct asking *a, uint32_t number)
{
	struct judge *j = a->j;
	unsigned at = j->matches;
	while (at > 0 && j->match[at - 1] > number)
		at--;
	if (at > 0 && j->match[at - 1] == number)
		return;
	if (j->matches == MAX_MATCHES) {
		drop(a, at == MAX_MATCHES ? number : j->match[MAX_MATCHES - 1]);
		if (at == MAX_MATCHES)
			return;
		j->matches--;
	}
	memmove(&j->match[at + 1], &j->match[at], (j->matches - at) * sizeof j->match[0]);
	j->match[at] = number;
	j->matches++;
}

static void weigh(struct asking *a, uint32_t number)
{
	struct judge *j = a->j;
	const struct rule *r = &j->rules->rule[number];
	if ((r->moments & a->moment) == 0 || has_spoken(a->fired, r, a->ordinal))
		return;
	j->counters.judged++;
	if (condition_weigh(&r->match, &j->view) == TRUTH_YES)
		keep_match(a, number);
}

static bool meet_rules(void *to, uint64_t hash)
{
	struct asking *a = to;
	const struct lookup *l = &a->half->rules;
	const struct lookup_entry *e = lookup_find(l, hash);
	for (; e != NULL && e < lookup_end(l) && e->hash == hash; e++)
		weigh(a, e->what);
	return false;
}

static bool is_text(const struct value *v)
{
	return v->kind == FACT_TEXT || v->kind == FACT_NAME || v->kind == FACT_HOST;
}

static void look_up(struct asking *a, const struct probe *p, const struct value *v)
{
	const uint64_t salt = fact_number(p->fact) + 1;
	if (p->kinds & 1u << KEY_WHOLE)
		meet_rules(a, is_text(v) ? key_text(salt, v->kind, KEY_WHOLE, v->text) : key_number(salt, v->number));
	if (p->kinds & 1u << KEY_SUFFIX)
		keys_of_hosts(salt, v->text, meet_rules, a);
	if (p->kinds & 1u << KEY_NETWORK)
		keys_of_networks(salt, &p->prefixes, v, meet_rules, a);
	for (unsigned i = 0; i < p->set_count; i++)
		if (set_holds(p->set[i], v))
			meet_rules(a, key_set(salt, p->set[i]));
}

static void ask(struct asking *a)
{
	struct view *view = &a->j->view;
	a->j->matches = 0;
	for (unsigned i = 0; i < a->half->probe_count; i++) {
		const struct probe *p = &a->half->probe[i];
		const struct value *values;
		if ((p->moments & a->moment) == 0)
			continue;
		const int count = view_read(view, p->fact, 0, &values);
		for (int n = 0; n < count; n++)
			look_up(a, p, &values[n]);
	}
	for (size_t i = 0; i < a->half->always_count; i++)
		weigh(a, a->half->always[i]);
}

/* Names a handshake within its conversation: where it was asked, and what for. */
static uint32_t ordinal_of(const struct handshake_record *h)
{
	const uint64_t n = h != NULL ? h->asked_at * 4 + h->kind : 0;
	return (uint32_t)(n ^ n >> 32) + 1;
}

static const struct handshake_record *decisive(const struct facts *f)
{
	const struct handshake *own = f->levels != 0 ? f->level[0].handshake : NULL;
	return own != NULL && own->records != NULL ? hs_decisive(own) : NULL;
}

/* Makes room for one more: forgets what spoke first of an earlier handshake, which is over. */
static bool make_room(struct fired *fired, uint32_t ordinal)
{
	unsigned i = 0;
	while (i < fired->count && (fired->by[i].ordinal == 0 || fired->by[i].ordinal == ordinal))
		i++;
	if (i == fired->count)
		return false;
	memmove(&fired->by[i], &fired->by[i + 1], (fired->count - 1u - i) * sizeof fired->by[0]);
	fired->count--;
	return true;
}

/* False: no room to remember, so it stays silent. */
static bool remember(struct judge *j, struct fired *fired, const struct rule *r, uint32_t ordinal)
{
	if (fired->count == MAX_FIRED && !make_room(fired, ordinal)) {
		j->counters.fired_lost++;
		if (fired->lost < UINT8_MAX)
			fired->lost++;
		return false;
	}
	fired->by[fired->count].id = r->info.id;
	fired->by[fired->count].ordinal = ordinal_for(r, ordinal);
	fired->count++;
	return true;
}

static void tell(struct judge *j, const struct rule *r, const struct facts *f, enum moment m, struct decision *out)
{
	uint64_t suppressed = 0;
	if (r->limit.count != 0 && !limits_allow(j->limits, r, f, &suppressed, &j->counters)) {
		j->counters.suppressed++;
		return;
	}
	out->alerts[out->count++] = (struct alert){ .rule = &r->info, .moment = m, .suppressed = suppressed };
	j->counters.alerts++;
}

static void act_on(const struct rule *r, struct decision *out)
{
	if (r->info.act <= out->act)
		return;
	out->act = r->info.act;
	out->rule = &r->info;
	out->mark = r->info.mark;
}

static void decide(struct asking *a, enum moment m, const struct facts *f, struct fired *fired, struct decision *out)
{
	struct judge *j = a->j;
	for (unsigned i = 0; i < j->matches; i++) {
		const struct rule *r = &j->rules->rule[j->match[i]];
		/* What it wants is done even where it must be silent for want of room. */
		if (r->threshold.count == 0)
			act_on(r, out);
		if (!remember(j, fired, r, a->ordinal))
			continue;
		j->counters.matched++;
		if (r->threshold.count != 0 && !limits_reached(j->limits, r, f, &j->counters))
			continue;
		act_on(r, out);
		tell(j, r, f, m, out);
	}
	if (a->strictest != NULL)
		act_on(a->strictest, out);
	/* What was not remembered may speak at the next moment. */
	if (a->dropped)
		j->counters.fired_lost++;
}

static bool is_silenced(struct judge *j, const struct asking *speaking, struct decision *out)
{
	static const struct fired nothing;
	struct asking a = *speaking;
	a.half = &j->rules->index->pass;
	a.fired = &nothing;
	if (a.half->probe_count == 0 && a.half->always_count == 0)
		return false;
	uint32_t match[MAX_MATCHES];
	const unsigned matches = j->matches;
	memcpy(match, j->match, matches * sizeof match[0]);
	ask(&a);
	if (j->matches == 0) {
		memcpy(j->match, match, matches * sizeof match[0]);
		j->matches = matches;
		return false;
	}
	j->counters.passed += matches;
	out->act = ACT_PASS;
	out->rule = &j->rules->rule[j->match[0]].info;
	return true;
}

bool judge_moment(struct judge *j, const struct facts *f, const struct handshake_record *h, enum moment m,
    struct fired *fired, struct decision *out)
{
	out->act = ACT_NONE;
	out->mark = 0;
	out->rule = NULL;
	out->count = 0;
	if (j->rules == NULL || (j->rules->moments & MOMENT_BIT(m)) == 0)
		return false;
	if (h == NULL)
		h = decisive(f);
	view_begin(&j->view, f, h);
	struct asking a = { .j = j,
		.half = &j->rules->index->speak,
		.moment = MOMENT_BIT(m),
		.fired = fired,
		.ordinal = ordinal_of(h) };
	ask(&a);
	if (j->matches == 0)
		return false;
	if (!is_silenced(j, &a, out))
		decide(&a, m, f, fired, out);
	return true;
}

/* general -- tools that nobody has named: what the messages between a client and one place of a server have in common.
 *
 * Each sign of the table in grades.c is met in ordinary traffic too, so none convicts by itself.  A sign has a grade, in tenths of
 * a ban, and rests on what was said (content), how the messages are built and follow each other (structure), when
 * (timing), how much (volume), or their heads (header).  The verdict asks for two families of which one is content or
 * structure, and so many points that both must be weighty.  Signs of rhythm, amount and heads are noted only where
 * content or structure gave one first: alone they describe half of the web.
 *
 * Signs belong to a group: a client, a server and port, a Host, and a path without its changing parts.  Who uses the same
 * server otherwise is not concerned.  Groups are made for requests with content, or when a sign is met; bodies are looked
 * at for their first FOREIGN_SAMPLE bytes, those of uploads for longer while no answer comes.
 */
#include "tunnel/cargo.h"
#include "tunnel/dialogue.h"
#include "tunnel/foreign.h"
#include "tunnel/grades.h"
#include "tunnel/hello.h"
#include "tunnel/inside.h"
#include "tunnel/look.h"
#include "tunnel/sample.h"

enum {
	BOTH_SIDES = 2,
	GRADE_CACHEABLE = 15, /* answers that may be kept or compared: a place of documents, not of a pipe */
	GRADE_COLLECTION = 30,
	GRADE_TYPE = 20,     /* a content type of a known binary protocol over HTTP */
	UPLOAD_LOOK = 65536, /* so much of an upload is looked at while no answer comes */
	UPLOAD_LEAST = 1024,
	TURNS_ENOUGH = 16, /* alternations of an exchange that goes both ways at once */
	MANY = 20,
	EVEN_ENOUGH = 8,
	GROWING_ENOUGH = 4,
	RANDOM_ENOUGH = 3, /* bodies of each side */
	BALANCE_LEAST = 65536
};
static const uint64_t ABSURD = UINT64_C(1) << 40;
static const int64_t SECOND = 1000000000;
static const int64_t DIALOGUE = INT64_C(60) * 1000000000; /* ns between the two sides' first words */

/* The content of the message at hand of one side; zeroes when it has none. */
struct leg {
	struct cargo cargo;
	uint64_t seen; /* bytes of it */
	bool open;     /* and while it is, there is a sample of it, if one could be had */
	bool counted;  /* the first sample was */
	bool endless;  /* chunked, or so long that no length is meant */
	uint8_t type;  /* enum look_type */
};

struct mine {
	uint64_t key;            /* of the group; 0: no request yet */
	uint64_t host;           /* of the group of all places of that Host */
	uint64_t at[BOTH_SIDES]; /* offset where the content of the message at hand begins, or would */
	uint32_t none;           /* there was no such group when `made` was this */
	bool unanswered;         /* the latest request has content, and no answer yet */
	bool expects;            /* the client waits for a word before it sends: silence is no sign */
	bool duplex;             /* an answer began while its request was still being sent */
	uint8_t turns;
	uint8_t turn; /* enum side of the latest content */
	struct leg leg[BOTH_SIDES];
	int64_t asked; /* when content was begun that waits for its answer */
};

static struct group *group_of(const struct sight *s)
{
	const struct mine *m = s->mine;
	return groups_get(&s->kit->groups, m->key, s->t);
}

/* NULL when there is none; most requests have none, and while none is made that stays so. */
static struct group *group_if_any(const struct sight *s)
{
	struct mine *m = s->mine;
	struct groups *const all = &s->kit->groups;
	if (m->none == all->made)
		return NULL;
	struct group *const found = groups_find(all, m->key);
	if (found == NULL)
		m->none = all->made;
	return found;
}

/* TLS or SSH opened from one side at one place and from the other at another, of one Host: whoever has a path for each way
 * speaks so.  Only openings that are no accident count here. */
static bool speaks_elsewhere(const struct sight *s, const struct group *g)
{
	const uint32_t foreign = UINT32_C(1) << FOREIGN, both = UINT32_C(1) << FOREIGN_BOTH;
	if ((g->signs & (foreign | both)) != foreign)
		return false;
	const struct group *host = groups_find(&s->kit->groups, ((const struct mine *)s->mine)->host);
	return host != NULL && (host->signs & both) != 0;
}

/* Tells this connection's dossier what is known of its group. */
static void apply(const struct sight *s, struct group *g, enum side side, uint64_t offset)
{
	if (speaks_elsewhere(s, g))
		g->signs |= UINT32_C(1) << FOREIGN_BOTH;
	if (!grades_weighty(g->signs))
		return;
	for (unsigned i = 0; i < ROWS; i++) {
		const struct graded *const row = &graded_signs[i];
		if ((g->signs >> i & 1) == 0)
			continue;
		dossier_add(s->dossier, &row->sign, side, offset, s->t);
		dossier_grade(s->dossier, row->family, grades_now(s->dossier, g, row));
	}
	dossier_innocent(s->dossier, g->innocent);
	if (dossier_convicts(s->dossier))
		tunnel_found(s, &graded_signs[__builtin_ctz(g->signs)].sign, side, offset, g->key);
}

static void mark(const struct sight *s, struct group *g, enum row row, enum side side, uint64_t offset)
{
	const uint32_t bit = UINT32_C(1) << row;
	g->last = s->t;
	if ((g->signs & bit) != 0)
		return;
	g->signs |= bit;
	apply(s, g, side, offset);
}

/* ------------------------------------------------------------------ what a body says */

static bool same_name(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Two sides that say the same have a file, not a dialogue, and so have two who both speak the client's part; and a
 * dialogue's beginnings follow each other. */
static bool answers(const struct group *g, enum side side)
{
	const enum side other = OTHER(side);
	const uint64_t mine = g->foreign_part[side], its = g->foreign_part[other];
	if (!(same_name(g->foreign[other], g->foreign[side]) || same_name(g->other[other], g->foreign[side])) ||
	    mine == 0 || its == 0 || g->foreign_at[side] - g->foreign_at[other] > DIALOGUE)
		return false;
	return strcmp(g->foreign[side], "ip") == 0 ? mine == foreign_turned(its) : mine != its;
}

/* Both sides greeted, and the client goes on with something else. */
static void go_on(const struct sight *s, struct group *g, uint64_t offset)
{
	if (g->greeted && g->foreign[SERVER] != NULL)
		mark(s, g, FOREIGN_BOTH, CLIENT, offset);
	g->greeted = false;
}

/* A beginning is seen.  True when it answers the other side's: a greeting alone does not, until the client goes on. */
static bool tell(struct group *g, enum side side, const char *name, struct slice inner, int64_t t)
{
	g->foreign[side] = name;
	g->other[side] = NULL;
	g->number[side] = 0;
	g->foreign_part[side] = foreign_part(name, inner);
	g->foreign_at[side] = t;
	const bool both = answers(g, side);
	g->greeted = both && foreign_is_greeting(name) && !foreign_goes_on(inner);
	return both && !g->greeted;
}

static void tell_host(const struct sight *s, enum side side, const char *name, struct slice inner)
{
	const enum hello hello = side == CLIENT ? hello_client(inner) : hello_server(inner);
	struct group *host =
	    hello == HELLO_NONE ? NULL : groups_get(&s->kit->groups, ((const struct mine *)s->mine)->host, s->t);
	if (host == NULL)
		return;
	if (tell(host, side, name, inner, s->t))
		host->signs |= UINT32_C(1) << FOREIGN_BOTH;
}

static void see_foreign(
    const struct sight *s, enum side side, const struct foreign *f, struct slice content, uint64_t offset)
{
	const struct mine *m = s->mine;
	struct group *g = groups_get(&s->kit->groups, m->key, s->t);
	uint8_t plain[FOREIGN_SAMPLE];
	const struct slice inner =
	    slice_from(look_decoded(slice_head(slice_from(content, f->at), FOREIGN_SAMPLE), f->form, plain), f->skip);
	if (g == NULL)
		return;
	g->foreigns[side]++;
	if (group_is_collection(g, side) && g->innocent < GRADE_COLLECTION)
		g->innocent = GRADE_COLLECTION;
	mark(s, g, FOREIGN, side, offset);
	const bool both = tell(g, side, f->name, inner, s->t);
	tell_host(s, side, f->name, inner);
	g->in_query |= side == CLIENT && offset != m->at[CLIENT];
	if (both || speaks_elsewhere(s, g))
		mark(s, g, FOREIGN_BOTH, side, offset);
	tunnel_inner(s, side, inner);
}

/* What the other side opened not long ago, by the name that both may mean; NULL: nothing that this answers. */
static const char *opened(const struct group *g, enum side side, const struct dialogue *d, int64_t t)
{
	const enum side its = OTHER(side);
	const char *const a = g->foreign[its], *const b = g->other[its];
	if (d->part == PART_OPENS || g->foreign_part[its] != PART_OPENS || g->number[its] != d->to ||
	    t - g->foreign_at[its] > DIALOGUE)
		return NULL;
	return same_name(d->name, a) || same_name(d->name, b)     ? d->name
	       : same_name(d->other, a) || same_name(d->other, b) ? d->other
								  : NULL;
}

/* True when so many have been answered that it is no accident.  What was answered once is not answered again. */
static bool count_dialogue(struct group *g, enum side side, const char *name, unsigned needed, int64_t t)
{
	if (!same_name(g->dialogue, name) || t - g->dialogue_at > DIALOGUE)
		g->dialogues = 0;
	g->dialogue = name;
	g->dialogue_at = t;
	g->foreign_part[OTHER(side)] = PART_NONE;
	if (g->dialogues < UINT8_MAX)
		g->dialogues++;
	return g->dialogues >= needed;
}

/* Words that one side alone may say for any reason: they count when the other side's part follows. */
static void see_dialogue(const struct sight *s, enum side side, const struct sample *sample, bool whole)
{
	const struct mine *m = s->mine;
	uint8_t plain[FOREIGN_SAMPLE];
	struct slice inner;
	const struct dialogue d = dialogue_inside(sample_bytes(sample), whole, side, plain, &inner);
	struct group *g = d.name == NULL || m->leg[side].type == LOOK_MEDIA || sample->parts ? NULL : group_of(s);
	if (g == NULL)
		return;
	const uint64_t said = key_whole(KEY_START, inner);
	const bool echoes = said == g->said[OTHER(side)] && !d.alike;
	const char *const name = opened(g, side, &d, s->t);
	if (echoes || (name == NULL && d.part == PART_ANSWERS))
		return; /* what answers nothing takes nothing back either */
	g->foreign[side] = name != NULL ? name : d.name;
	g->other[side] = name != NULL ? NULL : d.other;
	g->foreign_part[side] = d.part == PART_ANSWERS ? PART_ANSWERS : PART_OPENS;
	g->foreign_at[side] = s->t;
	g->number[side] = d.number;
	g->said[side] = said;
	if (name == NULL || !count_dialogue(g, side, name, d.needed, s->t))
		return;
	mark(s, g, FOREIGN, side, m->at[side]);
	mark(s, g, FOREIGN_BOTH, side, m->at[side]);
	tunnel_inner(s, side, inner);
	/* The answer by itself may not say of what it is one. */
	struct finding *const found = tunnel_try_finding(s);
	if (found != NULL)
		found->wrapped = name;
}

static bool is_foreign(const struct leg *l, const struct sample *sample, bool whole, struct foreign *f)
{
	if (!sample_foreign(sample, whole, f))
		return false;
	/* An address packet may head a capture file, and mail is sent as text by whoever shows mail. */
	return f->form != FORM_RAW || f->at != 0 || l->type != LOOK_MEDIA;
}

static void see_lies(const struct sight *s, struct group *g, enum side side, struct slice sample)
{
	const struct leg *l = &((const struct mine *)s->mine)->leg[side];
	const uint64_t at = ((const struct mine *)s->mine)->at[side];
	const bool random = look_random(sample);
	if (l->type == LOOK_BINARY && look_base64(sample))
		mark(s, g, BASE64_AS_BINARY, side, at);
	if (l->type == LOOK_TEXT && random && side == CLIENT)
		mark(s, g, RANDOM_AS_TEXT, side, at);
	if (l->type == LOOK_IMAGE && random)
		mark(s, g, NO_IMAGE, side, at);
	if (l->type == LOOK_EVENTS && !look_events(sample))
		mark(s, g, NO_EVENTS, side, at);
	if (random && l->type != LOOK_MEDIA && l->type != LOOK_FORM && l->type != LOOK_CODED)
		g->random[side]++;
	if (g->random[CLIENT] >= RANDOM_ENOUGH && g->random[SERVER] >= RANDOM_ENOUGH)
		mark(s, g, RANDOM_BOTH, side, at);
}

static void see_first(const struct sight *s, struct group *g, enum side side, const struct sample *sample)
{
	const uint64_t hash = key_whole(KEY_START, sample_bytes(sample));
	if (side == CLIENT) {
		g->different += hash != g->first_body;
		g->first_body = hash;
	}
	if (!sample->parts)
		see_lies(s, g, side, sample_bytes(sample));
}

/* The beginning of a body is there, or all of it, or what may be worth a look farther on.  Answers are read farther only
 * where the client was heard: pages are long, and nearly all are pages. */
static void see_sample(const struct sight *s, enum side side, bool whole)
{
	struct mine *m = s->mine;
	struct leg *l = &m->leg[side];
	struct sample *sample = tunnel_sample(s, side);
	struct foreign f;
	if (sample == NULL || sample->done || sample->have == 0)
		return;
	const bool foreign = is_foreign(l, sample, whole, &f), first = !l->counted;
	struct group *g = foreign || (side == CLIENT && first) ? group_of(s) : group_if_any(s);
	l->counted = true;
	if (g != NULL && first)
		see_first(s, g, side, sample);
	if (foreign)
		see_foreign(s, side, &f, sample_bytes(sample), m->at[side]);
	else if (side == CLIENT && first && g != NULL)
		go_on(s, g, m->at[side]);
	if (!foreign && first)
		see_dialogue(s, side, sample, whole);
	sample_next(sample, foreign, side == CLIENT || (g != NULL && g->foreign[CLIENT] != NULL));
}

/* ------------------------------------------------------------------ heads */

static void begin_leg(const struct sight *s, enum side side)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	struct leg *l = &m->leg[side];
	m->at[side] = ev->offset + ev->eat;
	*l = (struct leg){ .open = cargo_any(ev) };
	if (!l->open) {
		tunnel_return_sample(s, side);
		return;
	}
	const struct look look = look_content(ev->head);
	l->type = (uint8_t)look.type;
	l->endless = ev->rule != BODY_LENGTH || ev->head->length >= ABSURD;
	cargo_begin(&l->cargo, ev);
	tunnel_begin_sample(s, side, look.parts, look.text);
}

static void count_message(struct group *g, enum side side, const struct http_event *ev)
{
	const bool content = cargo_any(ev);
	g->bodies[side] += content;
	g->empties[side] += !content;
	if (content && ev->rule == BODY_LENGTH && ev->head->length < ABSURD)
		g->bytes[side] += ev->head->length;
}

/* A value of a field may be the tunnel's way, up or down. */
static void see_fields(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct slice value;
	struct foreign f;
	for (unsigned i = 0; i < h->field_count; i++)
		if (look_field(&h->fields[i], &value, &f))
			see_foreign(s, s->ev->from, &f, value, s->ev->offset);
}

/* A value in the target may be the tunnel's way up. */
static void see_target(const struct sight *s)
{
	const struct slice target = s->ev->head->target;
	const struct slice query = slice_from(target, slice_find(target, '?'));
	struct foreign f;
	if (query.len < 16)
		return;
	struct group *g = group_if_any(s);
	if (foreign_find(query, false, &f))
		see_foreign(s, CLIENT, &f, query, s->ev->offset);
	else if (g != NULL && g->in_query)
		go_on(s, g, s->ev->offset);
}

static void see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	begin_leg(s, CLIENT);
	m->key = look_place(h, &m->host) ^ tunnel_pair(s);
	m->host ^= tunnel_pair(s);
	m->none = 0;
	m->unanswered = m->leg[CLIENT].open;
	m->asked = m->unanswered ? s->t : 0;
	m->expects = head_has(h, SLICE("Expect"));
	m->duplex = false;
	m->turns = 0;
	see_target(s);
	see_fields(s);
	struct group *g = m->leg[CLIENT].open ? group_of(s) : group_if_any(s);
	if (g == NULL)
		return;
	g->last = s->t;
	g->requests++;
	count_message(g, CLIENT, s->ev);
	group_asked(g, s->t);
	if (!head_has(h, SLICE("User-Agent")) && !head_has(h, SLICE("Accept")))
		mark(s, g, NO_AGENT, CLIENT, s->ev->offset);
	if (h->method == METHOD_GET && s->ev->rule == BODY_NONE && head_has(h, SLICE("Content-Type")))
		mark(s, g, ODD_HEAD, CLIENT, s->ev->offset);
	if (s->ev->rule == BODY_LENGTH && h->length >= ABSURD)
		mark(s, g, ABSURD_LENGTH, CLIENT, s->ev->offset);
	if (g->even >= EVEN_ENOUGH)
		mark(s, g, EVEN_POLL, CLIENT, s->ev->offset);
	if (g->growing >= GROWING_ENOUGH)
		mark(s, g, GROWING_POLL, CLIENT, s->ev->offset);
	if (g->requests >= MANY && g->different * 10 >= g->requests * 9 && g->bodies[SERVER] * 2 >= g->requests)
		mark(s, g, DIFFERENT, CLIENT, s->ev->offset);
	apply(s, g, CLIENT, s->ev->offset);
}

/* What says that this is a place of documents, or a known protocol's. */
static void see_innocence(struct group *g, const struct head *h)
{
	unsigned grade = 0;
	if (h->status == 304 || head_has(h, SLICE("ETag")) || head_has(h, SLICE("Last-Modified")))
		grade += GRADE_CACHEABLE;
	if (look_known_type(h))
		grade += GRADE_TYPE;
	if (grade > g->innocent)
		g->innocent = (uint8_t)grade;
}

static void see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return;
	begin_leg(s, SERVER);
	see_fields(s);
	m->unanswered = false;
	m->duplex = m->leg[CLIENT].open && m->leg[CLIENT].endless && ev->head->status / 100 == 2;
	m->turn = CLIENT;
	struct group *g = group_if_any(s);
	if (g == NULL)
		return;
	if (g->upload_flow == tunnel_flow_id(s))
		g->upload_flow = 0;
	count_message(g, SERVER, ev);
	see_innocence(g, ev->head);
	const uint64_t most = g->bytes[CLIENT] > g->bytes[SERVER] ? g->bytes[CLIENT] : g->bytes[SERVER];
	const uint64_t least = g->bytes[CLIENT] + g->bytes[SERVER] - most;
	const uint32_t empty = g->empties[CLIENT] > g->empties[SERVER] ? g->empties[CLIENT] : g->empties[SERVER];
	if (most + least >= BALANCE_LEAST && most <= least * 3 && empty * 10 >= g->requests * 3)
		mark(s, g, BALANCE, SERVER, ev->offset);
}

/* ------------------------------------------------------------------ bodies */

/* An upload that nobody answers, beside it an answer on another connection of the same group. */
static void see_pair(const struct sight *s, enum side side)
{
	const struct mine *m = s->mine;
	struct group *g = group_if_any(s);
	if (g == NULL)
		return;
	if (side == CLIENT && m->unanswered && !m->expects) {
		if (g->upload_flow != tunnel_flow_id(s))
			g->upload_since = s->t;
		g->upload_flow = tunnel_flow_id(s);
		g->last = s->t;
		return;
	}
	if (side == SERVER && g->upload_flow != 0 && g->upload_flow != tunnel_flow_id(s) &&
	    s->t - g->upload_since >= SECOND && s->t - g->last < 10 * SECOND)
		mark(s, g, PAIRED, SERVER, m->at[SERVER]);
}

/* Sound sent up and words sent down are no noise, nor is what is packed. */
static bool may_be_noise(const struct leg *l)
{
	return l->type != LOOK_MEDIA && l->type != LOOK_FORM && l->type != LOOK_CODED;
}

static void see_turn(const struct sight *s, enum side side)
{
	struct mine *m = s->mine;
	if (!m->duplex || m->turn == side)
		return;
	m->turn = (uint8_t)side;
	if (++m->turns < TURNS_ENOUGH)
		return;
	m->duplex = false;
	struct group *g = group_of(s);
	if (g == NULL)
		return;
	mark(s, g, DUPLEX, side, m->at[side]);
	const struct slice up = sample_bytes(tunnel_sample(s, CLIENT)), down = sample_bytes(tunnel_sample(s, SERVER));
	/* What comes back as it was sent is an echo, not a pipe. */
	if (may_be_noise(&m->leg[CLIENT]) && may_be_noise(&m->leg[SERVER]) && look_random(up) && look_random(down) &&
	    memcmp(up.at, down.at, 16) != 0)
		mark(s, g, RANDOM_DUPLEX, side, m->at[side]);
}

static bool wants_more(const struct sight *s, enum side side)
{
	const struct mine *m = s->mine;
	const struct leg *l = &m->leg[side];
	if (!l->open)
		return false;
	const struct sample *sample = tunnel_sample(s, side);
	if ((sample != NULL && !sample->done) || m->duplex)
		return true;
	/* It may turn out to go both ways at once, or to go unanswered. */
	return side == CLIENT && m->unanswered && (l->endless || l->seen < UPLOAD_LOOK);
}

static void see_body(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	struct leg *l = &m->leg[ev->from];
	struct sample *sample = tunnel_sample(s, ev->from);
	if (!cargo_goes_on(&l->cargo, ev) && sample != NULL)
		sample->done = true; /* bytes are missing: what follows is no beginning */
	l->seen += ev->bytes.len;
	struct slice bytes = ev->bytes;
	while (sample != NULL && sample_read(sample, &bytes))
		see_sample(s, ev->from, false);
	see_turn(s, ev->from);
	see_pair(s, ev->from);
}

static void see_end(const struct sight *s, enum side side, bool complete)
{
	struct mine *m = s->mine;
	struct leg *l = &m->leg[side];
	see_sample(s, side, complete);
	tunnel_return_sample(s, side);
	l->open = false;
	if (side == CLIENT)
		m->duplex = false;
	struct group *g = group_if_any(s);
	if (g != NULL)
		apply(s, g, side, m->at[side]);
}

/* A message without content ends at once: its end would only tell once more what its head told of the group. */
static bool is_all_told(const struct sight *s)
{
	const struct mine *m = s->mine;
	return !m->leg[s->ev->from].open && (s->ev->from == CLIENT || group_if_any(s) == NULL);
}

static enum interest general_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	switch (ev->kind) {
	case HTTP_REQUEST:
		see_request(s);
		break;
	case HTTP_RESPONSE:
		see_response(s);
		break;
	case HTTP_BODY:
		see_body(s);
		break;
	default:
		see_end(s, ev->from, ev->kind == HTTP_MESSAGE_END && ev->complete);
	}
	if (wants_more(s, ev->from))
		return LISTENING;
	return is_all_told(s) ? DONE : DULL;
}

/* Over, and the latest upload was never answered. */
static void general_end(const struct sight *s)
{
	const struct mine *m = s->mine;
	const struct leg *up = &m->leg[CLIENT];
	struct group *g = group_if_any(s);
	if (g == NULL)
		return;
	if (m->unanswered && !m->expects && up->seen != 0 &&
	    (up->seen >= UPLOAD_LEAST || s->t - m->asked >= 3 * SECOND))
		mark(s, g, UNANSWERED, CLIENT, m->at[CLIENT]);
	apply(s, g, CLIENT, m->at[CLIENT]);
}

static bool general_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->leg[CLIENT].open && !m->leg[SERVER].open && !m->unanswered;
}

const struct detector detector_general = {
	.name = "unknown",
	.catches =
	    "a tool that nobody has named: graded signs of content, structure, timing, volume and heads, by place",
	.source = "judged; base rates counted on public captures",
	.proof = 'B',
	.memory = sizeof(struct mine),
	.brief = offsetof(struct mine, turn) + sizeof(uint8_t),
	.see = general_see,
	.end = general_end,
	.idle = general_idle,
};

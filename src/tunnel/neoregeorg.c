/* neoregeorg -- Neo-reGeorg 5: a web shell that speaks records in base64 whose alphabet is shuffled by a key.
 *
 * A record is a tag, a 32-bit length to which the key adds a secret, and so many bytes.  Nothing of it can be read without
 * the key, but its shape shows through any alphabet.  Each request begins with a record of 5 to 20 random bytes, then come
 * the command and the mark of the session, the same each time.  So
 *   - the first five characters (tag, top of the length) never change, though what they announce is of changing length;
 *   - the sixth is one of two; the eighth to thirteenth are new each time, and no text in the usual alphabet;
 *   - characters 37 to 52 always lie within command and mark, whatever the random length, so what stands there in one body
 *     stands in each third other body too (base64 shows bytes in three phases), but moved by as many characters as the
 *     random bytes differ.
 * A constant block behind random bytes of changing length and a constant head: fixed headers, nonces, salts, JSON or zeros
 * in base64 do not look like that.  It takes several bodies; they are counted for the pair of hosts, because the tool asks
 * on any connection of its pool. */
#include "tunnel/base64.h"
#include "tunnel/carry.h"
#include "tunnel/sight.h"

enum {
	HEAD = 5,       /* characters that are always the same */
	FRESH = 7,      /* where the random bytes are sure to be, */
	FRESH_END = 13, /* if there are only five of them */
	FRESH_QUANTUM = 8,
	WINDOW = 36,     /* where the constant block is sure to be */
	WINDOW_LEN = 16, /* 96 bits */
	FIRST_PLACE = 16,
	STEP = 4, /* three bytes */
	LOOK = 72,
	TEMPLATE = 512, /* longest text before the base64 */
	LEAST = 68,     /* of the shortest request: 50 bytes */
	SLOTS = 2,
	BLOCKS = 10,      /* remembered, by hash */
	DISTINCT = 8,     /* characters that make a block worth one: not zeros, not a short period */
	ENOUGH = 5,       /* bodies, */
	ENOUGH_FOUND = 3, /* of which so many had a known block, */
	ENOUGH_PLACES = 2 /* in so many places */
};

static const struct sign records_sign = { "neo-regeorg", "records", FOR_TUNNEL, PROOF };
static const struct sign head_sign = { "neo-regeorg", "head-of-sibling", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "neo-regeorg", "answer-in-the-same-code", FOR_TUNNEL, STRONG };

/* What was seen of bodies with one head, on all connections of the pair. */
struct slot {
	uint64_t key; /* the head's characters; 0: free */
	int64_t last;
	uint32_t block[BLOCKS];
	uint32_t fresh; /* of the latest body, by hash */
	uint16_t places;
	uint8_t bodies, texts, found; /* stop at their largest */
	uint8_t blocks, next;
	uint8_t sixth[2];
	bool wild; /* a third sixth character: not ours */
};

struct ours {
	struct slot slot[SLOTS];
};

struct mine {
	uint8_t text[LOOK]; /* of the body at hand */
	uint8_t have;
	uint8_t answer_have;
	uint16_t scanned; /* of the body at hand */
	bool reading, answer_reading;
	bool block;  /* a body here had a known block */
	bool answer; /* an answer here began with the head */
	bool found;
	uint64_t key; /* of the bodies seen here; 0: none */
	uint64_t at;  /* offset of the first of them */
	uint64_t body_at;
	struct carry carry;
};

static uint32_t hash32(const uint8_t *at, size_t len)
{
	const uint64_t h = tunnel_key((struct slice){ at, len });
	return (uint32_t)(h ^ h >> 32);
}

static uint64_t head_key(const uint8_t *text)
{
	uint64_t key = 0;
	for (unsigned i = 0; i < HEAD; i++)
		key = key << 8 | text[i];
	return key;
}

static struct slot *slot_of(const struct sight *s, uint64_t key)
{
	struct ours *o = s->ours;
	for (unsigned i = 0; o != NULL && i < SLOTS; i++)
		if (key != 0 && o->slot[i].key == key)
			return &o->slot[i];
	return NULL;
}

static bool proven(const struct slot *k)
{
	return !k->wild && k->bodies >= ENOUGH && k->texts * 2 <= k->bodies && k->found >= ENOUGH_FOUND &&
	       __builtin_popcount(k->places) >= ENOUGH_PLACES;
}

/* The one longest silent gives way, a proven one last. */
static struct slot *slot_new(const struct sight *s, uint64_t key)
{
	struct ours *o = s->ours;
	if (o == NULL)
		return NULL;
	struct slot *pick = &o->slot[0];
	for (unsigned i = 1; i < SLOTS; i++) {
		const struct slot *k = &o->slot[i];
		const bool a = proven(k), b = proven(pick);
		if (a != b ? b : k->last < pick->last)
			pick = &o->slot[i];
	}
	*pick = (struct slot){ .key = key };
	return pick;
}

static uint8_t one_more(uint8_t n)
{
	return n < UINT8_MAX ? (uint8_t)(n + 1) : n;
}

/* In the usual alphabet, are the bytes that should be random all ASCII? */
static bool is_text(const uint8_t *text)
{
	uint8_t out[3];
	struct base64 b = { 0 };
	struct slice in = { text + FRESH_QUANTUM, 4 };
	const size_t n = base64_read(&b, &in, out, sizeof out);
	for (size_t i = 0; i < n; i++)
		if (out[i] >= 0x80)
			return false;
	return true;
}

static bool rich(const uint8_t *block)
{
	unsigned distinct = 0;
	for (unsigned i = 0; i < WINDOW_LEN; i++)
		distinct += memchr(block, block[i], i) == NULL;
	return distinct >= DISTINCT;
}

static bool is_known(const struct slot *k, uint32_t hash)
{
	for (unsigned i = 0; i < k->blocks; i++)
		if (k->block[i] == hash)
			return true;
	return false;
}

/* Where a known block stands, as a bit; 0: nowhere. */
static unsigned find_block(const struct slot *k, const uint8_t *text, size_t len)
{
	for (unsigned at = FIRST_PLACE; at + WINDOW_LEN <= len; at += STEP)
		if (is_known(k, hash32(text + at, WINDOW_LEN)) && rich(text + at))
			return 1u << (at - FIRST_PLACE) / STEP;
	return 0;
}

static void remember_block(struct slot *k, const uint8_t *text)
{
	k->block[k->next] = hash32(text + WINDOW, WINDOW_LEN);
	k->next = (uint8_t)((k->next + 1) % BLOCKS);
	if (k->blocks < BLOCKS)
		k->blocks++;
}

static void check_sixth(struct slot *k, uint8_t c)
{
	for (unsigned i = 0; i < 2; i++) {
		if (k->sixth[i] == 0)
			k->sixth[i] = c;
		if (k->sixth[i] == c)
			return;
	}
	k->wild = true;
}

/* Counts a body in; was a known block in it? */
static bool count(struct slot *k, const struct mine *m)
{
	const uint32_t fresh = hash32(m->text + FRESH, FRESH_END - FRESH);
	if (k->bodies != 0 && fresh == k->fresh)
		return false; /* sent again, or nothing random */
	k->fresh = fresh;
	k->bodies = one_more(k->bodies);
	if (is_text(m->text))
		k->texts = one_more(k->texts);
	check_sixth(k, m->text[HEAD]);
	const unsigned place = find_block(k, m->text, m->have);
	if (place == 0) {
		remember_block(k, m->text);
		return false;
	}
	k->found = one_more(k->found);
	k->places = (uint16_t)(k->places | place);
	return true;
}

static void settle(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct slot *k = slot_of(s, m->key);
	if (m->found || k == NULL || !proven(k))
		return;
	if (m->block) {
		m->found = true;
		tunnel_found(s, &records_sign, CLIENT, m->at, m->key);
	} else if (m->answer) {
		m->found = true;
		dossier_add(s->dossier, &head_sign, CLIENT, m->at, s->t);
		tunnel_found(s, &answer_sign, SERVER, 0, m->key);
	}
}

static void judge(const struct sight *s)
{
	struct mine *m = s->mine;
	const uint64_t key = head_key(m->text);
	struct slot *k = slot_of(s, key);
	if (k == NULL)
		k = slot_new(s, key);
	m->reading = false;
	if (k == NULL)
		return;
	k->last = s->t;
	if (m->key != key) {
		m->key = key;
		m->at = m->body_at;
		m->block = m->answer = false;
	}
	m->block |= count(k, m);
	settle(s);
}

static bool may_be_records(const struct http_event *ev)
{
	return ev->head->method == METHOD_POST && !head_has(ev->head, SLICE("Content-Encoding")) &&
	       (ev->rule == BODY_CHUNKED || (ev->rule == BODY_LENGTH && ev->head->length >= LEAST));
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	if (ev->kind == HTTP_RESPONSE) {
		m->answer_have = 0;
		m->answer_reading = m->key != 0 && !m->answer && carry_any(ev);
		return m->answer_reading ? LISTENING : DULL;
	}
	m->have = 0;
	m->scanned = 0;
	m->reading = may_be_records(ev);
	carry_begin(&m->carry, ev);
	m->body_at = m->carry.next;
	return m->reading ? LISTENING : DULL;
}

/* Plain base64, padding only at its very end. */
static bool goes_on(const struct mine *m, uint8_t c)
{
	if (c == '=')
		return m->have >= LEAST - 2;
	return base64_value(c) >= 0 && c != '-' && c != '_' && (m->have == 0 || m->text[m->have - 1] != '=');
}

/* A body may be wrapped in a template: the base64 is the first long run of it. */
static void take(const struct sight *s, uint8_t c)
{
	struct mine *m = s->mine;
	const bool more = goes_on(m, c);
	if (more)
		m->text[m->have++] = c;
	if (m->have == LOOK || (!more && m->have >= LEAST))
		judge(s);
	else if (!more)
		m->have = 0;
	m->reading = m->reading && (++m->scanned < TEMPLATE || m->have != 0) && m->scanned < TEMPLATE + LOOK;
}

static enum interest see_body(const struct sight *s)
{
	const struct slice in = s->ev->bytes;
	struct mine *m = s->mine;
	m->reading = m->reading && carry_on(&m->carry, s->ev);
	m->carry.torn = false; /* the next body is another matter */
	for (size_t i = 0; m->reading && i < in.len; i++)
		take(s, in.at[i]);
	return m->reading ? LISTENING : DULL;
}

static enum interest see_answer(const struct sight *s)
{
	const struct slice in = s->ev->bytes;
	struct mine *m = s->mine;
	for (size_t i = 0; m->answer_reading && i < in.len && m->answer_have < HEAD; i++)
		m->answer_reading = in.at[i] == (uint8_t)(m->key >> 8 * (HEAD - 1 - m->answer_have++));
	if (m->answer_reading && m->answer_have == HEAD) {
		m->answer = true;
		m->answer_reading = false;
		settle(s);
	}
	return m->answer_reading ? LISTENING : DULL;
}

static enum interest neoregeorg_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return s->ev->from == CLIENT ? see_body(s) : see_answer(s);
	case HTTP_MESSAGE_END:
		if (s->ev->from == CLIENT && m->reading && s->ev->complete && m->have >= LEAST)
			judge(s);
		/* fallthrough */
	default:
		if (s->ev->from == CLIENT)
			m->reading = false;
		return DULL;
	}
}

static void neoregeorg_end(const struct sight *s)
{
	settle(s);
}

static bool neoregeorg_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && !m->reading && m->key == 0;
}

const struct detector detector_neoregeorg = {
	.name = "neo-regeorg",
	.source = "source of Neo-reGeorg 5.2; measured on a script after it",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "Neo-reGeorg: records in base64 of a secret alphabet, known by their shape over several requests",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.shared = sizeof(struct ours),
	.see = neoregeorg_see,
	.end = neoregeorg_end,
	.idle = neoregeorg_idle,
};

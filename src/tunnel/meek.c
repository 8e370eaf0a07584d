/* meek -- meek of Tor, meek_lite of obfs4proxy, meek of v2ray: POSTs of raw bytes to one target, each with the session's id
 * in X-Session-Id, each answered with raw bytes; an empty one asks whether there is anything to say, first after 100 ms,
 * then after half as long again, and so on up to a second or five.
 *
 * Many an API has a field of that name.  So the field, the id's shape and the content's type only say whom to watch:
 *  - a protocol that opens in the content of both sides, TLS or SSH, is proof;
 *  - else two things are wanted: the session's form (one id, one target, no types, empty requests among others) and the
 *    pace of its empty requests, that each pause is half as long again as the one before, several times. */
#include "tunnel/base64.h"
#include "tunnel/hello.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/cargo.h"

static const struct sign opening_sign = { "meek", "protocol-in-session", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "meek", "session-of-known-tunnel", FOR_TUNNEL, PROOF };
static const struct sign form_sign = { "meek", "raw-session", FOR_TUNNEL, STRONG };
static const struct sign pace_sign = { "meek", "pauses-grow-by-half", FOR_TUNNEL, STRONG };
static const struct sign hello_sign = { "meek", "protocol-sent-in-session", FOR_TUNNEL, STRONG };

enum {
	POLLS_LEAST = 4, /* exchanges before the form says anything */
	EMPTY_LEAST = 2,
	STEPS_LEAST = 3,     /* times that a pause was half as long again */
	BODY_LARGEST = 65536 /* more is never sent at once */
};
static const int64_t PAUSE_LEAST = INT64_C(8) * 1000 * 1000; /* ns: below, a pause is noise */
static const int64_t PAUSE_MOST = INT64_C(10) * 1000 * 1000 * 1000;

struct mine {
	uint64_t key;     /* of the id and the target; 0: no session yet */
	int64_t answered; /* when the latest answer ended, or the latest request if it had none */
	int64_t pause[2]; /* the latest pauses between empty exchanges, newest first; 0: none */
	uint32_t ordinal; /* of the latest request */
	uint16_t polls, empties;
	uint8_t steps;
	bool asked_empty, waiting, found;
	bool carried;      /* any content was seen */
	bool heard;        /* an answer was */
	bool nothing_came; /* the latest exchange was empty both ways */
	struct cargo cargo[2];
};

static bool is_hex_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++)
		if (hex_value(id.at[i]) < 0 || (id.at[i] >= 'A' && id.at[i] <= 'F'))
			return false;
	return id.len == 32;
}

/* Base64 of 8, 16 or 32 bytes: the bits beyond the last byte are zero. */
static bool is_base64_id(struct slice id)
{
	if (id.len == 44 && id.at[43] == '=')
		id.len = 43;
	else if (id.len == 12 && id.at[11] == '=')
		id.len = 11;
	if (id.len != 11 && id.len != 22 && id.len != 43)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (base64_value(id.at[i]) < 0)
			return false;
	const unsigned spare = id.len == 22 ? 15 : 3;
	return ((unsigned)base64_value(id.at[id.len - 1]) & spare) == 0;
}

static bool is_raw(const struct head *h)
{
	const struct slice type = head_field(h, SLICE("Content-Type"));
	const bool named = type.len == 0 || slice_starts_nocase(type, SLICE("application/octet-stream"));
	return named && cargo_uncoded(h) && h->length <= BODY_LARGEST;
}

/* 0: no request of such a session. */
static uint64_t session_of(const struct head *h)
{
	const struct slice id = head_field(h, SLICE("X-Session-Id"));
	if (h->method != METHOD_POST || !(is_hex_id(id) || is_base64_id(id)) || !is_raw(h) ||
	    head_has(h, SLICE("Cookie")) || head_has(h, SLICE("Authorization")))
		return 0;
	const uint64_t key = tunnel_key(id) ^ tunnel_key(h->target);
	return key != 0 ? key : 1;
}

static enum interest give_up(const struct sight *s)
{
	struct mine *m = s->mine;
	m->waiting = false;
	if (m->found)
		return DULL;
	tunnel_return_finding(s);
	return NEVER;
}

/* Is `longer` half as long again as `shorter`?  So says the tool's own clock; what a round trip adds to each pause falls
 * out of their differences. */
static bool grows_by_half(int64_t longer, int64_t shorter)
{
	return shorter > 0 && longer * 100 >= shorter * 141 && longer * 100 <= shorter * 159;
}

static void keep_pace(struct mine *m, int64_t now)
{
	const int64_t pause = now - m->answered;
	if (!m->nothing_came || !m->asked_empty || pause < PAUSE_LEAST || pause > PAUSE_MOST) {
		m->pause[0] = m->pause[1] = 0;
		return;
	}
	const bool differences = m->pause[1] > 0 && pause - m->pause[0] >= PAUSE_LEAST &&
				 grows_by_half(pause - m->pause[0], m->pause[0] - m->pause[1]);
	if ((grows_by_half(pause, m->pause[0]) || differences) && m->steps < UINT8_MAX)
		m->steps++;
	m->pause[1] = m->pause[0];
	m->pause[0] = pause;
}

static void count(struct mine *m)
{
	if (m->polls < UINT16_MAX)
		m->polls++;
	if (m->asked_empty && m->empties < UINT16_MAX)
		m->empties++;
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const uint64_t key = session_of(ev->head);
	if (key == 0 || (m->key != 0 && m->key != key && !m->found))
		return give_up(s);
	if (!m->found && tunnel_known(s, key)) {
		m->found = true;
		tunnel_found(s, &sibling_sign, CLIENT, ev->offset, key);
	}
	if (m->waiting) /* no answer to the one before was seen */
		count(m);
	m->key = key;
	m->ordinal = ev->ask.ordinal;
	m->waiting = true;
	m->asked_empty = ev->rule == BODY_NONE || (ev->rule == BODY_LENGTH && ev->head->length == 0);
	keep_pace(m, ev->t);
	m->answered = ev->t;
	m->nothing_came = m->asked_empty;
	cargo_follow(&m->cargo[CLIENT], ev);
	return m->asked_empty ? DULL : LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->heard = true;
	if (ev->interim || !m->waiting || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->nothing_came =
	    m->asked_empty && (ev->rule == BODY_NONE || (ev->rule == BODY_LENGTH && ev->head->length == 0));
	m->answered = ev->t;
	if (ev->head->status != 200) { /* a front that fails is asked again later */
		m->waiting = false;
		return DULL;
	}
	/* The server of v2ray lets its library guess the type. */
	const struct slice type = head_field(ev->head, SLICE("Content-Type"));
	if (!is_raw(ev->head) && !(slice_starts_nocase(type, SLICE("text/plain")) && ev->head->length <= BODY_LARGEST))
		return give_up(s);
	cargo_follow(&m->cargo[SERVER], ev);
	return LISTENING;
}

static void found(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, CLIENT, 0, m->key);
}

/* JSON: an API that names no types. */
static bool is_json(struct slice s)
{
	return slice_starts(s, SLICE("{\"")) || slice_starts(s, SLICE("[{")) || slice_starts(s, SLICE("[\"")) ||
	       slice_eq(s, SLICE("{}")) || slice_eq(s, SLICE("[]"));
}

/* One id, one target, some requests empty, and raw content went both ways. */
static bool has_form(const struct mine *m, struct slice up, struct slice down)
{
	return m->polls >= POLLS_LEAST && m->empties >= EMPTY_LEAST && up.len != 0 && !is_json(up) && !is_json(down);
}

/* Behind a front each request may have a connection of its own: what opened on either side, the session's connections tell
 * each other.  Of TLS, where each side has its own part; banners may be kept and read back. */
static bool opened(const struct sight *s, enum hello up, enum hello down)
{
	const struct mine *m = s->mine;
	uint32_t *shared = up != HELLO_NONE || down != HELLO_NONE ? tunnel_shared(s, m->key) : NULL;
	if (shared == NULL)
		return false;
	*shared |= UINT32_C(1) << up | UINT32_C(1) << (HELLO_SSH + 1 + down);
	return (*shared & *shared >> (HELLO_SSH + 1) & 1 << HELLO_TLS) != 0;
}

/* `over`: no answer will come any more. */
static void consider(const struct sight *s, bool over)
{
	struct mine *m = s->mine;
	const struct finding *f = m->found || !m->carried ? NULL : tunnel_try_finding(s);
	if (f == NULL)
		return;
	const struct slice up = { f->inner[CLIENT], f->inner_len[CLIENT] };
	const struct slice down = { f->inner[SERVER], f->inner_len[SERVER] };
	if (hello_both(up, down) || opened(s, hello_client(up), hello_server(down))) {
		found(s, &opening_sign);
		return;
	}
	if (!has_form(m, up, down) || (down.len == 0 && !over))
		return;
	const bool sent = down.len == 0 && !m->heard && hello_client(up) != HELLO_NONE;
	const bool paced = down.len != 0 && m->steps >= STEPS_LEAST;
	dossier_add(s->dossier, &form_sign, CLIENT, 0, s->t);
	if (sent || paced)
		found(s, sent ? &hello_sign : &pace_sign);
}

static void see_end(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->from == CLIENT || !m->waiting || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return;
	m->waiting = false;
	m->answered = ev->t;
	count(m);
	consider(s, false);
}

static enum interest meek_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	switch (ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		if (ev->from == SERVER)
			m->nothing_came = false;
		m->carried = true;
		if (cargo_goes_on(&m->cargo[ev->from], ev))
			tunnel_inner(s, ev->from, ev->bytes);
		return LISTENING;
	case HTTP_MESSAGE_END:
		see_end(s);
		return DULL;
	default:
		return DULL;
	}
}

static void meek_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->found && m->key != 0 && tunnel_known(s, m->key))
		found(s, &sibling_sign);
	consider(s, true);
}

static bool meek_idle(const void *mine)
{
	return ((const struct mine *)mine)->key == 0;
}

static const char *const fields[] = { "x-session-id", NULL };

const struct detector detector_meek = {
	.name = "meek",
	.catches =
	    "meek, meek_lite and v2ray's: TLS or SSH in the content of one session's POSTs, or its growing pauses",
	.source = "measured; source of meek, obfs4proxy and v2ray 5",
	.proof = 'A',
	.kind = KIND_COVERT,
	.fields = fields,
	.memory = sizeof(struct mine),
	.see = meek_see,
	.end = meek_end,
	.idle = meek_idle,
};

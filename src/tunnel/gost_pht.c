/* gost_pht -- the plain HTTP tunnel of gost: POSTs push one line of base64 each, a GET pulls lines of base64 for as long as
 * there are any; both bear the tunnel's token.  The paths are the operator's to choose; the token's name and form (20
 * letters of a base-32 alphabet, the last of which can only be two) and the lines are not.
 *
 * Either half could be an API's.  Both halves with one token are the tool. */
#include "tunnel/base64.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/tear.h"

static const struct sign paired_sign = { "gost-pht", "pushed-and-pulled", FOR_TUNNEL, PROOF };
static const struct sign pushed_sign = { "gost-pht", "base64-line-pushed", FOR_TUNNEL, STRONG };
static const struct sign pulled_sign = { "gost-pht", "base64-lines-pulled", FOR_TUNNEL, WEAK };

enum { PUSHED = 1, PULLED = 2, BOTH = PUSHED | PULLED, TOKEN_LEN = 20 };

enum role { NEITHER, PUSH, PULL };

struct mine {
	uint64_t key;
	uint32_t ordinal;
	uint8_t role; /* enum role: of the latest request */
	uint8_t did;  /* PUSHED, PULLED: what this connection was seen to do */
	bool found, broken;
	bool ended;  /* a push's line is over */
	bool filled; /* the line at hand has letters */
	struct base64 base64;
	struct tear tear;
};

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.at[i] >= '0' && s.at[i] <= '9') || (s.at[i] >= 'a' && s.at[i] <= 'v')))
			return false;
	return s.len == TOKEN_LEN && (s.at[TOKEN_LEN - 1] == '0' || s.at[TOKEN_LEN - 1] == 'g');
}

static enum interest break_off(const struct sight *s)
{
	struct mine *m = s->mine;
	m->broken = true;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

static void begin_lines(const struct sight *s)
{
	struct mine *m = s->mine;
	m->base64 = (struct base64){ 0 };
	m->broken = m->ended = m->filled = false;
	tear_begin(&m->tear, s->ev);
}

static void found(const struct sight *s, enum side side, uint64_t offset)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, &paired_sign, side, offset, m->key);
}

/* This connection pushed or pulled: is the other half known? */
static void did(const struct sight *s, uint8_t what)
{
	struct mine *m = s->mine;
	uint32_t *shared = tunnel_shared(s, m->key);
	m->did |= what;
	dossier_add(s->dossier, what == PUSHED ? &pushed_sign : &pulled_sign, s->ev->from, s->ev->offset, s->t);
	if (shared == NULL)
		return;
	*shared |= what;
	if (!m->found && *shared == BOTH)
		found(s, s->ev->from, s->ev->offset);
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const struct slice token = query_value(ev->head->target, SLICE("token"));
	m->role = NEITHER;
	if (!is_token(token))
		return DULL;
	const uint64_t key = tunnel_key(token);
	if (m->key != 0 && m->key != key && !m->found)
		tunnel_return_finding(s);
	m->key = key;
	m->ordinal = ev->ask.ordinal;
	if (ev->head->method == METHOD_GET)
		m->role = PULL;
	if (ev->head->method != METHOD_POST || ev->rule == BODY_NONE || head_has(ev->head, SLICE("Content-Encoding")))
		return DULL;
	m->role = PUSH;
	begin_lines(s);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->role != PULL || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	if (ev->head->status != 200 || head_has(ev->head, SLICE("Content-Encoding"))) {
		m->role = NEITHER;
		return DULL;
	}
	begin_lines(s);
	return LISTENING;
}

/* A line is over.  An empty one says in a pull that nothing came. */
static bool end_line(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!base64_whole(&m->base64) || (m->role == PUSH && (m->ended || !m->filled)))
		return false;
	m->ended = m->role == PUSH;
	if (m->role == PULL && m->filled)
		did(s, PULLED);
	m->filled = false;
	return true;
}

static bool read_line(const struct sight *s, struct slice line)
{
	struct mine *m = s->mine;
	uint8_t out[768];
	if (line.len != 0 && m->ended)
		return false;
	m->filled = m->filled || line.len != 0;
	while (line.len != 0) {
		const size_t n = base64_read(&m->base64, &line, out, sizeof out);
		tunnel_inner(s, s->ev->from, (struct slice){ out, n });
	}
	return !m->base64.bad;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->broken || m->role != (s->ev->from == CLIENT ? PUSH : PULL))
		return DULL;
	if (!tear_whole(&m->tear, s->ev))
		return break_off(s);
	for (struct slice rest = s->ev->bytes; rest.len != 0;) {
		const struct slice line = slice_head(rest, slice_find(rest, '\n'));
		if (slice_find(line, '\r') != line.len || !read_line(s, line))
			return break_off(s);
		if (line.len < rest.len && !end_line(s))
			return break_off(s);
		rest = slice_from(rest, line.len + 1);
	}
	return LISTENING;
}

static enum interest gost_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		if (s->ev->from == CLIENT && m->role == PUSH && !m->broken && m->ended && s->ev->complete)
			did(s, PUSHED);
		return DULL;
	}
}

static void gost_end(const struct sight *s)
{
	struct mine *m = s->mine;
	const uint32_t *shared = m->did != 0 && !m->found ? tunnel_shared(s, m->key) : NULL;
	if (shared != NULL && *shared == BOTH)
		found(s, m->did & PUSHED ? CLIENT : SERVER, 0);
}

static bool gost_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->did == 0 && m->role == NEITHER;
}

const struct detector detector_gost_pht = {
	.name = "gost-pht",
	.catches = "gost's plain HTTP tunnel: lines of base64 pushed and pulled under one token",
	.source = "source of go-gost/x",
	.proof = 'A',
	.kind = KIND_COVERT,
	.when = WHEN_QUERY,
	.memory = sizeof(struct mine),
	.see = gost_see,
	.end = gost_end,
	.idle = gost_idle,
};

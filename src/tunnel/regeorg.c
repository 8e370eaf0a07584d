/* regeorg -- reGeorg: a web shell that is told in header fields what to do, and carries bytes raw.
 *
 * X-CMD says CONNECT (with X-TARGET and X-PORT), READ, FORWARD or DISCONNECT, and X-STATUS in the answer how it went.  The
 * client says the same word once more in the query.  A header that asks to be connected to a host and a port, and a status
 * in the answer, is the tool; a READ alone could be anybody's, so it counts when the query agrees or when its session was
 * connected on another connection. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum command { NONE, CONNECT, READ, FORWARD, DISCONNECT };
enum { HOST = 80, PORT = 6 };

static const struct sign connect_sign = { "regeorg", "connect-answered", FOR_TUNNEL, PROOF };
static const struct sign twice_sign = { "regeorg", "command-twice-answered", FOR_TUNNEL, PROOF };
static const struct sign asked_sign = { "regeorg", "connect-request", FOR_TUNNEL, STRONG };
static const struct sign query_sign = { "regeorg", "command-in-query-too", FOR_TUNNEL, STRONG };
static const struct sign command_sign = { "regeorg", "command", FOR_TUNNEL, STRONG };
static const struct sign session_sign = { "regeorg", "session-of-sibling", FOR_TUNNEL, STRONG };

struct mine {
	uint64_t key; /* of the session; 0: not known */
	uint64_t at;  /* offset of the latest command */
	struct cargo cargo[2];
	uint32_t ordinal; /* of the latest command's request */
	uint8_t command;  /* enum command, until it is answered */
	bool twice;       /* the query agrees */
	bool found;
	char host[HOST], port[PORT]; /* of CONNECT */
};

static const char *const words[] = { "", "CONNECT", "READ", "FORWARD", "DISCONNECT" };

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static bool asks_for_target(const struct head *h)
{
	uint64_t port;
	return head_field(h, SLICE("X-TARGET")).len != 0 &&
	       slice_decimal(head_field(h, SLICE("X-PORT")), UINT16_MAX, &port) && port != 0;
}

/* A command in the shape the tool gives it, or NONE. */
static enum command command_of(const struct http_event *ev)
{
	const struct slice value = head_field(ev->head, SLICE("X-CMD"));
	unsigned c = DISCONNECT;
	while (c != NONE && !slice_eq(value, text(words[c])))
		c--;
	if (ev->head->method != METHOD_POST || cargo_any(ev) != (c == FORWARD))
		return NONE;
	return c == CONNECT && !asks_for_target(ev->head) ? NONE : (enum command)c;
}

/* ?cmd=read */
static bool query_agrees(struct slice target, enum command c)
{
	const struct slice query = slice_from(target, slice_find(target, '?')), said = slice_from(query, 5),
			   word = text(words[c]);
	return slice_starts(query, SLICE("?cmd=")) && slice_starts_nocase(said, word) &&
	       (said.len == word.len || said.at[word.len] == '&');
}

/* The session is what the first cookie says, in the client's words or the server's. */
static void learn_session(struct mine *m, struct slice cookie)
{
	if (cookie.len != 0)
		m->key = tunnel_key(slice_trim(slice_head(cookie, slice_find(cookie, ';'))));
}

static void found(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, CLIENT, m->at, m->key);
	tunnel_target(s, text(m->host), text(m->port));
}

/* The session was connected on another connection. */
static void consider_session(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->command == CONNECT || m->key == 0 || !tunnel_known(s, m->key))
		return;
	dossier_add(s->dossier, &command_sign, CLIENT, m->at, s->t);
	found(s, &session_sign);
}

static enum interest see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	m->command = (uint8_t)command_of(s->ev);
	if (m->command == NONE)
		return DULL;
	m->at = s->ev->offset;
	cargo_follow(&m->cargo[CLIENT], s->ev);
	m->ordinal = s->ev->ask.ordinal;
	m->twice = query_agrees(h->target, m->command);
	learn_session(m, head_field(h, SLICE("Cookie")));
	if (m->command == CONNECT) {
		slice_copy(head_field(h, SLICE("X-TARGET")), m->host, sizeof m->host);
		slice_copy(head_field(h, SLICE("X-PORT")), m->port, sizeof m->port);
	}
	consider_session(s);
	return m->command == FORWARD ? LISTENING : DULL;
}

static void judge_answer(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->command == CONNECT) {
		learn_session(m, head_field(s->ev->head, SLICE("Set-Cookie")));
		found(s, &connect_sign);
	} else if (m->twice && !m->found) {
		found(s, &twice_sign);
	} else {
		consider_session(s);
	}
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->command == NONE || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	const struct slice status = head_field(ev->head, SLICE("X-STATUS"));
	const bool ok = slice_eq(status, SLICE("OK")), read = m->command == READ;
	if (ok || slice_eq(status, SLICE("FAIL")))
		judge_answer(s);
	m->command = NONE;
	cargo_follow(&m->cargo[SERVER], ev);
	if (!m->found)
		tunnel_return_finding(s);
	return m->found && ok && read && cargo_any(ev) ? LISTENING : DULL;
}

static enum interest see_body(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (!cargo_goes_on(&m->cargo[ev->from], ev))
		return DULL;
	tunnel_inner(s, ev->from, ev->bytes);
	return LISTENING;
}

static enum interest regeorg_see(const struct sight *s)
{
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		return DULL;
	}
}

/* A shell in PHP may keep the CONNECT unanswered. */
static void regeorg_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->command != CONNECT || !m->twice)
		return;
	dossier_add(s->dossier, &asked_sign, CLIENT, m->at, s->t);
	found(s, &query_sign);
}

static bool regeorg_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && m->command == NONE;
}

static const char *const wakers[] = { "x-cmd", NULL };

const struct detector detector_regeorg = {
	.name = "regeorg",
	.source = "source of reGeorg 1.0; measured on a script after it",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "reGeorg: X-CMD asks a web shell to connect, read and forward, X-STATUS answers",
	.fields = wakers,
	.memory = sizeof(struct mine),
	.see = regeorg_see,
	.end = regeorg_end,
	.idle = regeorg_idle,
};

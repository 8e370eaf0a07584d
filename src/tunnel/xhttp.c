/* xhttp -- the XHTTP (once SplitHTTP) transport of xray: a GET brings the bytes of a session down for as long as it lasts;
 * they go up in one endless POST, or in POSTs that are numbered from 0; or one POST carries both ways.
 *
 * Each request has padding of X in a parameter x_padding of its Referer (once of its target), each answer in a field
 * X-Padding: both together are proof.  Padding can be hidden.  Then this is left: a UUID in the target, a field or a
 * cookie, common to numbered POSTs without a type and to a GET answered as text/event-stream with what is not even text. */
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/cargo.h"

static const struct sign padded_sign = { "xhttp", "padding-both-ways", FOR_TUNNEL, PROOF };
static const struct sign session_sign = { "xhttp", "numbered-posts-and-false-event-stream", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "xhttp", "session-of-known-tunnel", FOR_TUNNEL, PROOF };
static const struct sign padding_sign = { "xhttp", "padding-asked", FOR_TUNNEL, STRONG };
static const struct sign named_sign = { "xhttp", "session-asked", FOR_TUNNEL, STRONG };

enum {
	LOOK = 64,         /* bytes of what is called an event stream */
	PADDING_LEAST = 8, /* what can be set; 100 and more if nothing is */
	FALSE_STREAM = 1,
	NUMBERED = 2,
	PAIRED = FALSE_STREAM | NUMBERED,
	NEXT_AT = 8,   /* bit where the number that should come begins */
	MAX_AHEAD = 8, /* POSTs may overtake each other */
	MAX_NUMBER = 1 << 20
};

/* What a request says of itself. */
struct asked {
	bool padded, numbered;
	uint64_t session; /* key of a UUID; 0: none */
	uint64_t number;
};

struct mine {
	uint64_t key;     /* of the first session, or of this connection */
	uint32_t ordinal; /* of the latest request */
	bool padded, post, waiting, found, named;
	bool ours;               /* the latest request belongs to the session whose bytes are kept */
	uint8_t looked;          /* bytes of the answer */
	bool binary;             /* they are no text */
	bool event_stream, down; /* the answer: is called one; brings the session's bytes */
	bool heard;              /* the server said anything */
	bool did;                /* this connection has a part in what was paired */
	struct cargo cargo[2];
};

/* Nothing but X, or nothing but 0 in old versions. */
static bool is_padding(struct slice s)
{
	if (s.len < PADDING_LEAST || (s.at[0] != 'X' && s.at[0] != '0'))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (s.at[i] != s.at[0])
			return false;
	return true;
}

static uint64_t session_key(struct slice s)
{
	return query_is_uuid(s) ? tunnel_key(s) : 0;
}

/* /PATH/UUID or /PATH/UUID/NUMBER */
static void read_path(struct slice target, struct asked *a)
{
	struct slice path = query_path(target);
	struct slice last = query_last_segment(&path);
	a->session = session_key(last);
	if (a->session != 0 || !slice_decimal(last, MAX_NUMBER, &a->number))
		return;
	a->session = session_key(query_last_segment(&path));
	a->numbered = a->session != 0;
}

/* The session, and the number, may each be elsewhere. */
static void read_elsewhere(const struct head *h, struct asked *a)
{
	const struct slice cookie = head_field(h, SLICE("Cookie"));
	const struct slice at[2][3] = { { head_field(h, SLICE("X-Session")), query_cookie(cookie, SLICE("x_session")),
					    query_value(h->target, SLICE("x_session")) },
		{ head_field(h, SLICE("X-Seq")), query_cookie(cookie, SLICE("x_seq")),
		    query_value(h->target, SLICE("x_seq")) } };
	for (unsigned i = 0; i < 3 && a->session == 0; i++)
		a->session = session_key(at[0][i]);
	for (unsigned i = 0; i < 3 && !a->numbered && a->session != 0; i++)
		a->numbered = slice_decimal(at[1][i], MAX_NUMBER, &a->number);
	struct slice path = query_path(h->target);
	if (!a->numbered && a->session != 0)
		a->numbered = slice_decimal(query_last_segment(&path), MAX_NUMBER, &a->number);
}

static struct asked read_request(const struct head *h)
{
	struct asked a = { 0 };
	const struct slice referer = head_field(h, SLICE("Referer"));
	a.padded = is_padding(query_value(referer, SLICE("x_padding"))) ||
		   is_padding(query_value(h->target, SLICE("x_padding")));
	read_path(h->target, &a);
	if (!a.numbered && h->field_count != 0)
		read_elsewhere(h, &a);
	return a;
}

static void found(const struct sight *s, const struct sign *sign, enum side side)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, side, s->ev != NULL ? s->ev->offset : 0, m->key);
}

/* One half of the session was seen here; with the other half it is proof. */
static void did(const struct sight *s, uint32_t *shared, uint32_t what)
{
	struct mine *m = s->mine;
	m->did = true;
	*shared |= what;
	if (!m->found && (*shared & PAIRED) == PAIRED)
		found(s, &session_sign, s->ev->from);
}

/* A POST with a number: the next one, or nearly.  One without is all there is. */
static void count(const struct sight *s, const struct asked *a)
{
	uint32_t *shared = tunnel_shared(s, ((struct mine *)s->mine)->key);
	if (shared == NULL)
		return;
	const uint64_t next = *shared >> NEXT_AT;
	if (a->number > next + MAX_AHEAD)
		return;
	if (a->number >= next)
		*shared = (*shared & PAIRED) | (uint32_t)(a->number + 1) << NEXT_AT;
	if (a->number != 0 || !a->numbered)
		did(s, shared, NUMBERED);
}

static uint64_t own_key(const struct sight *s)
{
	const uint64_t id = tunnel_flow_id(s);
	return tunnel_key((struct slice){ (const uint8_t *)&id, sizeof id });
}

/* A POST that can only take bytes up: numbered and without a type, or endless and called gRPC, which HTTP/1 cannot be. */
static bool goes_up(const struct http_event *ev, const struct asked *a)
{
	const struct slice type = head_field(ev->head, SLICE("Content-Type"));
	if (a->session == 0 || ev->rule == BODY_NONE || ev->head->method == METHOD_GET)
		return false;
	return a->numbered ? type.at == NULL : slice_eq_nocase(type, SLICE("application/grpc"));
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const struct asked a = read_request(ev->head);
	const bool one_way = goes_up(ev, &a);
	m->ordinal = ev->ask.ordinal;
	m->post = ev->head->method != METHOD_GET;
	m->padded = a.padded;
	m->waiting = m->ours = a.padded || (a.session != 0 && (!m->post || one_way || m->found));
	if (!m->waiting)
		return DULL;
	if (m->key == 0 || (!m->found && a.session != 0))
		m->key = a.session != 0 ? a.session : own_key(s);
	m->named = m->named || a.session != 0;
	m->ours = a.session == 0 || a.session == m->key;
	if (m->ours && !m->found && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT);
	if (m->ours && one_way)
		count(s, &a);
	m->down = !m->post || a.session == 0;
	cargo_follow(&m->cargo[CLIENT], ev);
	return m->post && m->ours && (m->padded || m->found || one_way) ? LISTENING : DULL;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->heard = true;
	if (ev->interim || !m->waiting || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->waiting = false;
	if (ev->head->status != 200)
		return DULL;
	if (m->padded && !m->found && is_padding(head_field(ev->head, SLICE("X-Padding"))))
		found(s, &padded_sign, SERVER);
	m->event_stream =
	    slice_starts_nocase(head_field(ev->head, SLICE("Content-Type")), SLICE("text/event-stream")) &&
	    cargo_uncoded(ev->head);
	m->looked = 0;
	m->binary = false;
	cargo_follow(&m->cargo[SERVER], ev);
	return m->ours && m->down && (m->found || m->event_stream) ? LISTENING : DULL;
}

/* Could an event stream begin so?  "data", "event", "id", "retry", a comment, an empty line, a byte order mark. */
static bool begins_event_stream(uint8_t c)
{
	return c == 'd' || c == 'e' || c == 'i' || c == 'r' || c == ':' || c == '\r' || c == '\n' || c == 0xef;
}

/* Text is no proof, though it be no event: what is no field is passed over there (HTML, 9.2.6). */
static bool is_binary(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' && s.at[i] != '\t' && s.at[i] != '\r' && s.at[i] != '\n')
			return true;
	return false;
}

/* False when it is an event stream, or text. */
static bool look(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct slice in = slice_head(s->ev->bytes, (size_t)LOOK - m->looked);
	if (m->found || m->binary || m->post || in.len == 0)
		return true;
	if (m->looked == 0 && begins_event_stream(in.at[0]))
		return false;
	m->looked = (uint8_t)(m->looked + in.len);
	m->binary = is_binary(in);
	if (!m->binary)
		return m->looked < LOOK;
	uint32_t *shared = m->event_stream ? tunnel_shared(s, m->key) : NULL;
	if (shared != NULL)
		did(s, shared, FALSE_STREAM);
	return true;
}

static enum interest see_body(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->from == SERVER && !look(s)) {
		tunnel_return_finding(s);
		return DULL;
	}
	if (cargo_goes_on(&m->cargo[ev->from], ev))
		tunnel_inner(s, ev->from, ev->bytes);
	return LISTENING;
}

static enum interest xhttp_see(const struct sight *s)
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

static void xhttp_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->key == 0)
		return;
	const uint32_t *shared = m->did ? tunnel_shared(s, m->key) : NULL;
	if (shared != NULL && (*shared & PAIRED) == PAIRED)
		found(s, &session_sign, CLIENT);
	else if (m->waiting && m->ours && m->named && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT);
	else if (!m->heard && m->padded && m->named) { /* one direction only was captured */
		dossier_add(s->dossier, &named_sign, CLIENT, 0, s->t);
		found(s, &padding_sign, CLIENT);
	}
}

static bool xhttp_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->waiting && !m->did && !m->found;
}

static const char *const wakers[] = { "referer", "cookie", "x-session", "x-padding", NULL };

const struct detector detector_xhttp = {
	.name = "xhttp",
	.catches = "xray's XHTTP: its padding in request and answer, or numbered POSTs beside a false event stream",
	.source = "source of Xray-core",
	.proof = 'A',
	.kind = KIND_COVERT,
	.when = WHEN_CONTENT | WHEN_QUERY | WHEN_LONG,
	.fields = wakers,
	.memory = sizeof(struct mine),
	.see = xhttp_see,
	.end = xhttp_end,
	.idle = xhttp_idle,
};

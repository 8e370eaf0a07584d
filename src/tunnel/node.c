/* node -- node-http-tunnel: every 200 ms a PUT with what there is to say, a JSON array of objects (items.h), answered with
 * another.  Mostly both are empty.
 *
 * Arrays of its objects, in a request and in the answer to it, are proof.  An idle tunnel shows only "[]" answered by
 * "[]": that and the beat of five a second together are worth a label, neither alone. */
#include "tunnel/items.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/tear.h"

#include <stdio.h>

static const struct sign items_sign = { "node-http-tunnel", "items-both-ways", FOR_TUNNEL, PROOF };
static const struct sign asked_sign = { "node-http-tunnel", "items-asked", FOR_TUNNEL, STRONG };
static const struct sign opened_sign = { "node-http-tunnel", "stream-opened-and-used", FOR_TUNNEL, STRONG };
static const struct sign empty_sign = { "node-http-tunnel", "empty-arrays-both-ways", FOR_TUNNEL, STRONG };
static const struct sign beat_sign = { "node-http-tunnel", "five-a-second", FOR_TUNNEL, STRONG };
static const struct sign known_sign = { "node-http-tunnel", "beside-known-tunnel", FOR_TUNNEL, STRONG };

/* What is shared by all connections of the tunnel: beats counted, the time of the latest poll, the stream whose bytes are
 * kept (many are in one tunnel; the first is kept), its number and one. */
enum {
	BEATS_LEAST = 8,
	BEATS_MOST = 15,
	TIME_AT = 4,
	TIME_MASK = 0xffff, /* in units of 10 ms */
	STREAM_AT = 20,
	STREAM_MOST = 0xfff,
	BEAT_LEAST = 15, /* 10 ms */
	BEAT_MOST = 25
};

struct mine {
	struct items items[2];
	struct tear tear[2];
	uint32_t ordinal; /* of the latest request */
	uint32_t opened;  /* the stream that a request opened last, and one */
	bool bare;        /* the latest request had no field that the tool does not send */
	bool waiting;     /* for its answer */
	bool found, heard, used, polled;
	bool torn; /* unwrapped bytes are missing, keep no more of them */
};

static bool is_array_request(const struct http_event *ev)
{
	const struct head *h = ev->head;
	const struct slice type = head_field(h, SLICE("Content-Type"));
	return (h->method == METHOD_PUT || h->method == METHOD_POST) && ev->rule != BODY_NONE &&
	       !head_has(h, SLICE("Content-Encoding")) &&
	       (type.at == NULL || slice_search(type, SLICE("json")) < type.len);
}

/* What a library for the web always sends, this tool does not. */
static bool is_bare(const struct head *h)
{
	struct slice path = query_path(h->target);
	return h->method == METHOD_PUT && path.len == h->target.len && query_last_segment(&path).len == 0 &&
	       !head_has(h, SLICE("Content-Type")) && !head_has(h, SLICE("User-Agent")) &&
	       !head_has(h, SLICE("Accept")) && !head_has(h, SLICE("Cookie"));
}

static void begin(const struct sight *s)
{
	struct mine *m = s->mine;
	items_begin(&m->items[s->ev->from]);
	tear_begin(&m->tear[s->ev->from], s->ev);
}

static enum interest see_request(const struct sight *s)
{
	struct mine *m = s->mine;
	m->waiting = is_array_request(s->ev);
	m->ordinal = s->ev->ask.ordinal;
	if (!m->waiting)
		return DULL;
	m->bare = is_bare(s->ev->head);
	begin(s);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->heard = true;
	if (ev->interim || !m->waiting || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->waiting =
	    ev->head->status == 200 && items_whole(&m->items[CLIENT]) && !head_has(ev->head, SLICE("Content-Encoding"));
	m->bare = m->bare && !head_has(ev->head, SLICE("Content-Type"));
	if (!m->waiting)
		return DULL;
	begin(s);
	return LISTENING;
}

/* Is it the stream whose bytes are kept? */
static bool is_kept(const struct sight *s, uint32_t stream)
{
	uint32_t *shared = tunnel_shared(s, 0);
	if (shared == NULL)
		return true;
	const uint32_t one = stream < STREAM_MOST ? stream + 1 : STREAM_MOST;
	if (*shared >> STREAM_AT == 0)
		*shared |= one << STREAM_AT;
	return *shared >> STREAM_AT == one;
}

static void note_target(const struct sight *s, const struct items *it)
{
	struct finding *f = tunnel_try_finding(s);
	if (f == NULL || f->target[0] != '\0')
		return;
	snprintf(f->target, sizeof f->target, "%.*s:%u", (int)it->host_len, it->text, (unsigned)it->port);
}

static void see_item(const struct sight *s, const struct items *it)
{
	struct mine *m = s->mine;
	if (it->method == ITEM_OPEN && s->ev->from == SERVER) {
		items_break(&m->items[SERVER]); /* only the client opens */
	} else if (it->method == ITEM_OPEN) {
		note_target(s, it);
		m->opened = it->stream + 1;
	} else if (it->method == ITEM_DATA && s->ev->from == CLIENT && m->opened == it->stream + 1) {
		m->used = true;
	}
}

static enum interest see_body(const struct sight *s)
{
	const enum side from = s->ev->from;
	struct mine *m = s->mine;
	struct items *it = &m->items[from];
	uint8_t out[768];
	size_t n = 0;
	if (!tear_whole(&m->tear[from], s->ev)) {
		items_break(it);
		m->tear[from].torn = false;
		m->torn = true;
	}
	for (struct slice in = s->ev->bytes; in.len != 0;) {
		const enum items_found what = items_read(it, &in, out, sizeof out, &n);
		if (what == ITEMS_ITEM)
			see_item(s, it);
		else if (what == ITEMS_BYTES && !m->torn && is_kept(s, it->stream))
			tunnel_inner(s, from, (struct slice){ out, n });
	}
	if (!items_broken(it))
		return LISTENING;
	m->waiting = false;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

static void found(const struct sight *s, const struct sign *sign, enum side side)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, side, s->ev != NULL ? s->ev->offset : 0, 0);
}

/* "[]" answered by "[]": counts the beat, on whatever connection it comes. */
static void count_poll(const struct sight *s)
{
	struct mine *m = s->mine;
	uint32_t *shared = tunnel_shared(s, 0);
	m->polled = true;
	if (shared == NULL)
		return;
	const uint32_t now = (uint32_t)(s->t / 10000000) & TIME_MASK;
	const uint32_t gap = (now - (*shared >> TIME_AT & TIME_MASK)) & TIME_MASK;
	uint32_t beats = *shared & BEATS_MOST;
	if (gap >= BEAT_LEAST && gap <= BEAT_MOST)
		beats += beats < BEATS_MOST;
	else if (beats != 0)
		beats--;
	*shared = (*shared >> STREAM_AT << STREAM_AT) | now << TIME_AT | beats;
	if (m->found || beats < BEATS_LEAST)
		return;
	dossier_add(s->dossier, &beat_sign, CLIENT, s->ev->offset, s->t);
	found(s, &empty_sign, SERVER);
}

static void see_answer_end(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct items *up = &m->items[CLIENT], *down = &m->items[SERVER];
	if (!m->waiting || !s->ev->complete || !items_whole(up) || !items_whole(down))
		return;
	m->waiting = false;
	if (up->count + down->count != 0)
		found(s, &items_sign, up->count != 0 ? CLIENT : SERVER);
	else if (m->bare)
		count_poll(s);
}

static enum interest node_see(const struct sight *s)
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
		if (s->ev->from == SERVER)
			see_answer_end(s);
		else if (!s->ev->complete || !items_whole(&m->items[CLIENT]))
			m->waiting = false;
		return DULL;
	}
}

static void node_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found)
		return;
	if (m->polled && tunnel_known(s, 0)) {
		dossier_add(s->dossier, &empty_sign, SERVER, 0, s->t);
		found(s, &known_sign, CLIENT);
	} else if (!m->heard && m->used && items_whole(&m->items[CLIENT])) { /* one direction only was captured */
		dossier_add(s->dossier, &asked_sign, CLIENT, 0, s->t);
		found(s, &opened_sign, CLIENT);
	}
}

static bool node_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->waiting && !m->found && !m->polled && m->opened == 0;
}

const struct detector detector_node = {
	.name = "node-http-tunnel",
	.catches = "node-http-tunnel: its arrays of objects put and answered; idle, empty ones five times a second",
	.source = "measured; its source",
	.proof = 'A',
	.kind = KIND_COVERT,
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = node_see,
	.end = node_end,
	.idle = node_idle,
};

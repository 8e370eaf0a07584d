/* two_sides -- two streams as http/conn's caller has them, in a page of code, and a written log of the events.
 *
 * What a side sent and was not eaten is laid against an unreadable page.  A chunk tells what stream.h promises: a hole
 * once, the end until all is eaten, the end of a skipped range once.
 */
#ifndef LIB_TWO_SIDES_H
#define LIB_TWO_SIDES_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "edge.h"
#include "http/conn.h"

enum { SIDES_MOST = 1 << 17, SIDES_LOG = 1 << 16 };

struct one_side {
	uint8_t bytes[SIDES_MOST]; /* sent and not eaten */
	size_t len;
	uint64_t read, dull, hole; /* offset of bytes[0]; as in the stream room */
	bool mark, end, end_told, cut;
	uint64_t odd;
};

struct two_sides {
	struct http_conn conn;
	struct http_kit kit; /* zeroed at first; made with the first dialogue */
	struct edge edge;
	struct one_side side[2];
	bool want, accept, stopped;
	bool (*show)(
	    void *whom, const struct http_event *ev); /* who looks at events and says whether content is wanted */
	void *whom;
	bool apart; /* log only what `only` does: orders between the sides may differ */
	enum side only;
	int body_of; /* the log's last entry is content of this side; -1: no */
	unsigned calls;
	char log[SIDES_LOG];
	size_t log_len;
};

static inline void sides_begin(struct two_sides *x, bool midstream)
{
	const struct edge edge = x->edge;
	struct err e;
	if (x->kit.queues.blocks == NULL && !http_kit_init(&x->kit, 1, &e))
		abort();
	http_conn_fini(&x->kit, &x->conn);
	memset(&x->conn, 0xa5, sizeof x->conn);
	http_conn_init(&x->conn, midstream);
	for (int i = 0; i < 2; i++) {
		struct one_side *s = &x->side[i];
		s->len = 0;
		s->read = s->dull = s->hole = s->odd = 0;
		s->mark = s->end = s->end_told = s->cut = false;
	}
	x->edge = edge;
	x->stopped = false;
	x->body_of = -1;
	x->calls = 0;
	x->log_len = 0;
	x->log[0] = 0;
}

static inline void sides_free(struct two_sides *x)
{
	http_conn_fini(&x->kit, &x->conn);
	if (x->kit.queues.used != 0)
		abort();
	http_kit_fini(&x->kit);
	memset(&x->conn, 0, sizeof x->conn);
}

static inline void sides_say(struct two_sides *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void sides_say(struct two_sides *x, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(x->log + x->log_len, SIDES_LOG - x->log_len, format, args);
	va_end(args);
	x->log_len += (size_t)n < SIDES_LOG - x->log_len ? (size_t)n : SIDES_LOG - x->log_len - 1;
}

static inline void sides_say_head(struct two_sides *x, const struct http_event *ev)
{
	static const char *const rules[] = { "none", "length", "chunked", "close" };
	if (ev->kind == HTTP_REQUEST)
		sides_say(x, "c #%u %.*s %.*s %s%s%s", ev->ask.ordinal, (int)ev->head->method_text.len,
		    (const char *)ev->head->method_text.at, (int)ev->head->target.len,
		    (const char *)ev->head->target.at, rules[ev->rule], ev->ask.connect ? " connect" : "",
		    ev->ask.upgrade ? " upgrade" : "");
	else if (ev->ask.known)
		sides_say(x, "s #%u %u %s", ev->ask.ordinal, ev->head->status, rules[ev->rule]);
	else
		sides_say(x, "s ? %u %s", ev->head->status, rules[ev->rule]);
	sides_say(x, "%s%s%s\n", ev->interim ? " interim" : "", ev->may_switch ? " switch" : "",
	    ev->held_bytes ? " early" : "");
}

static inline void sides_note(struct two_sides *x, const struct http_event *ev)
{
	static const char *const lost[] = { "hole", "desync", "long", "chunk", "end" };
	const char who = ev->from == CLIENT ? 'c' : 's';
	x->side[ev->from].odd |= ev->odd;
	if (ev->kind == HTTP_EAT || ev->kind == HTTP_WAIT || (x->apart && ev->from != x->only))
		return;
	const bool goes_on = ev->kind == HTTP_BODY && x->body_of == (int)ev->from;
	if (x->body_of != -1 && !goes_on)
		sides_say(x, "\n");
	x->body_of = -1;
	switch (ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		sides_say_head(x, ev);
		break;
	case HTTP_BODY:
		sides_say(x, "%s", goes_on ? "" : who == 'c' ? "c = " : "s = ");
		for (size_t i = 0; i < ev->bytes.len; i++)
			sides_say(x, "%c", ev->bytes.at[i] < ' ' ? '_' : ev->bytes.at[i]);
		x->body_of = (int)ev->from;
		break;
	case HTTP_MESSAGE_END:
		sides_say(x, "%c %s #%u\n", who, ev->complete ? "end" : "cut", ev->ask.ordinal);
		break;
	case HTTP_H2:
		sides_say(x, "c h2\n");
		break;
	case HTTP_NOT:
		sides_say(x, "%c not\n", who);
		break;
	case HTTP_LOST:
		sides_say(x, "%c lost %s%s\n", who, lost[ev->why_lost], ev->bare ? " bare" : "");
		if (ev->begun)
			sides_say(x, "%c begun\n", who);
		break;
	default:
		break;
	}
}

static inline void side_drop(struct one_side *s, size_t n)
{
	memmove(s->bytes, s->bytes + n, s->len - n);
	s->len -= n;
	s->read += n;
}

/* Passes what is dull. */
static inline void side_settle(struct one_side *s)
{
	if (s->read >= s->dull)
		return;
	const uint64_t left = s->dull - s->read;
	side_drop(s, left < s->len ? (size_t)left : s->len);
	if (s->read == s->dull)
		s->mark = true;
}

static inline bool side_peek(struct two_sides *x, enum side from, struct chunk *out)
{
	struct one_side *s = &x->side[from];
	const bool end = s->end && !s->end_told;
	if (s->len == 0 && s->hole == 0 && !end && !s->mark)
		return false;
	*out = (struct chunk){ .from = from,
		.bytes = edge_lay(&x->edge, (struct slice){ s->bytes, s->len }),
		.offset = s->read,
		.hole = s->hole,
		.end = end,
		.cut = s->cut,
		.t = 1 };
	return true;
}

static inline void side_eat(struct one_side *s, size_t n)
{
	s->hole = 0;
	s->mark = false;
	side_drop(s, n);
	if (s->len == 0 && s->end)
		s->end_told = true;
}

static inline uint64_t side_plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* One call; false when that side waits or has nothing. */
static inline bool sides_step(struct two_sides *x, enum side from)
{
	struct chunk in;
	struct http_event ev;
	if (x->stopped || !side_peek(x, from, &in))
		return false;
	const uint8_t before = x->conn.side[from].state;
	const bool rests = http_rests(&x->conn, &in);
	http_next(&x->kit, &x->conn, &in, &ev);
	x->calls++;
	/* Whoever asks first need not have come here. */
	if (rests && ev.kind != HTTP_WAIT)
		abort();
	if (ev.from != from || ev.eat > in.bytes.len)
		abort();
	if (ev.kind == HTTP_WAIT) {
		if (ev.eat != 0 || ev.skip != 0)
			abort();
		return false;
	}
	if (ev.eat == 0 && x->conn.side[from].state == before)
		abort();
	sides_note(x, &ev);
	if (x->show != NULL)
		http_want_bodies(&x->conn, from, x->show(x->whom, &ev));
	if (ev.kind != HTTP_NOT) {
		side_eat(&x->side[from], ev.eat);
		if (ev.skip != 0)
			x->side[from].dull = side_plus(x->side[from].read, ev.skip);
		side_settle(&x->side[from]);
	}
	if (x->show == NULL && (ev.kind == HTTP_REQUEST || ev.kind == HTTP_RESPONSE))
		http_want_bodies(&x->conn, from, x->want);
	if (ev.may_switch && x->accept) {
		sides_say(x, "stop c=%u s=%u\n", (unsigned)x->side[CLIENT].read, (unsigned)x->side[SERVER].read);
		x->stopped = true;
	} else if (ev.may_switch) {
		http_refused(&x->conn);
	}
	return true;
}

static inline void sides_run(struct two_sides *x)
{
	for (bool moved = true; moved;) {
		moved = false;
		for (enum side side = CLIENT; side <= SERVER; side++)
			while (sides_step(x, side))
				moved = true;
	}
}

static inline void sides_send(struct two_sides *x, enum side from, struct slice bytes)
{
	struct one_side *s = &x->side[from];
	if (s->end || bytes.len > SIDES_MOST - s->len)
		return;
	if (bytes.len != 0)
		memcpy(s->bytes + s->len, bytes.at, bytes.len);
	s->len += bytes.len;
	side_settle(s);
	sides_run(x);
}

/* `n` bytes are missing.  What is unread is shown as cut, then dropped. */
static inline void sides_lose(struct two_sides *x, enum side from, uint64_t n)
{
	struct one_side *s = &x->side[from];
	if (s->len != 0) {
		s->cut = true;
		sides_run(x);
		s->cut = false;
	}
	s->hole += s->len;
	side_drop(s, s->len);
	const uint64_t dull = s->dull > s->read ? s->dull - s->read : 0;
	s->read += n;
	if (dull < n || (dull != UINT64_MAX && dull == n))
		s->mark = dull != 0;
	s->hole += dull < n ? n - dull : 0;
	sides_run(x);
}

static inline void sides_end(struct two_sides *x, enum side from)
{
	x->side[from].end = true;
	sides_run(x);
}

static inline void sides_conclude(struct two_sides *x)
{
	if (x->body_of != -1)
		sides_say(x, "\n");
	x->body_of = -1;
	for (int i = 0; i < 2; i++)
		for (unsigned odd = 0; odd < ODDS; odd++)
			if (x->side[i].odd >> odd & 1)
				sides_say(x, "%c odd %s\n", i == 0 ? 'c' : 's', odd_name((enum odd)odd));
}

#endif

/* One call takes one step of one side: a head, a piece of content, or the end of a message.  What a head means for the
 * dialogue is decided here, too: who is held, who stops, whose answer it is. */
#include "http/balancer.h"
#include "http/inside.h"
#include "http/target.h"

enum {
	QUIET_EMPTY_LINES = 2, /* RFC 9112, 2.2: peers do send one; two are not worth a word */
	PATIENCE = 8192        /* bytes that may wait behind a full queue before the oldest request is forgotten */
};

void side_expect_head(struct http_side *s)
{
	s->state = HTTP_AT_HEAD;
	s->scanned = 0;
	s->empty_lines = 0;
}

static bool is_held(const struct turn *t)
{
	return t->ev->from == CLIENT && t->c->holding && t->c->hold == t->s->ask.ordinal;
}

/* Eats `n` bytes and tells the message's end. */
void side_end_message(const struct turn *t, size_t n, bool complete)
{
	t->ev->kind = HTTP_MESSAGE_END;
	t->ev->eat = n;
	t->ev->ask = t->s->ask;
	t->ev->complete = complete;
	side_expect_head(t->s);
	if (is_held(t))
		t->s->state = HTTP_HELD;
}

/* Lost right where a head promised no content, or its first chunk. */
static bool is_bare(const struct turn *t, enum http_lost why)
{
	if (t->ev->from == SERVER)
		return why == LOST_CHUNK && !t->s->chunk.any;
	return why == LOST_DESYNC && t->s->messages != 0 && t->s->rule == BODY_NONE && t->s->ask.minor != 9;
}

/* The framing is gone: for good, or until a packet begins with a head.  An answer that was lost while the client waits
 * for it may have ended HTTP, so nothing behind it can be believed. */
void side_lose(const struct turn *t, enum http_lost why)
{
	t->ev->kind = HTTP_LOST;
	t->ev->why_lost = (uint8_t)why;
	t->ev->ask = t->s->ask;
	t->ev->bare = is_bare(t, why);
	t->s->state = HTTP_GONE;
	t->s->scanned = 0;
	if (why == LOST_DESYNC)
		t->ev->odd |= ODD_BIT(DESYNC);
	if (why == LOST_TOO_LONG)
		t->ev->odd |= ODD_BIT(HEAD_TOO_LONG);
	if (why != LOST_HOLE)
		return;
	if (t->ev->from == CLIENT || !t->c->holding)
		t->s->state = HTTP_SEEKING;
	pairs_lost(t->c, t->ev->from);
}

static void no_http(const struct turn *t)
{
	if (t->s->state != HTTP_AT_START) {
		side_lose(t, LOST_DESYNC);
		return;
	}
	t->ev->kind = HTTP_NOT;
	t->s->state = HTTP_GONE;
}

static void take_head(const struct turn *t, enum http_ev kind, size_t used, enum body_rule rule)
{
	t->ev->kind = kind;
	t->ev->eat = used;
	t->ev->head = t->head;
	t->ev->rule = rule;
	t->ev->odd |= t->head->odd;
	t->s->messages++;
	content_begin(t, used, rule);
}

static void leave_end_if_empty(const struct turn *t)
{
	if (t->s->state == HTTP_AT_HEAD || (t->s->state == HTTP_IN_LENGTH && t->head->length == 0))
		content_leave_last_byte(t, false);
}

/* RFC 9112, 6.3: of a length and a coding the coding counts.  Who goes by the length reads another content, and requests that we
 * see in there are none. */
static void weigh_framings(const struct turn *t, size_t used)
{
	struct http_conn *c = t->c;
	const struct head *h = t->head;
	const uint32_t at = (uint32_t)t->in->offset;
	if ((int32_t)(c->other_end - at) <= 0)
		c->two_framings = false;
	c->smuggled = c->two_framings && h->method == METHOD_CONNECT;
	if ((h->odd & ODD_BIT(LENGTH_AND_CHUNKED)) == 0 || !h->length_valid)
		return;
	c->two_framings = true;
	c->other_end = at + (uint32_t)used + (uint32_t)(h->length < INT32_MAX / 2 ? h->length : INT32_MAX / 2);
}

static void take_request(const struct turn *t, size_t used)
{
	struct http_conn *c = t->c;
	const bool connect = t->head->method == METHOD_CONNECT;
	if (pairs_full(c))
		t->ev->odd |= ODD_BIT(PIPELINE_FULL);
	pairs_ask(t->k, c, t->head, &t->s->ask);
	t->ev->ask = t->s->ask;
	weigh_framings(t, used);
	/* RFC 9110, 9.3.6: a CONNECT has no content, whatever its framing fields say. */
	take_head(t, HTTP_REQUEST, used, connect ? BODY_NONE : body_rule_request(t->head));
	if (target_differs_from_host(t->head))
		t->ev->odd |= ODD_BIT(HOST_DIFFERS);
	if (connect || t->s->ask.upgrade) {
		c->holding = true;
		c->held_bytes = c->hasty = false;
		c->hold = t->s->ask.ordinal;
	}
	if (connect)
		t->s->state = HTTP_HELD;
	else
		leave_end_if_empty(t);
}

/* Is the request that this response answers still being sent? */
static bool is_mid_request(const struct http_conn *c, const struct http_ask *ask)
{
	const struct http_side *client = &c->side[CLIENT];
	const bool sending =
	    client->state == HTTP_IN_LENGTH || client->state == HTTP_IN_CHUNKED || client->state == HTTP_ENDING;
	return sending && http_asked(c) != c->answered && client->ask.ordinal == ask->ordinal;
}

static bool is_unasked(const struct turn *t)
{
	const struct http_conn *c = t->c;
	const uint8_t client = c->side[CLIENT].state;
	const bool joined = c->midstream && t->s->messages == 0;
	return http_asked(c) == c->answered && !joined && client != HTTP_SEEKING && client != HTTP_GONE;
}

static void release(struct http_conn *c)
{
	c->holding = false;
	if (c->side[CLIENT].state == HTTP_HELD)
		side_expect_head(&c->side[CLIENT]);
}

static bool answers_the_hold(const struct http_conn *c, const struct http_ask *ask)
{
	return c->holding && ask->known && ask->ordinal == c->hold;
}

/* RFC 9110, 9.3.6 and 15.2.2.  Of pairs in doubt nothing is concluded. */
static bool may_switch(const struct turn *t, const struct http_ask *ask)
{
	const unsigned status = t->head->status;
	if (status == 101)
		return ask->known || http_asked(t->c) == t->c->answered;
	return ask->known && ask->connect && (status / 100 == 2 || status == 0);
}

static void stop_both(const struct turn *t)
{
	for (enum side side = CLIENT; side <= SERVER; side++) {
		struct http_side *s = &t->c->side[side];
		s->resume = s->state;
		s->state = HTTP_STOPPED;
	}
	t->ev->may_switch = true;
}

/* A 1xx, or a 101 (which answers its request for good only if it is accepted). */
static void take_interim(const struct turn *t, size_t used)
{
	take_head(t, HTTP_RESPONSE, used, BODY_NONE);
	t->ev->interim = t->head->status != 101;
	if (!t->ev->interim && may_switch(t, &t->s->ask))
		stop_both(t);
}

static void take_final(const struct turn *t, size_t used)
{
	struct http_conn *c = t->c;
	const struct http_ask *ask = &t->s->ask;
	const bool stops = may_switch(t, ask);
	if (is_mid_request(c, ask))
		t->ev->odd |= ODD_BIT(RESPONSE_EARLY);
	take_head(t, HTTP_RESPONSE, used, body_rule_response(t->head, (enum method)ask->method, ask->known));
	pairs_answered(t->k, c);
	if (stops) {
		stop_both(t);
		return;
	}
	if (answers_the_hold(c, ask))
		release(c);
	leave_end_if_empty(t);
}

static void take_response(const struct turn *t, size_t used)
{
	struct http_ask ask;
	pairs_oldest(t->c, &ask);
	/* RFC 9110, 7.8: the new protocol begins behind the whole request, so a hasty 101 is looked at when that has come. */
	if (t->head->status == 101 && is_mid_request(t->c, &ask)) {
		t->c->hasty = true;
		return;
	}
	if (is_unasked(t))
		t->ev->odd |= ODD_BIT(RESPONSE_UNASKED);
	t->ev->ask = t->s->ask = ask;
	/* What the client sent behind its request while a hasty answer lay there was not sent early. */
	t->ev->held_bytes = answers_the_hold(t->c, &ask) && t->c->held_bytes && !t->c->hasty;
	if (t->head->status / 100 == 1)
		take_interim(t, used);
	else
		take_final(t, used);
}

static void take_parsed(const struct turn *t, size_t used)
{
	if (t->ev->from == CLIENT)
		take_request(t, used);
	else
		take_response(t, used);
}

static enum parsed parse_head(const struct turn *t, size_t *used)
{
	const struct slice in = t->in->bytes;
	size_t scanned = t->s->scanned <= in.len ? t->s->scanned : 0;
	enum parsed p;
	if (t->ev->from == CLIENT)
		p = head_parse_request(in, &scanned, t->head, used);
	else
		p = head_parse_response(in, &scanned, t->head, used);
	t->s->scanned = (uint32_t)scanned;
	return p;
}

/* Empty lines before a message.  True when the step is done. */
static bool pass_empty_lines(const struct turn *t)
{
	const struct slice in = t->in->bytes;
	size_t n = 0;
	unsigned lines = t->s->empty_lines;
	while (n < in.len && lines <= MAX_EMPTY_LINES) {
		const size_t cr = in.at[n] == '\r';
		if (n + cr == in.len || in.at[n + cr] != '\n')
			break;
		n += cr + 1;
		lines++;
	}
	if (n != 0 && lines > QUIET_EMPTY_LINES)
		t->ev->odd |= ODD_BIT(LEADING_EMPTY);
	if (lines > MAX_EMPTY_LINES) {
		no_http(t);
		return true;
	}
	t->s->empty_lines = (uint16_t)lines;
	if (n == 0)
		return in.len == 1 && in.at[0] == '\r' && !t->in->end && !t->in->cut;
	t->ev->kind = HTTP_EAT;
	t->ev->eat = n;
	t->s->until = t->in->offset + n;
	return true;
}

/* What a load balancer says of the client, once, before its first byte.  True when the step is done. */
static bool pass_preface(const struct turn *t)
{
	const struct chunk *in = t->in;
	size_t used = 0;
	if (t->ev->from != CLIENT || t->s->state != HTTP_AT_START || in->offset != 0 || t->c->midstream)
		return false;
	const enum parsed p = balancer_preface(in->bytes, &used);
	if (p == PARSED) {
		t->ev->kind = HTTP_EAT;
		t->ev->eat = used;
		t->s->until = in->offset + used;
	}
	return p == PARSED || (p == PARSE_MORE && !in->end && !in->cut);
}

/* RFC 9113, 3.4.  Whoever begins so and then speaks something else wants to be taken for it.  True when the step is done. */
static bool is_h2(const struct turn *t)
{
	if (t->ev->from != CLIENT || t->s->state != HTTP_AT_START || t->in->bytes.at[0] != 'P')
		return false;
	const enum parsed p = head_is_h2_preface(t->in->bytes);
	if (p == PARSE_MORE && !t->in->end && !t->in->cut)
		return true;
	if (!head_has_h2_magic(t->in->bytes))
		return false;
	if (p == PARSE_NOT_HTTP) {
		no_http(t);
		return true;
	}
	t->ev->kind = HTTP_H2;
	t->s->state = HTTP_GONE;
	return true;
}

/* The answer to a simple request has no head (RFC 1945, 6): all is content.  True when the step is done. */
static bool is_simple_response(const struct turn *t)
{
	struct http_ask ask;
	if (t->ev->from != SERVER || t->s->state != HTTP_AT_START)
		return false;
	pairs_oldest(t->c, &ask);
	if (!ask.known || ask.minor != 9)
		return false;
	const struct slice in = t->in->bytes;
	if (slice_starts(in, SLICE("HTTP/")))
		return false;
	if (slice_starts(SLICE("HTTP/"), in) && !t->in->end && !t->in->cut)
		return true;
	head_begin(t->head, true);
	t->head->minor = 9;
	t->head->odd = ODD_BIT(HTTP09);
	t->ev->ask = t->s->ask = ask;
	take_head(t, HTTP_RESPONSE, 0, BODY_UNTIL_CLOSE);
	pairs_answered(t->k, t->c);
	return true;
}

/* At the end: could what lacks the rest of its first line have become a request that anyone sends? */
static bool is_begun_request(struct slice in)
{
	static const char *const common[] = { "GET ", "POST ", "HEAD ", "PUT ", "CONNECT ", "OPTIONS ", "DELETE ",
		"PATCH ", "TRACE ", "PROPFIND ", "REPORT " };
	if (slice_find(in, '\n') < in.len)
		return true;
	for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
		const struct slice method = { (const uint8_t *)common[i], strlen(common[i]) };
		if (slice_starts(in, method) || slice_starts(method, in))
			return true;
	}
	return false;
}

/* Has the first head come so far that it can be nothing else? */
static bool is_begun_head(const struct turn *t)
{
	const struct slice in = t->in->bytes;
	if (t->s->state != HTTP_AT_START)
		return false;
	if (t->ev->from == SERVER)
		return in.len >= sizeof "HTTP/1.1" && slice_starts(in, SLICE("HTTP/1."));
	const size_t method = slice_find(in, ' ');
	return method + 2 < in.len && is_begun_request(in) && head_maybe_request(in) &&
	       (slice_find(in, '\n') < in.len || in.at[method + 1] == '/' ||
		   slice_starts(slice_from(in, method + 1), SLICE("http")));
}

static void want_more(const struct turn *t)
{
	if (!t->in->cut && !t->in->end)
		return;
	const bool begun = is_begun_head(t);
	if (t->in->cut || begun) {
		side_lose(t, t->in->cut ? LOST_HOLE : LOST_END);
		t->ev->begun = begun;
		t->ev->eat = t->in->bytes.len;
	} else if (t->ev->from == CLIENT && t->s->state == HTTP_AT_START && !is_begun_request(t->in->bytes)) {
		no_http(t);
	}
}

/* A request behind too many unanswered ones waits, but not for ever: maybe only the client's side is seen. */
static bool is_queued_up(const struct turn *t)
{
	if (t->ev->from != CLIENT || t->c->hurried || !pairs_full(t->c))
		return false;
	t->c->hurried = t->in->bytes.len >= PATIENCE || t->in->end || t->in->cut;
	return !t->c->hurried;
}

/* Requests that had to wait for an answer come before the next answer, though both may be there by now. */
static bool is_client_first(const struct turn *t)
{
	const struct http_conn *c = t->c;
	return t->ev->from == SERVER && c->client_behind && http_asked(c) == c->answered &&
	       c->side[CLIENT].state != HTTP_HELD;
}

static void step_head(const struct turn *t)
{
	const struct http_side *s = t->s;
	const bool behind_hole = s->state == HTTP_AT_HEAD ? t->in->offset != s->until : t->in->hole != 0;
	if (behind_hole) {
		side_lose(t, LOST_HOLE);
		return;
	}
	if (t->in->bytes.len == 0 || is_client_first(t))
		return;
	if (is_queued_up(t)) {
		t->c->client_behind = true;
		return;
	}
	if (is_simple_response(t))
		return;
	if (s->scanned == 0 && (pass_preface(t) || pass_empty_lines(t) || is_h2(t)))
		return;
	/* Behind a simple request nothing may come. */
	if (t->ev->from == CLIENT && s->messages != 0 && s->ask.minor == 9) {
		no_http(t);
		return;
	}
	size_t used = 0;
	switch (parse_head(t, &used)) {
	case PARSED:
		if (t->head->odd & ODD_BIT(HTTP09) && s->state != HTTP_AT_START)
			no_http(t);
		else
			take_parsed(t, used);
		break;
	case PARSE_MORE:
		want_more(t);
		break;
	case PARSE_TOO_LONG:
		side_lose(t, LOST_TOO_LONG);
		break;
	case PARSE_NOT_HTTP:
		no_http(t);
		break;
	}
}

static bool is_plausible(const struct head *h)
{
	return (h->odd & (ODD_BIT(REQUEST_LINE) | ODD_BIT(STATUS_LINE) | ODD_BIT(VERSION) | ODD_BIT(HTTP09))) == 0;
}

/* Looks for a head at the beginning of what is shown: of a packet, since everything before was eaten. */
static void step_seeking(const struct turn *t)
{
	const struct slice in = t->in->bytes;
	if (in.len == 0)
		return;
	size_t used = 0;
	const enum parsed p = parse_head(t, &used);
	if (p == PARSED && is_plausible(t->head)) {
		side_expect_head(t->s);
		t->s->until = t->in->offset;
		pairs_found(t->c, t->ev->from);
		take_parsed(t, used);
		return;
	}
	if (p == PARSE_MORE && !t->in->cut && !t->in->end && slice_find(in, '\n') < in.len)
		return;
	t->s->scanned = 0;
	t->ev->kind = HTTP_EAT;
	t->ev->eat = in.len;
}

static void step_gone(const struct turn *t)
{
	if (t->in->bytes.len == 0)
		return;
	t->ev->kind = HTTP_EAT;
	t->ev->eat = t->in->bytes.len;
}

static void step(const struct turn *t)
{
	switch ((enum http_state)t->s->state) {
	case HTTP_AT_START:
	case HTTP_AT_HEAD:
		step_head(t);
		break;
	case HTTP_IN_LENGTH:
		content_step_length(t);
		break;
	case HTTP_IN_CHUNKED:
		content_step_chunked(t);
		break;
	case HTTP_TO_CLOSE:
		content_step_to_close(t);
		break;
	case HTTP_ENDING:
		content_step_ending(t);
		break;
	case HTTP_HELD:
		t->c->held_bytes |= t->in->bytes.len != 0;
		t->c->client_behind = t->c->held_bytes;
		break;
	case HTTP_STOPPED:
		break;
	case HTTP_SEEKING:
		step_seeking(t);
		break;
	case HTTP_GONE:
		step_gone(t);
		break;
	}
}

void http_conn_init(struct http_conn *c, bool midstream)
{
	*c = (struct http_conn){ .midstream = midstream };
}

void http_conn_fini(struct http_kit *k, struct http_conn *c)
{
	pairs_end(k, c);
}

bool http_kit_init(struct http_kit *k, size_t connections, struct err *e)
{
	return pool_init(&k->queues, "unanswered requests", MAX_PIPELINE, connections, e);
}

void http_kit_fini(struct http_kit *k)
{
	pool_fini(&k->queues);
}

void http_next(struct http_kit *k, struct http_conn *c, const struct chunk *in, struct http_event *ev)
{
	struct http_side *s = &c->side[in->from];
	*ev = (struct http_event){ .from = in->from, .offset = in->offset, .t = in->t };
	const struct turn t = { k, c, s, in, &k->head, ev };
	const uint8_t before = s->state;
	if (in->from == CLIENT)
		c->client_behind = false;
	step(&t);
	if (never(ev->eat > in->bytes.len))
		ev->eat = in->bytes.len;
	if (never(ev->kind != HTTP_WAIT && ev->eat == 0 && s->state == before))
		ev->kind = HTTP_WAIT;
}

void http_refused(struct http_conn *c)
{
	for (enum side side = CLIENT; side <= SERVER; side++)
		if (c->side[side].state == HTTP_STOPPED)
			c->side[side].state = c->side[side].resume;
	/* Was the answer to the hold a final one?  Then it holds no longer; a 101 leaves its request unanswered. */
	if (answers_the_hold(c, &c->side[SERVER].ask) && http_asked(c) == c->answered)
		release(c);
}

void http_restart(struct http_conn *c, enum side from)
{
	struct http_side *s = &c->side[from];
	side_expect_head(s);
	s->state = HTTP_AT_START;
}

void http_want_bodies(struct http_conn *c, enum side from, bool want)
{
	c->side[from].wants_bodies = want;
}

bool http_holds(const struct http_conn *c)
{
	return c->side[CLIENT].state == HTTP_HELD;
}

bool http_doubts_hold(const struct http_conn *c, bool over)
{
	return c->smuggled && http_holds(c) && (over || c->side[SERVER].state == HTTP_TO_CLOSE);
}

const char *http_state_name(enum http_state s)
{
	static const char *const names[] = {
		[HTTP_AT_START] = "at-start",
		[HTTP_AT_HEAD] = "at-head",
		[HTTP_IN_LENGTH] = "in-length",
		[HTTP_IN_CHUNKED] = "in-chunked",
		[HTTP_TO_CLOSE] = "to-close",
		[HTTP_ENDING] = "ending",
		[HTTP_HELD] = "held",
		[HTTP_STOPPED] = "stopped",
		[HTTP_SEEKING] = "seeking",
		[HTTP_GONE] = "gone",
	};
	return (unsigned)s < sizeof names / sizeof *names ? names[s] : "";
}

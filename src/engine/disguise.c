/* disguise -- was HTTP only on the surface?  An exchange that looks like HTTP, no handshake, and then bytes that no HTTP
 * parser accepts: so do tunnels that put a fake head before their first bytes, and so do broken clients, broken servers and
 * those who try to smuggle.
 *
 * The client's bytes must be no request where a request should begin; that alone is never enough.  The server must be a
 * second witness, by one of these:
 *
 *   it promised chunks and sends none     and the client's bytes followed a head without content: at once when both sides'
 *                                         bytes can be named or look like a cipher's, else after a turn when the client's do;
 *   it replies what is no HTTP            to what the client sent when all was answered: at once when the reply can be named
 *                                         or looks like a cipher's (an alert of TLS, which refuses, is none), else after a
 *                                         turn, if the reply is no text: old servers answer junk with a page or a line
 *                                         without a head, each time;
 *   it says more than its length          after a turn, when the client's can be named or look like a cipher's: that is what
 *                                         broken servers do;
 *   its content goes on                   (until the close, or a length not yet reached), after a 2xx: when the client's
 *                                         bytes can be named, and the server's can, too, or after a turn (but in TLS the
 *                                         client speaks first: not when the content had begun before); or after a turn
 *                                         when both look like a cipher's and the client's followed a head without content.
 *                                         After any other status, or none (HTTP/0.9): when both can be named, after a turn.
 *
 * A turn: after the server said what may be no HTTP, the client spoke again and the server after it, neither with a head of
 * HTTP; not worth anything where the client's bytes may be the rest of content that was longer than it said.  Whoever
 * returns to HTTP never left it, and a server that answers more than was asked has read the junk as a request: then nothing
 * more is looked for.  Meanwhile the bytes are held, so that the channel can be named from its first.
 *
 * But what it answered may have been a handshake, which its framing shows and ours does not: when such an answer accepts one, and
 * the client then goes on with what is no request, both readings stand. */
#include "engine/watch.h"

enum {
	HOLD_MOST = MAX_CHANNEL_LOOK,
	HEAD_LEAST = 16, /* a burst that is shorter is no request and no response */
	TURN = 2,
	BOTH_SIDES = 3
};

#define BIT(side) ((uint8_t)(1 << (side)))

static uint64_t end_of(const struct watch *w, enum side side)
{
	return side_seen(&w->stream.side[side]);
}

static bool is_all_answered(const struct watch *w)
{
	const struct http_conn *c = &w->top.http;
	return http_asked(c) == c->answered || w->status == 101;
}

static struct mask *mask_new(const struct seat *at, enum side from)
{
	struct watch *w = at->w;
	struct mask *m = pool_take(&at->p->masks);
	if (m == NULL) {
		w->dossier.doubts |= DOUBT_CAP;
		return NULL;
	}
	*m = (struct mask){ .speaker = (uint8_t)from };
	for (enum side side = CLIENT; side <= SERVER; side++)
		m->heard[side] = m->burst[side] = end_of(w, side);
	further_of(at->p, &w->top)->mask = m;
	return m;
}

static void hear_foreign_answer(struct mask *m, uint64_t offset)
{
	if (m->foreign_answer)
		return;
	m->foreign_answer = true;
	m->at[SERVER] = offset;
	m->turns = 0;
}

void disguise_lost(const struct seat *at, const struct http_event *ev)
{
	struct watch *w = at->w;
	const enum side from = ev->from;
	if ((ev->why_lost != LOST_DESYNC && ev->why_lost != LOST_CHUNK) || w->top.http.side[from].messages == 0)
		return;
	struct mask *m = w->top.further->mask != NULL ? w->top.further->mask : mask_new(at, from);
	if (m == NULL)
		return;
	m->lost |= BIT(from);
	if (ev->bare)
		m->bare |= BIT(from);
	if (from == SERVER) {
		hear_foreign_answer(m, ev->offset);
		return;
	}
	m->at[CLIENT] = m->burst[CLIENT] = ev->offset;
	m->waited = is_all_answered(w);
	m->reply = m->waited && w->top.http.side[SERVER].state == HTTP_AT_HEAD;
}

void disguise_head(const struct seat *at, const struct http_event *ev)
{
	struct watch *w = at->w;
	struct mask *m = w->top.further->mask;
	if (ev->kind == HTTP_RESPONSE && !ev->interim)
		w->status = ev->head->status;
	if (m == NULL)
		return;
	m->over |= ev->kind == HTTP_REQUEST && (m->lost & BIT(SERVER)) != 0;
	if (ev->kind != HTTP_RESPONSE || ev->interim || (m->lost & BIT(CLIENT)) == 0 || ev->ask.known)
		return;
	m->over = true;
	m->past = ev->head->status / 100 == 2 || ev->head->status == 101;
	m->burst[CLIENT] = end_of(w, CLIENT);
}

/* Whether these bytes of the client are held until it is known. */
static bool holds_past(const struct seat *at, struct mask *m, const struct chunk *in)
{
	const uint64_t end = in->offset + in->bytes.len;
	if (end <= m->burst[CLIENT])
		return false;
	const struct slice next =
	    slice_from(in->bytes, in->offset < m->burst[CLIENT] ? (size_t)(m->burst[CLIENT] - in->offset) : 0);
	const bool asks = head_maybe_request(next);
	if (asks && !first_line_is_whole(next) && !in->end && !in->cut)
		return true;
	m->past = false;
	if (!asks)
		at->w->dossier.doubts |= DOUBT_READINGS;
	return false;
}

/* What is held of one side; empty when nothing is. */
static struct slice held(const struct seat *at, enum side side)
{
	const struct watch *w = at->w;
	struct chunk in;
	const bool foreign =
	    (w->top.further->mask->lost & BIT(side)) != 0 || (side == SERVER && w->top.further->mask->foreign_answer);
	if (side == SERVER && w->top.further->mask->midway)
		return (struct slice){ NULL, 0 };
	if (!foreign || (w->top.further->mask->spilled & BIT(side)) != 0 ||
	    !stream_peek(&at->p->streams, &w->stream, side, &in))
		return (struct slice){ NULL, 0 };
	return in.bytes;
}

/* The side that spoke until now has done: was that HTTP again? */
static bool is_http_again(const struct seat *at, enum side side)
{
	const struct watch *w = at->w;
	const struct mask *m = w->top.further->mask;
	const uint64_t read = side_read(&w->stream.side[side]);
	if ((m->lost & BIT(side)) == 0 || m->burst[side] < read)
		return false;
	const struct slice burst = slice_from(held(at, side), (size_t)(m->burst[side] - read));
	if (burst.len < HEAD_LEAST)
		return false;
	return side == CLIENT ? head_maybe_request(burst) : head_maybe_response(burst);
}

void disguise_hear(const struct seat *at)
{
	struct watch *w = at->w;
	struct mask *m = w->top.further->mask;
	for (enum side side = CLIENT; side <= SERVER && !m->over; side++) {
		if (end_of(w, side) <= m->heard[side])
			continue;
		if (m->speaker != side) {
			m->over |= is_http_again(at, OTHER(side));
			m->speaker = (uint8_t)side;
			m->burst[side] = m->heard[side];
			if (m->turns < UINT8_MAX)
				m->turns++;
		}
		m->heard[side] = end_of(w, side);
	}
}

/* Within content whose end is not at hand? */
static bool is_in_content(const struct watch *w, uint64_t end)
{
	const struct http_side *s = &w->top.http.side[SERVER];
	return s->state == HTTP_TO_CLOSE || (s->state == HTTP_IN_LENGTH && s->until > end);
}

/* The first content that is looked at: does content begin here? */
static bool begins_midway(const struct watch *w, uint64_t offset)
{
	const struct http_side *s = &w->top.http.side[SERVER];
	return s->state == HTTP_TO_CLOSE ? s->until != offset : w->top.further->mask->waited;
}

bool disguise_holds(const struct seat *at, enum side side, const struct chunk *in)
{
	struct watch *w = at->w;
	struct mask *m = w->top.further->mask;
	if (m->past && side == CLIENT && in->hole == 0)
		return holds_past(at, m, in);
	m->over |= in->cut || in->hole != 0;
	if (m->over || (m->spilled & BIT(side)) != 0 || in->bytes.len == 0)
		return false;
	if ((m->lost & BIT(side)) == 0) {
		const bool client_lost = (m->lost & BIT(CLIENT)) != 0;
		if (side == CLIENT || !client_lost || !is_in_content(w, in->offset + in->bytes.len))
			return false;
		if (!m->foreign_answer)
			m->midway = begins_midway(w, in->offset);
		hear_foreign_answer(m, in->offset);
		if (m->midway)
			return false;
	}
	if (channel_is_opaque(in->bytes))
		m->opaque |= BIT(side);
	if (in->bytes.len > HOLD_MOST)
		m->spilled |= BIT(side);
	return in->bytes.len <= HOLD_MOST;
}

/* An alert of TLS and nothing else: the server wants none of it. */
static bool is_alert(struct slice s)
{
	return s.len != 0 && s.len <= 7 && s.at[0] == 21;
}

static bool is_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] >= 0x7f || (s.at[i] < ' ' && s.at[i] != '\t' && s.at[i] != '\r' && s.at[i] != '\n'))
			return false;
	return true;
}

/* HTTP is no other protocol than HTTP. */
static bool is_named(struct slice client, struct slice server)
{
	const char *name = client.len + server.len != 0 ? channel_sign(client, server) : NULL;
	return name != NULL && strcmp(name, "http") != 0;
}

/* What may tell a disguise, by side: bytes that can be named, bytes like a cipher's. */
struct looks {
	bool named, opaque; /* the client's, the server's taken in for the name */
	bool greets;        /* the server's can be named by themselves */
	bool foreign;       /* or look like a cipher's */
	bool text;          /* the server's are nothing else */
	bool late;          /* the client's is a hello of TLS, and the server had begun before */
	bool bare, turned;
};

/* The server's framing is lost too. */
static bool is_convicted_by_loss(const struct mask *m, const struct looks *l)
{
	const bool turned = l->turned && (l->bare || m->waited);
	if (m->bare & BIT(SERVER))
		return (turned || (l->bare && l->foreign)) && (l->named || l->opaque);
	if (m->reply)
		return (turned && !l->text) || l->foreign;
	return turned && (l->named || l->opaque);
}

/* The server's bytes are what its head promised: content that goes on.  What is no success, or HTTP/0.9's answer that has no head,
 * has to show more: pages say what went wrong. */
static bool is_convicted_by_content(const struct watch *w, const struct looks *l)
{
	if (w->top.further->mask->speaker != SERVER)
		return false;
	if (w->status / 100 != 2)
		return l->named && !l->late && l->greets && l->turned;
	if (l->named && !l->late)
		return l->foreign || l->turned;
	return l->turned && l->bare && w->top.further->mask->opaque == BOTH_SIDES;
}

static bool is_disguise(const struct seat *at)
{
	const struct watch *w = at->w;
	struct mask *m = w->top.further->mask;
	const struct http_side *server_side = &w->top.http.side[SERVER];
	if ((m->lost & BIT(CLIENT)) == 0 || (w->status == 0 && server_side->state != HTTP_TO_CLOSE))
		return false;
	/* Content that nobody needed to see goes by unseen. */
	if (!m->foreign_answer && m->speaker == SERVER && server_side->state == HTTP_TO_CLOSE &&
	    side_read(&w->stream.side[SERVER]) > server_side->until) {
		hear_foreign_answer(m, server_side->until);
		m->midway = true;
	}
	if (!m->foreign_answer)
		return false;
	const struct slice none = { NULL, 0 }, client = held(at, CLIENT), server = held(at, SERVER);
	const bool greets = is_named(none, server) && !is_alert(server);
	const struct looks looks = {
		.named = is_named(client, none) || (client.len != 0 && server.len != 0 && is_named(client, server)),
		.opaque = (m->opaque & BIT(CLIENT)) != 0,
		.greets = greets,
		.foreign = greets || (m->opaque & BIT(SERVER)) != 0,
		.text = is_text(server),
		.late = m->midway && client.len > 2 && client.at[0] == 22 && client.at[1] == 3,
		.bare = (m->bare & BIT(CLIENT)) != 0,
		.turned = m->turns >= TURN,
	};
	return m->lost == BOTH_SIDES ? is_convicted_by_loss(m, &looks) : is_convicted_by_content(w, &looks);
}

/* The channel begins where HTTP ended on each side, though that may be gone by. */
static void unmask(const struct seat *at)
{
	struct watch *w = at->w;
	struct dialogue *d = &w->top;
	const struct mask *m = w->top.further->mask;
	const struct http_event lost = { .kind = HTTP_LOST, .from = CLIENT, .offset = m->at[CLIENT], .t = at->t };
	struct handshake *h = &further_of(at->p, d)->shake;
	if (h->records == NULL) {
		h->records = pool_take(&at->p->records);
		h->count = 0;
	}
	hs_disguised(h, &lost, &w->dossier);
	if (h->records != NULL && h->count != 0)
		tell_handshake(at, d, &h->records[h->count - 1]);
	const struct slice client = held(at, CLIENT), server = held(at, SERVER);
	begin_channel(at, d, &lost);
	if (d->further->relay == NULL)
		return;
	d->further->relay->at[CLIENT] = m->at[CLIENT];
	d->further->relay->at[SERVER] = m->at[SERVER];
	if (m->spilled == 0)
		return;
	channel_unknown(&d->further->relay->channel, client.len > server.len ? client : server);
	settle(at);
	judging_at(at, MOMENT_CHANNEL);
}

bool disguise_weigh(const struct seat *at, bool over)
{
	struct watch *w = at->w;
	struct mask *m = w->top.further->mask;
	if (m->over)
		return false;
	m->over = over || (w->dossier.doubts & DOUBT_GAP) != 0 || w->top.further->shake.state != HS_HTTP;
	const bool can_be = (w->dossier.doubts & DOUBT_GAP) == 0 && w->top.further->shake.state == HS_HTTP;
	if (can_be && is_disguise(at)) {
		m->over = true;
		unmask(at);
	}
	return m->over;
}

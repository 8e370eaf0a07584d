#include "stream/inside.h"

enum {
	SMALL = 1024,
	MEDIUM = 8192,
	LEAST = 64,
	SPARE = 8,            /* conversations, beyond those in the table */
	LEAST_WAITING = 1024, /* blocks, however few conversations are held */
	SYN_IDLE_S = 60,
	OPEN_IDLE_S = 300 /* packet time after which a SYN begins anew */
};

static size_t at_least(size_t n, size_t least)
{
	return n > least ? n : least;
}

/* Most conversations leave less than a head unread and lose nothing; the shares are by that. */
bool stream_kit_init(struct stream_kit *k, size_t flows, enum overlap_policy policy, struct err *e)
{
	*k = (struct stream_kit){ .policy = policy };
	const bool ready =
	    pool_init(&k->small, "stream buffers of 1 KiB", SMALL, at_least(flows / 2, LEAST), e) &&
	    pool_init(&k->medium, "stream buffers of 8 KiB", MEDIUM, at_least(flows / 16, LEAST), e) &&
	    pool_init(&k->large, "stream buffers of 64 KiB", MAX_FLOW_BUFFER, at_least(flows / 64, LEAST), e) &&
	    pool_init(&k->waiting, "waiting segments", WAITING_BLOCK, at_least(flows / 8, LEAST_WAITING), e) &&
	    pool_init(&k->unrests, "sides that are not at rest", sizeof(struct unrest), 2 * (flows + SPARE), e);
	if (!ready)
		stream_kit_fini(k);
	return ready;
}

void stream_kit_fini(struct stream_kit *k)
{
	pool_fini(&k->small);
	pool_fini(&k->medium);
	pool_fini(&k->large);
	pool_fini(&k->waiting);
	pool_fini(&k->unrests);
}

size_t stream_kit_reserved(const struct stream_kit *k)
{
	return pool_reserved(&k->small) + pool_reserved(&k->medium) + pool_reserved(&k->large) +
	       pool_reserved(&k->waiting) + pool_reserved(&k->unrests);
}

/* A larger one that serves instead is not worth telling, unless that is not there either. */
uint64_t stream_kit_refused(const struct stream_kit *k)
{
	return k->large.refused + k->waiting.refused;
}

void stream_init(struct stream *s, const struct segment *first)
{
	const enum way back = first->way == LO_TO_HI ? HI_TO_LO : LO_TO_HI;
	const bool syn = (first->flags & (TCP_SYN | TCP_RST | TCP_FIN)) == TCP_SYN;
	s->client_way = (uint8_t)(syn && first->flags & TCP_ACK ? back : first->way);
	s->sides_known = syn;
	s->midstream = !syn;
	s->side[CLIENT].unrest = s->side[SERVER].unrest = &stream_calm;
}

static void forget_bytes(struct stream_kit *k, struct stream_side *x)
{
	order_read(k, x, side_unread(x));
	waiting_drop(k, x);
	side_forget_hole(x);
}

void stream_fini(struct stream_kit *k, struct stream *s)
{
	for (enum side side = CLIENT; side <= SERVER; side++) {
		forget_bytes(k, &s->side[side]);
		unrest_end(k, &s->side[side]);
	}
}

void stream_swap(struct stream *s)
{
	const struct stream_side was_client = s->side[CLIENT];
	s->side[CLIENT] = s->side[SERVER];
	s->side[SERVER] = was_client;
	s->client_way = s->client_way == LO_TO_HI ? HI_TO_LO : LO_TO_HI;
	const uint16_t stamp = s->stamp[CLIENT];
	s->stamp[CLIENT] = s->stamp[SERVER];
	s->stamp[SERVER] = stamp;
}

static bool is_idle(int64_t last, int64_t now, int64_t seconds)
{
	const int64_t limit = seconds * 1000000000;
	return now > last && (uint64_t)now - (uint64_t)last > (uint64_t)limit;
}

bool stream_reopens(const struct stream *s, const struct segment *seg, int64_t last)
{
	if ((seg->flags & (TCP_SYN | TCP_RST | TCP_FIN)) != TCP_SYN)
		return false;
	const enum side from = stream_side_of(s, seg);
	const struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	if (x->flags & SIDE_ANCHORED && x->isn == seg->seq + 1)
		return false;
	if (seg->flags & TCP_ACK)
		return o->flags & SIDE_LIVE_SYN && seg->ack == o->unrest->live_syn + 1 && s->state >= STREAM_OPEN;
	switch ((enum stream_state)s->state) {
	case STREAM_CLOSING:
	case STREAM_CLOSED:
	case STREAM_RESET:
		return true;
	case STREAM_SYN:
		return !(o->flags & SIDE_SPOKE) && is_idle(last, seg->t, SYN_IDLE_S);
	case STREAM_OPEN:
		return is_idle(last, seg->t, OPEN_IDLE_S);
	case STREAM_NEW:
		break;
	}
	return false;
}

/* Without a SYN, whoever sends data first is taken for the client; the carrier may know better by what it says. */
static void guess_client(struct stream *s, const struct segment *seg)
{
	if (!s->midstream || s->sides_known || seg->payload.len == 0 || stream_side_of(s, seg) == CLIENT)
		return;
	const struct stream_side *c = &s->side[CLIENT], *v = &s->side[SERVER];
	if (!((c->flags | v->flags) & SIDE_DATA) && c->unrest->fin == NO_FIN && v->unrest->fin == NO_FIN)
		stream_swap(s);
}

uint64_t stream_push(
    struct stream_kit *k, struct stream *s, const struct segment *seg, enum side *odd_from, uint64_t *odd_at)
{
	struct odds odds = { 0 };
	guess_client(s, seg);
	/* A packet that was not settled is gone, its bytes must not be read. */
	for (enum side side = CLIENT; side <= SERVER; side++)
		if (never(s->side[side].packet_len != 0))
			order_drop_unread(k, &s->side[side]);
	tcp_take(k, s, seg, stream_side_of(s, seg), &odds);
	if (odds.bits != 0) {
		*odd_from = odds.from;
		*odd_at = odds.at;
	}
	return odds.bits;
}

bool stream_matters(const struct stream *s, const struct segment *seg)
{
	if (seg->flags & (TCP_SYN | TCP_FIN | TCP_RST))
		return true;
	const enum side from = stream_side_of(s, seg);
	const struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	if (x->flags & SIDE_COUNT)
		return false;
	if (seg->payload.len == 0)
		return !(o->flags & SIDE_ANCHORED) || o->next >= o->dull;
	if (!(x->flags & SIDE_ANCHORED))
		return true;
	const int64_t at = side_offset(x, seg->seq), end = at + (int64_t)seg->payload.len;
	if (end <= (int64_t)x->next)
		return order_is_compared(x, (uint64_t)at, (uint64_t)end);
	return x->next >= x->dull || (uint64_t)end > x->dull;
}

static bool is_closed(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return x->next >= u->fin || (x->flags & SIDE_OVER && u->waiting == NULL && u->lost <= x->next);
}

static struct slice shown(const struct stream_kit *k, const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	if (u->left_len != 0)
		return (struct slice){ u->left + u->left_at, u->left_len };
	return side_packet(k, x);
}

/* Nothing unread, waiting, lost or ended. */
static bool lacks_nothing(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return is_calm(x) || (u->left_len == 0 && u->waiting == NULL && u->hole == 0 && u->fin == NO_FIN &&
				 u->lost <= x->next && u->end_seen <= x->next);
}

/* Established, and that. */
static bool is_at_rest(const struct stream_side *x)
{
	const unsigned must = SIDE_SPOKE | SIDE_ANCHORED | SIDE_FIRM;
	const unsigned must_not = SIDE_GUESS | SIDE_HELD | SIDE_OVER | SIDE_RESET;
	return (x->flags & (must | must_not)) == must && x->packet_len == 0 && lacks_nothing(x);
}

/* A third of what a segment costs otherwise. */
bool stream_glide(struct stream *s, const struct segment *seg, enum side from)
{
	struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	const unsigned flags = seg->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_URG | TCP_ACK);
	if (flags != TCP_ACK || seg->cut != 0 || s->state != STREAM_OPEN || !is_at_rest(x) || !is_at_rest(o) ||
	    seg->seq != x->isn + (uint32_t)x->next)
		return false;
	const uint64_t end = x->next + seg->payload.len, passed = end + (x->flags & SIDE_MARK ? 1 : 0);
	const int64_t acked = side_offset(o, seg->ack);
	if ((seg->payload.len != 0 && passed > x->dull) || acked < (int64_t)o->acked ||
	    acked > (int64_t)max_u64(o->next, o->acked))
		return false;
	if ((uint64_t)acked > o->acked) {
		o->acked = (uint64_t)acked;
		if (!is_calm(o))
			unrest_held(o)->wild_count = 0;
	}
	x->window = seg->window;
	if (seg->payload.len != 0) {
		x->flags |= SIDE_DATA;
		x->next = end;
	}
	return true;
}

/* Neither bytes nor anything to tell.  A quick no is all that most packets need. */
static bool shows_nothing(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return x->packet_len == 0 && !(x->flags & SIDE_OVER) && !(x->flags & SIDE_MARK && x->next >= x->dull) &&
	       (is_calm(x) || (u->left_len == 0 && u->hole == 0 && x->next < u->fin));
}

bool stream_quiet(const struct stream *s)
{
	const struct stream_side *c = &s->side[CLIENT], *v = &s->side[SERVER];
	return shows_nothing(c) && shows_nothing(v) && order_stands(c) && order_stands(v);
}

static bool shows_end(const struct stream_side *x, size_t len)
{
	return is_closed(x) && side_read(x) + len == x->next;
}

bool stream_peek(const struct stream_kit *k, const struct stream *s, enum side from, struct chunk *out)
{
	const struct stream_side *x = &s->side[from];
	if (x->flags & SIDE_COUNT || shows_nothing(x))
		return false;
	const struct slice bytes = shown(k, x);
	const bool end = shows_end(x, bytes.len);
	const uint64_t read = side_read(x);
	const bool mark = x->flags & SIDE_MARK && read >= x->dull;
	if (bytes.len == 0 && x->unrest->hole == 0 && !mark && (!end || x->flags & SIDE_END_TOLD))
		return false;
	*out = (struct chunk){
		.from = from,
		.bytes = bytes,
		.offset = read,
		.hole = x->unrest->hole,
		.end = end,
		.cut = bytes.len == side_unread(x) && bytes.len != 0 && x->unrest->lost > x->next,
	};
	return true;
}

void stream_eat(struct stream_kit *k, struct stream *s, enum side from, size_t n)
{
	struct stream_side *x = &s->side[from];
	const size_t len = shown(k, x).len;
	if (never(n > len))
		n = len;
	if (len == 0 && shows_end(x, 0))
		x->flags |= SIDE_END_TOLD;
	if (side_read(x) >= x->dull)
		x->flags &= (uint16_t)~SIDE_MARK;
	side_forget_hole(x);
	order_read(k, x, n);
	order_go_on(k, x);
}

void stream_skip(struct stream_kit *k, struct stream *s, enum side from, uint64_t n)
{
	struct stream_side *x = &s->side[from];
	if (n == 0 || x->flags & SIDE_COUNT)
		return;
	const uint64_t read = side_read(x), upto = n > UINT64_MAX - read ? UINT64_MAX : read + n;
	side_forget_hole(x);
	x->flags |= SIDE_MARK;
	order_skip(k, x, upto);
}

bool stream_settle(struct stream_kit *k, struct stream *s)
{
	bool kept = true;
	if (!stream_quiet(s)) {
		const bool client = order_settle(k, &s->side[CLIENT]);
		kept = order_settle(k, &s->side[SERVER]) && client;
	}
	if (!is_calm(&s->side[CLIENT]))
		unrest_leave(k, &s->side[CLIENT]);
	if (!is_calm(&s->side[SERVER]))
		unrest_leave(k, &s->side[SERVER]);
	return kept;
}

uint64_t stream_finish(struct stream_kit *k, struct stream *s)
{
	uint64_t odd = 0;
	for (enum side side = CLIENT; side <= SERVER; side++)
		if (!(s->side[side].flags & SIDE_COUNT) && order_finish(k, &s->side[side]))
			odd |= ODD_BIT(HOLE);
	return odd;
}

void stream_count_only(struct stream_kit *k, struct stream *s)
{
	for (enum side side = CLIENT; side <= SERVER; side++) {
		struct stream_side *x = &s->side[side];
		forget_bytes(k, x);
		x->flags = (uint16_t)((x->flags | SIDE_COUNT) & ~SIDE_HELD);
		x->next = side_seen(x);
		x->dull = UINT64_MAX;
		if (!is_calm(x))
			unrest_leave(k, x);
	}
}

uint64_t stream_total(const struct stream *s, enum side from)
{
	return max_u64(side_seen(&s->side[from]), s->side[from].acked);
}

bool stream_spoke(const struct stream *s, enum side from)
{
	return s->side[from].flags & SIDE_SPOKE;
}

const char *stream_state_name(enum stream_state s)
{
	static const char *const names[] = {
		[STREAM_NEW] = "new",
		[STREAM_SYN] = "syn",
		[STREAM_OPEN] = "open",
		[STREAM_CLOSING] = "closing",
		[STREAM_CLOSED] = "closed",
		[STREAM_RESET] = "reset",
	};
	return names[s];
}

/* Places in a pool, found by tags, and in one list by age: all have the same time to live, so the oldest is always the next to
 * go. */
#include "flow/knock.h"

#include <stdlib.h>
#include <string.h>
#include "base/pool.h"
#include "base/tags.h"

enum {
	HIS_WAY = 1,
	HAS_STAMP = 2,
	HAS_MD5 = 4,
	HAS_CARRIER = 8,
	PLACES_MAX = 1 << 28,
	CROWDED_EIGHTHS = 6,
	FETCH_AHEAD = 8
};

struct place {
	struct flow_key key;
	uint32_t seq;
	int64_t t;
	uint32_t ts_value, second; /* second: of the clock, when it came */
	uint16_t window;
	int8_t window_shift;
	uint8_t ttl, flags, bits, interface, tcp_len;
	uint32_t tag, older, younger; /* places by number, from 1 on; 0: none */
	uint32_t carrier_id;
	uint32_t turn_low;
	uint8_t turn_high[3];
	uint8_t carrier;
};

_Static_assert(sizeof(struct place) == KNOCK_SIZE, "a flood pays for each byte");

struct knocks {
	struct pool places;
	struct tags tags;
	uint32_t oldest, youngest;
	uint32_t ahead, lead; /* knocks_ahead: as far as it came, 0: nowhere; so many behind the oldest, or less */
};

static bool knocks_init(struct knocks *k, size_t most, struct err *e)
{
	static const char what[] = "half-open conversations";
	if (most > PLACES_MAX)
		return err_set(e, what, "%zu cannot be held", most);
	if (!pool_init(&k->places, what, sizeof(struct place), most, e))
		return false;
	pool_of_large_pages(&k->places);
	return tags_init(&k->tags, what, most, e);
}

struct knocks *knocks_new(size_t most, struct err *e)
{
	struct knocks *k = calloc(1, sizeof *k);
	if (k == NULL) {
		err_set_sys(e, "half-open conversations", "no memory");
		return NULL;
	}
	if (knocks_init(k, most, e))
		return k;
	knocks_free(k);
	return NULL;
}

void knocks_free(struct knocks *k)
{
	if (k == NULL)
		return;
	tags_fini(&k->tags);
	pool_fini(&k->places);
	free(k);
}

static struct place *place_at(const struct knocks *k, uint32_t number)
{
	return (struct place *)(void *)(k->places.blocks + (size_t)(number - 1) * k->places.size);
}

static uint32_t number_of(const struct knocks *k, const struct place *p)
{
	return (uint32_t)pool_number(&k->places, p) + 1;
}

bool knock_fits(const struct segment *s)
{
	return (s->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST | TCP_URG)) == TCP_SYN && s->payload.len == 0 &&
	       s->cut == 0 && s->encap.count <= 1 && s->tcp.len <= UINT8_MAX;
}

static void write_place(struct place *p, const struct segment *s, unsigned interface)
{
	p->key = s->key;
	p->seq = s->seq;
	p->t = s->t;
	p->ts_value = s->ts_value;
	p->window = s->window;
	p->window_shift = s->window_shift;
	p->ttl = s->ttl;
	p->flags = s->flags;
	p->bits = (uint8_t)((s->way == HI_TO_LO ? HIS_WAY : 0) | (s->has_timestamp ? HAS_STAMP : 0) |
			    (s->has_md5 ? HAS_MD5 : 0) | (s->encap.count != 0 ? HAS_CARRIER : 0));
	p->interface = (uint8_t)interface;
	p->tcp_len = (uint8_t)s->tcp.len;
	p->turn_low = (uint32_t)s->turn;
	for (unsigned i = 0; i < sizeof p->turn_high; i++)
		p->turn_high[i] = (uint8_t)(s->turn >> (32 + 8 * i));
	if (s->encap.count == 0)
		return;
	p->carrier = s->encap.kind[0];
	p->carrier_id = s->encap.id[0];
}

static void read_place(const struct place *p, struct knock *out)
{
	out->interface = p->interface;
	out->tag = p->tag;
	out->syn = (struct segment){
		.key = p->key,
		.way = p->bits & HIS_WAY ? HI_TO_LO : LO_TO_HI,
		.seq = p->seq,
		.window = p->window,
		.flags = p->flags,
		.ttl = p->ttl,
		.window_shift = p->window_shift,
		.has_timestamp = p->bits & HAS_STAMP,
		.has_md5 = p->bits & HAS_MD5,
		.ts_value = p->ts_value,
		.t = p->t,
		.turn = p->turn_low,
		.tcp = { NULL, p->tcp_len },
	};
	for (unsigned i = 0; i < sizeof p->turn_high; i++)
		out->syn.turn |= (uint64_t)p->turn_high[i] << (32 + 8 * i);
	if (p->bits & HAS_CARRIER) {
		out->syn.encap.count = 1;
		out->syn.encap.kind[0] = p->carrier;
		out->syn.encap.id[0] = p->carrier_id;
	}
}

bool knocks_put(struct knocks *k, const struct segment *s, uint32_t tag, unsigned interface, uint32_t second)
{
	struct place *p = pool_take_uncleared(&k->places);
	if (p == NULL)
		return false;
	write_place(p, s, interface);
	p->second = second;
	p->tag = tag;
	const uint32_t number = number_of(k, p);
	uint32_t at = tag & k->tags.mask;
	while (k->tags.at[at].index != 0)
		at = tags_next(&k->tags, at);
	tags_put(&k->tags, at, tag, number);
	p->younger = 0;
	p->older = k->youngest;
	*(k->youngest != 0 ? &place_at(k, k->youngest)->younger : &k->oldest) = number;
	k->youngest = number;
	return true;
}

static void move(struct knocks *k, uint32_t number)
{
	const struct place *from = place_at(k, number);
	struct place *const to = pool_take_low(&k->places);
	if (to == NULL)
		return;
	*to = *from;
	const uint32_t now = number_of(k, to);
	tags_renumber(&k->tags, to->tag, number, now);
	*(to->older != 0 ? &place_at(k, to->older)->younger : &k->oldest) = now;
	*(to->younger != 0 ? &place_at(k, to->younger)->older : &k->youngest) = now;
}

/* What a flood has left lies anywhere in what it took: together, it is little. */
static NOT_INLINE void draw_together(struct knocks *k)
{
	uint32_t next;
	for (uint32_t number = k->oldest; number != 0; number = next) {
		next = place_at(k, number)->younger;
		if (number > k->places.used)
			move(k, number);
	}
	k->ahead = 0;
	pool_cut(&k->places);
	tags_shrink(&k->tags);
}

static void take_out(struct knocks *k, struct place *p, struct knock *out)
{
	const uint32_t number = number_of(k, p);
	tags_remove(&k->tags, p->tag, number);
	if (k->ahead == number)
		k->ahead = 0;
	if (k->oldest == number && k->lead != 0)
		k->lead--;
	*(p->older != 0 ? &place_at(k, p->older)->younger : &k->oldest) = p->younger;
	*(p->younger != 0 ? &place_at(k, p->younger)->older : &k->youngest) = p->older;
	read_place(p, out);
	pool_give(&k->places, p);
}

static void give_back(struct knocks *k)
{
	if (pool_is_sparse(&k->places))
		draw_together(k);
}

bool knocks_take(struct knocks *k, const struct flow_key *key, uint32_t tag, struct knock *out)
{
	if (k->places.used == 0)
		return false;
	for (uint32_t at = tag & k->tags.mask; k->tags.at[at].index != 0; at = tags_next(&k->tags, at)) {
		if (k->tags.at[at].tag != tag)
			continue;
		struct place *p = place_at(k, k->tags.at[at].index);
		if (memcmp(&p->key, key, sizeof *key) == 0) {
			take_out(k, p, out);
			give_back(k);
			return true;
		}
	}
	return false;
}

void knocks_expect(const struct knocks *k, uint32_t tag)
{
	tags_expect(&k->tags, tag);
}

/* Runs ahead of the oldest by some: by the time that it is their turn, their tags are at hand.  A tenth of the time of a flood that fills
 * the table was waiting for them. */
static void run_ahead(struct knocks *k)
{
	if (k->ahead == 0) {
		k->ahead = k->oldest;
		k->lead = 0;
	}
	for (uint32_t next; k->lead < FETCH_AHEAD && (next = place_at(k, k->ahead)->younger) != 0; k->lead++) {
		k->ahead = next;
		tags_expect(&k->tags, place_at(k, next)->tag);
	}
}

bool knocks_ahead(struct knocks *k, uint32_t *tag)
{
	if (k->oldest == 0)
		return false;
	run_ahead(k);
	*tag = place_at(k, k->oldest)->tag;
	return true;
}

bool knocks_oldest(struct knocks *k, struct knock *out)
{
	if (k->oldest == 0)
		return false;
	run_ahead(k);
	take_out(k, place_at(k, k->oldest), out);
	/* Others will follow it, to the last: they are not moved for that. */
	if (k->places.used == 0)
		give_back(k);
	return true;
}

bool knocks_crowded(const struct knocks *k)
{
	return k->places.used > k->places.count / 8 * CROWDED_EIGHTHS;
}

bool knocks_are_flood(const struct knocks *k)
{
	return k->places.used > KNOCKS_TOLD || knocks_crowded(k);
}

bool knocks_expired(struct knocks *k, uint32_t second, struct knock *out)
{
	if (k->oldest == 0)
		return false;
	const uint32_t age = second - place_at(k, k->oldest)->second;
	if (age <= (knocks_crowded(k) ? KNOCK_HURRY_S : KNOCK_S))
		return false;
	take_out(k, place_at(k, k->oldest), out);
	give_back(k);
	return true;
}

size_t knocks_count(const struct knocks *k)
{
	return k->places.used;
}

size_t knocks_peak(const struct knocks *k)
{
	return k->places.peak;
}

size_t knocks_reserved(const struct knocks *k)
{
	return pool_reserved(&k->places) + tags_reserved(&k->tags);
}

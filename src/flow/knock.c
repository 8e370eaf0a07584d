/* Places in a pool, found through chains by keyed hash, and in one list by age: all have the same time to live, so the oldest
 * is always the next to go. */
#include "flow/knock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/pool.h"

enum { HIS_WAY = 1, HAS_STAMP = 2, HAS_MD5 = 4, HAS_CARRIER = 8, PLACES_MAX = 1 << 28, CROWDED_EIGHTHS = 6 };

struct place {
	struct flow_key key;
	uint32_t seq;
	int64_t t;
	uint32_t ts_value, second; /* second: of the clock, when it came */
	uint16_t window;
	int8_t window_shift;
	uint8_t ttl, flags, bits, interface, tcp_len;
	uint32_t chain, older, younger; /* places by number, from 1 on; 0: none */
	uint32_t carrier_id;
	uint32_t turn_low;
	uint8_t turn_high[3];
	uint8_t carrier;
};

_Static_assert(sizeof(struct place) == KNOCK_SIZE, "a flood pays for each byte");

struct knocks {
	struct pool places;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t oldest, youngest;
	struct hash_key key;
};

static size_t buckets_for(size_t most)
{
	size_t n = 16;
	while (n < most)
		n *= 2;
	return n;
}

static bool knocks_init(struct knocks *k, size_t most, struct err *e)
{
	static const char what[] = "half-open conversations";
	if (most > PLACES_MAX)
		return err_set(e, what, "%zu cannot be held", most);
	if (!pool_init(&k->places, what, sizeof(struct place), most, e))
		return false;
	const size_t n = buckets_for(most);
	void *room = mmap(
	    NULL, n * sizeof *k->buckets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu entries", n);
	k->buckets = room;
	k->mask = (uint32_t)(n - 1);
	return true;
}

struct knocks *knocks_new(size_t most, struct hash_key key, struct err *e)
{
	struct knocks *k = calloc(1, sizeof *k);
	if (k == NULL) {
		err_set_sys(e, "half-open conversations", "no memory");
		return NULL;
	}
	k->key = key;
	if (knocks_init(k, most, e))
		return k;
	knocks_free(k);
	return NULL;
}

void knocks_free(struct knocks *k)
{
	if (k == NULL)
		return;
	if (k->buckets != NULL)
		munmap(k->buckets, ((size_t)k->mask + 1) * sizeof *k->buckets);
	pool_fini(&k->places);
	free(k);
}

static struct place *place_at(const struct knocks *k, uint32_t number)
{
	return (struct place *)(void *)(k->places.blocks + (size_t)(number - 1) * k->places.size);
}

static uint32_t number_of(const struct knocks *k, const struct place *p)
{
	return (uint32_t)((size_t)((const unsigned char *)p - k->places.blocks) / k->places.size) + 1;
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
	p->carrier = s->encap.kind[0];
	p->carrier_id = s->encap.id[0];
}

static void read_place(const struct place *p, struct knock *out)
{
	out->interface = p->interface;
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

static uint32_t *bucket_of(const struct knocks *k, const struct flow_key *key)
{
	return &k->buckets[(uint32_t)hash_bytes(k->key, key, sizeof *key) & k->mask];
}

bool knocks_put(struct knocks *k, const struct segment *s, unsigned interface, uint32_t second)
{
	struct place *p = pool_take_uncleared(&k->places);
	if (p == NULL)
		return false;
	write_place(p, s, interface);
	p->second = second;
	const uint32_t number = number_of(k, p);
	uint32_t *bucket = bucket_of(k, &s->key);
	p->chain = *bucket;
	*bucket = number;
	p->younger = 0;
	p->older = k->youngest;
	*(k->youngest != 0 ? &place_at(k, k->youngest)->younger : &k->oldest) = number;
	k->youngest = number;
	return true;
}

static void take_out(struct knocks *k, struct place *p, struct knock *out)
{
	const uint32_t number = number_of(k, p);
	uint32_t *link = bucket_of(k, &p->key);
	while (*link != number) {
		if (never(*link == 0))
			return;
		link = &place_at(k, *link)->chain;
	}
	*link = p->chain;
	*(p->older != 0 ? &place_at(k, p->older)->younger : &k->oldest) = p->younger;
	*(p->younger != 0 ? &place_at(k, p->younger)->older : &k->youngest) = p->older;
	read_place(p, out);
	pool_give(&k->places, p);
	pool_rest(&k->places);
}

bool knocks_take(struct knocks *k, const struct flow_key *key, struct knock *out)
{
	if (k->places.used == 0)
		return false;
	for (uint32_t number = *bucket_of(k, key); number != 0;) {
		struct place *p = place_at(k, number);
		if (memcmp(&p->key, key, sizeof *key) == 0) {
			take_out(k, p, out);
			return true;
		}
		number = p->chain;
	}
	return false;
}

bool knocks_oldest(struct knocks *k, struct knock *out)
{
	if (k->oldest == 0)
		return false;
	take_out(k, place_at(k, k->oldest), out);
	return true;
}

bool knocks_crowded(const struct knocks *k)
{
	return k->places.used > k->places.count / 8 * CROWDED_EIGHTHS;
}

bool knocks_expired(struct knocks *k, uint32_t second, struct knock *out)
{
	if (k->oldest == 0)
		return false;
	const uint32_t age = second - place_at(k, k->oldest)->second;
	return age > (knocks_crowded(k) ? KNOCK_HURRY_S : KNOCK_S) && knocks_oldest(k, out);
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
	return pool_reserved(&k->places) + ((size_t)k->mask + 1) * sizeof *k->buckets;
}

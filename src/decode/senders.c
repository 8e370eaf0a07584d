#include "decode/senders.h"

/* Two folded multiplications: nobody who lacks the key can choose addresses that fill one chain. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint16_t *chain_of(struct senders *t, const uint64_t address[2], uint32_t space)
{
	const uint64_t once = fold(address[0] ^ t->key.k0, address[1] ^ t->key.k1);
	return &t->chain[fold(once ^ space ^ t->key.k1, t->key.k0 | 1) % SENDER_CHAINS];
}

static void unlink_sender(struct senders *t, unsigned place)
{
	struct sender *s = &t->sender[place];
	uint16_t *link = chain_of(t, s->address, s->space);
	while (*link != place + 1)
		link = &t->sender[*link - 1].next;
	*link = s->next;
}

/* The hand clears one mark for each that it passes, so it goes no further than senders were heard of. */
static unsigned make_room(struct senders *t)
{
	if (t->count < SENDERS)
		return t->count++;
	for (; t->sender[t->hand].heard; t->hand = (uint16_t)((t->hand + 1) % SENDERS))
		t->sender[t->hand].heard = false;
	const unsigned place = t->hand;
	t->hand = (uint16_t)((t->hand + 1) % SENDERS);
	unlink_sender(t, place);
	return place;
}

struct sender *senders_find(struct senders *t, const uint64_t address[2], uint32_t space, uint16_t *recent)
{
	uint16_t *chain = chain_of(t, address, space);
	for (unsigned at = *chain; at != 0; at = t->sender[at - 1].next) {
		struct sender *s = &t->sender[at - 1];
		if (s->address[0] == address[0] && s->address[1] == address[1] && s->space == space) {
			s->heard = true;
			*recent = (uint16_t)(at - 1);
			return s;
		}
	}
	const unsigned place = make_room(t);
	struct sender *s = &t->sender[place];
	*s = (struct sender){ .address = { address[0], address[1] }, .space = space, .next = *chain };
	*chain = (uint16_t)(place + 1);
	*recent = (uint16_t)place;
	return s;
}

#include "decode/senders.h"

static inline uint16_t *chain_of(struct senders *t, uint64_t who)
{
	return &t->chain[who % SENDER_CHAINS];
}

static void unlink_sender(struct senders *t, unsigned place)
{
	struct sender *s = &t->sender[place];
	uint16_t *link = chain_of(t, s->who);
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

struct sender *senders_find(struct senders *t, uint64_t who, uint16_t *recent)
{
	uint16_t *chain = chain_of(t, who);
	for (unsigned at = *chain; at != 0; at = t->sender[at - 1].next) {
		struct sender *s = &t->sender[at - 1];
		if (s->who == who) {
			s->heard = true;
			*recent = (uint16_t)(at - 1);
			return s;
		}
	}
	const unsigned place = make_room(t);
	struct sender *s = &t->sender[place];
	*s = (struct sender){ .who = who, .next = *chain };
	*chain = (uint16_t)(place + 1);
	*recent = (uint16_t)place;
	return s;
}

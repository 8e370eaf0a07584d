#include "tunnel/join.h"

struct join *join_find(struct joins *j, unsigned which, uint64_t key)
{
	for (unsigned i = 0; j != NULL && i < JOINS; i++)
		if (j->join[i].id != 0 && j->join[i].which == which && j->join[i].key == key)
			return &j->join[i];
	return NULL;
}

/* A free one, else one that proved nothing, else the one longest silent. */
static bool spares_better(const struct join *a, const struct join *b)
{
	if (a->id == 0 || b->id == 0)
		return a->id == 0 && b->id != 0;
	if (a->found != b->found)
		return !a->found;
	return a->last < b->last;
}

struct join *join_get(struct joins *j, unsigned which, uint64_t key, uint64_t flow_id, int64_t t)
{
	struct join *k = join_find(j, which, key);
	if (k != NULL || j == NULL)
		return k;
	k = &j->join[0];
	for (unsigned i = 1; i < JOINS; i++)
		if (spares_better(&j->join[i], k))
			k = &j->join[i];
	*k = (struct join){ .key = key, .id = flow_id != 0 ? flow_id : 1, .last = t, .which = (uint8_t)which };
	return k;
}

void join_enter(struct join *k, uint64_t flow_id, int64_t t)
{
	k->last = t;
	for (unsigned i = 0; i < k->count; i++)
		if (k->flows[i] == flow_id)
			return;
	k->flows[k->next] = flow_id;
	k->next = (uint8_t)((k->next + 1) % FINDING_PEERS);
	if (k->count < FINDING_PEERS)
		k->count++;
}

void join_tell(const struct join *k, uint64_t flow_id, struct finding *f)
{
	f->tunnel_id = k->id;
	f->peer_count = 0;
	for (unsigned i = 0; i < k->count; i++)
		if (k->flows[i] != flow_id)
			f->peers[f->peer_count++] = k->flows[i];
}

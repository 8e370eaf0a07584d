/* A datagram waits as long as receivers wait for it.  When too many wait, the oldest makes room: it is the likeliest never to
 * become whole. */
#include "engine/pieces.h"

#include <string.h>

enum { IPV4_LEN = 20, IPV6_LEN = 40, EXTENSION_UNIT = 8, EXTENSIONS = 8 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };

static const int64_t LIFETIME = INT64_C(30000000000);

static bool piece_v4(struct slice packet, struct piece *out)
{
	const uint8_t *const at = packet.at;
	if (packet.len < IPV4_LEN)
		return false;
	const uint32_t head = (at[0] & 0x0fu) * 4u, total = (uint32_t)at[2] << 8 | at[3];
	const uint32_t cut = (uint32_t)at[6] << 8 | at[7];
	if ((cut & 0x3fff) == 0 || total < head)
		return false;
	memcpy(out->key.source, at + 12, 4);
	memcpy(out->key.target, at + 16, 4);
	out->key.id = (uint32_t)at[4] << 8 | at[5];
	out->key.protocol = at[9];
	out->from = (cut & 0x1fff) * 8;
	out->to = out->from + total - head;
	return true;
}

static bool piece_v6(struct slice packet, struct piece *out)
{
	if (packet.len < IPV6_LEN)
		return false;
	const uint8_t *const head = packet.at;
	const size_t end = IPV6_LEN + ((size_t)head[4] << 8 | head[5]);
	size_t off = IPV6_LEN;
	uint8_t next = head[6];
	for (unsigned i = 0; i < EXTENSIONS && off + EXTENSION_UNIT <= packet.len; i++) {
		const uint8_t *const at = packet.at + off;
		const uint32_t cut = (uint32_t)at[2] << 8 | at[3];
		if (next == FRAGMENT) {
			memcpy(out->key.source, head + 8, 16);
			memcpy(out->key.target, head + 24, 16);
			out->key.id = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7];
			out->key.ipv6 = 1;
			out->from = cut & 0xfff8;
			out->to = out->from + (uint32_t)(end > off + EXTENSION_UNIT ? end - off - EXTENSION_UNIT : 0);
			return (cut & 0xfff9) != 0; /* RFC 6946: else it is whole */
		}
		if (next != HOP_BY_HOP && next != ROUTING && next != DESTINATION)
			return false;
		next = at[0];
		off += (at[1] + 1u) * EXTENSION_UNIT;
	}
	return false;
}

bool piece_of(struct slice packet, struct piece *out)
{
	memset(out, 0, sizeof *out);
	if (packet.len == 0)
		return false;
	const unsigned version = packet.at[0] >> 4;
	return version == 4 ? piece_v4(packet, out) : version == 6 && piece_v6(packet, out);
}

static struct piece_set *find(struct pieces *p, const struct piece_key *key)
{
	for (unsigned i = 0; i < MAX_PIECE_SETS; i++)
		if (p->set[i].count != 0 && memcmp(&p->set[i].key, key, sizeof *key) == 0)
			return &p->set[i];
	return NULL;
}

static struct piece_set *begin(struct pieces *p, const struct piece_key *key, int64_t t)
{
	for (unsigned i = 0; i < MAX_PIECE_SETS; i++) {
		struct piece_set *s = &p->set[i];
		if (s->count != 0)
			continue;
		s->key = *key;
		s->since = t;
		return s;
	}
	return NULL;
}

bool pieces_overlap(struct pieces *p, const struct piece *piece)
{
	const struct piece_set *s = find(p, &piece->key);
	for (unsigned i = 0; s != NULL && i < s->count; i++)
		if (piece->from < s->waits[i].to && s->waits[i].from < piece->to)
			return true;
	return false;
}

bool pieces_put(struct pieces *p, const struct piece *piece, uint32_t token, int64_t t)
{
	struct piece_set *s = find(p, &piece->key);
	if (s == NULL)
		s = begin(p, &piece->key, t);
	if (s == NULL || s->count == MAX_PIECES)
		return false;
	s->waits[s->count].token = token;
	s->waits[s->count].from = piece->from;
	s->waits[s->count].to = piece->to;
	s->count++;
	return true;
}

static bool take(struct piece_set *s, uint32_t *token)
{
	if (s == NULL || s->count == 0)
		return false;
	*token = s->waits[--s->count].token;
	return true;
}

bool pieces_take(struct pieces *p, const struct piece_key *key, uint32_t *token)
{
	return take(find(p, key), token);
}

bool pieces_stale(struct pieces *p, const struct piece_key *key, int64_t now, uint32_t *token)
{
	struct piece_set *oldest = NULL;
	unsigned used = 0;
	for (unsigned i = 0; i < MAX_PIECE_SETS; i++) {
		struct piece_set *s = &p->set[i];
		if (s->count == 0)
			continue;
		used++;
		if (oldest == NULL || s->since < oldest->since)
			oldest = s;
	}
	if (oldest == NULL)
		return false;
	const bool room = key == NULL || used < MAX_PIECE_SETS || find(p, key) != NULL;
	return (!room || now - oldest->since > LIFETIME) && take(oldest, token);
}

/* Hashes are of what the operator wrote: traffic chooses what is looked up, never what is found in one place.  So a plain
 * hash serves; 64 bits of it are compared. */
#include "rules/index.h"

#include <stdlib.h>

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

static uint64_t step(uint64_t h, uint8_t b)
{
	return (h ^ b) * UINT64_C(0x100000001b3);
}

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static uint64_t salted(uint64_t salt, enum key_kind how)
{
	return mix(salt * 8 + (uint64_t)how + 1);
}

/* From the last byte to the first, so that one walk over a host meets all domains above it. */
uint64_t key_text(uint64_t salt, enum fact_kind kind, enum key_kind how, struct slice text)
{
	uint64_t h = salted(salt, how);
	if (kind == FACT_HOST)
		text = host_trim(text);
	for (size_t i = text.len; i > 0; i--)
		h = step(h, kind == FACT_TEXT ? text.at[i - 1] : lower(text.at[i - 1]));
	return mix(h);
}

uint64_t key_number(uint64_t salt, uint64_t n)
{
	return mix(salted(salt, KEY_WHOLE) ^ mix(n));
}

uint64_t key_address(uint64_t salt, const uint8_t addr[16], bool ipv6, unsigned prefix)
{
	uint8_t masked[16];
	uint64_t h = salted(salt, KEY_NETWORK) ^ (uint64_t)prefix << 8 ^ (uint64_t)ipv6;
	memcpy(masked, addr, sizeof masked);
	address_mask(masked, ipv6, prefix);
	for (unsigned i = 0; i < (ipv6 ? 16 : 4); i++)
		h = step(h, masked[i]);
	return mix(h);
}

uint64_t key_set(uint64_t salt, const struct set *s)
{
	return mix(salted(salt, KEY_SET) ^ mix((uint64_t)(uintptr_t)s));
}

void prefixes_add(struct prefixes *p, bool ipv6, unsigned prefix)
{
	if (ipv6 && prefix <= 128)
		p->v6[prefix / 64] |= UINT64_C(1) << prefix % 64;
	else if (!ipv6 && prefix <= 32)
		p->v4 |= UINT64_C(1) << prefix;
}

/* "example.com" is met by itself and by what ends in ".example.com". */
bool keys_of_hosts(uint64_t salt, struct slice host, key_meet *meet, void *to)
{
	uint64_t h = salted(salt, KEY_SUFFIX);
	host = host_trim(host);
	for (size_t i = host.len; i > 0; i--) {
		h = step(h, lower(host.at[i - 1]));
		if ((i == 1 || host.at[i - 2] == '.') && meet(to, mix(h)))
			return true;
	}
	return false;
}

bool keys_of_networks(uint64_t salt, const struct prefixes *p, const struct value *v, key_meet *meet, void *to)
{
	struct value parsed;
	if (v->kind == FACT_HOST || v->kind == FACT_TEXT || v->kind == FACT_NAME) {
		if (!host_address(v->text, &parsed))
			return false;
		v = &parsed;
	}
	for (unsigned word = 0; word < (v->ipv6 ? 3 : 1); word++)
		for (uint64_t bits = v->ipv6 ? p->v6[word] : p->v4; bits != 0; bits &= bits - 1) {
			const unsigned prefix = word * 64 + (unsigned)__builtin_ctzll(bits);
			if (meet(to, key_address(salt, v->addr, v->ipv6, prefix)))
				return true;
		}
	return false;
}

bool lookup_add(struct lookup *l, uint64_t hash, uint32_t what)
{
	if (l->count == l->room) {
		const size_t room = l->room != 0 ? 2 * l->room : 64;
		struct lookup_entry *entry = realloc(l->entry, room * sizeof *entry);
		if (entry == NULL)
			return false;
		l->entry = entry;
		l->room = room;
	}
	l->entry[l->count++] = (struct lookup_entry){ hash, what };
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct lookup_entry *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

bool lookup_build(struct lookup *l)
{
	if (l->count == 0)
		return true;
	qsort(l->entry, l->count, sizeof *l->entry, compare);
	for (l->slots = 16; l->slots < 2 * l->count; l->slots *= 2)
		continue;
	l->slot = calloc(l->slots, sizeof *l->slot);
	if (l->slot == NULL)
		return false;
	for (size_t i = 0; i < l->count; i++) {
		if (i != 0 && l->entry[i].hash == l->entry[i - 1].hash)
			continue;
		size_t at = l->entry[i].hash & (l->slots - 1);
		while (l->slot[at] != 0)
			at = (at + 1) & (l->slots - 1);
		l->slot[at] = (uint32_t)i + 1;
	}
	return true;
}

void lookup_fini(struct lookup *l)
{
	free(l->entry);
	free(l->slot);
}

const struct lookup_entry *lookup_find(const struct lookup *l, uint64_t hash)
{
	if (l->slots == 0)
		return NULL;
	for (size_t at = hash & (l->slots - 1); l->slot[at] != 0; at = (at + 1) & (l->slots - 1))
		if (l->entry[l->slot[at] - 1].hash == hash)
			return &l->entry[l->slot[at] - 1];
	return NULL;
}

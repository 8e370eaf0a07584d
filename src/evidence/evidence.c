/* Notes stay in the order in which they were made; when the dossier is full, the weakest gives way, of equals the
 * latest, and only to a stronger one: so what decided a label cannot be pushed out by a flood of small signs. */
#include "evidence/evidence.h"

#include <stddef.h>

/* There is room for it. */
static void put(struct dossier *d, unsigned i, const struct note *n)
{
	if (i >= NOTES_AT_HAND) {
		d->more->note[i - NOTES_AT_HAND] = *n;
		return;
	}
	d->sign[i] = n->sign;
	d->t[i] = n->t;
	d->place[i] = (uint32_t)n->offset << 1 | n->from;
	if (d->has_more)
		d->more->far[i] = (uint32_t)(n->offset >> 31);
}

void dossier_init(struct dossier *d, struct pool *room)
{
	*d = (struct dossier){ .room = room };
}

void dossier_fini(struct dossier *d)
{
	if (!d->has_more)
		return;
	struct pool *const room = d->more->room;
	pool_give(room, d->more);
	d->room = room;
	d->has_more = false;
}

static bool has_sign(const struct dossier *d, const struct sign *sign)
{
	for (unsigned i = 0; i < d->count; i++)
		if (dossier_sign(d, i) == sign)
			return true;
	return false;
}

static unsigned weakest(const struct dossier *d)
{
	unsigned at = 0;
	for (unsigned i = 1; i < d->count; i++)
		if (dossier_sign(d, i)->weight <= dossier_sign(d, at)->weight)
			at = i;
	return at;
}

static void remove_note(struct dossier *d, unsigned at)
{
	for (unsigned i = at + 1; i < d->count; i++) {
		const struct note n = dossier_note(d, i);
		put(d, i - 1, &n);
	}
	d->count--;
}

static void take_more(struct dossier *d)
{
	struct more_notes *const more = d->room != NULL ? pool_take_uncleared(d->room) : NULL;
	if (more == NULL)
		return;
	more->room = d->room;
	for (unsigned i = 0; i < NOTES_AT_HAND; i++)
		more->far[i] = 0;
	d->more = more;
	d->has_more = true;
}

static bool has_room(struct dossier *d, uint64_t offset)
{
	if (d->count < NOTES_AT_HAND && offset >> 31 == 0)
		return true;
	if (!d->has_more)
		take_more(d);
	return d->has_more && d->count < MAX_NOTES;
}

/* Makes room for a sign of this weight; says when one is lost, be it an older note or the new one. */
static bool make_room(struct dossier *d, enum weight weight, uint64_t offset)
{
	if (has_room(d, offset))
		return true;
	d->dropped = true;
	if (!d->has_more && offset >> 31 != 0)
		return false;
	const unsigned at = weakest(d);
	if (dossier_sign(d, at)->weight >= weight)
		return false;
	remove_note(d, at);
	return true;
}

bool dossier_add(struct dossier *d, const struct sign *sign, enum side from, uint64_t offset, int64_t t)
{
	if (has_sign(d, sign) || !make_room(d, sign->weight, offset))
		return false;
	const struct note n = { .sign = sign, .t = t, .offset = offset & INT64_MAX, .from = from & 1 };
	put(d, d->count++, &n);
	return true;
}

static uint8_t higher(uint8_t now, unsigned grade)
{
	const unsigned most = grade < UINT8_MAX ? grade : UINT8_MAX;
	return most > now ? (uint8_t)most : now;
}

void dossier_grade(struct dossier *d, enum family family, unsigned grade)
{
	d->grade[family] = higher(d->grade[family], grade);
}

void dossier_innocent(struct dossier *d, unsigned grade)
{
	d->innocent = higher(d->innocent, grade);
}

unsigned dossier_score(const struct dossier *d)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < FAMILIES; i++)
		sum += d->grade[i];
	return sum > d->innocent ? sum - d->innocent : 0;
}

bool dossier_convicts(const struct dossier *d)
{
	unsigned families = 0;
	for (unsigned i = 0; i < FAMILIES; i++)
		families += d->grade[i] != 0;
	return families >= 2 && (d->grade[FAMILY_CONTENT] != 0 || d->grade[FAMILY_STRUCTURE] != 0) &&
	       dossier_score(d) >= SCORE_CONVICTS;
}

const char *family_name(enum family f)
{
	static const char *const names[FAMILIES] = { "content", "structure", "timing", "volume", "header" };
	return (unsigned)f < FAMILIES ? names[f] : "";
}

const struct sign *dossier_strongest(const struct dossier *d, enum leaning leaning)
{
	const struct sign *best = NULL;
	for (unsigned i = 0; i < d->count; i++) {
		const struct sign *const sign = dossier_sign(d, i);
		if (sign->leaning == leaning && (best == NULL || sign->weight > best->weight))
			best = sign;
	}
	return best;
}

unsigned dossier_count(const struct dossier *d, enum leaning leaning, enum weight at_least)
{
	unsigned count = 0;
	for (unsigned i = 0; i < d->count; i++) {
		const struct sign *const sign = dossier_sign(d, i);
		count += sign->leaning == leaning && sign->weight >= at_least;
	}
	return count;
}

const char *doubt_name(unsigned bit)
{
	static const char *const names[DOUBTS] = { "gap", "overlap", "cap", "midstream", "one-way", "desync",
		"truncated", "evicted", "spelling", "two-readings" };
	return bit < DOUBTS ? names[bit] : "";
}

const char *side_name(enum side side)
{
	return side == CLIENT ? "client" : "server";
}

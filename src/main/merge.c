/* In order, a line goes out when no other worker can still tell of an earlier place: each has a later line waiting, has said that
 * it is as far, or is gone. */
#include "main/merge.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = sizeof(struct line_place) + MAX_LINE };

/* A small ring stays in the caches.  In order, what one hand tells waits for the slowest, so that more must fit. */
size_t merge_ring(bool ordered)
{
	return ordered ? 4 << 20 : 512 << 10;
}

bool merge_init(struct merge *m, unsigned count, bool ordered, int wake, struct err *e)
{
	*m = (struct merge){ .ordered = ordered, .count = count };
	m->strand = calloc(count, sizeof *m->strand);
	if (m->strand == NULL)
		return err_set_sys(e, "workers", "no memory");
	for (unsigned i = 0; i < count; i++) {
		struct strand *s = &m->strand[i];
		s->line = malloc(ROOM);
		if (s->line == NULL)
			return err_set_sys(e, "workers", "no memory");
		if (!ring_init(&s->lines, merge_ring(ordered), wake, e))
			return false;
		s->lines.looks = true;
	}
	return true;
}

void merge_fini(struct merge *m)
{
	for (unsigned i = 0; m->strand != NULL && i < m->count; i++) {
		ring_fini(&m->strand[i].lines);
		free(m->strand[i].line);
	}
	free(m->strand);
	m->strand = NULL;
}

static struct line_place place_of(const struct strand *s)
{
	struct line_place place;
	memcpy(&place, s->line, sizeof place);
	return place;
}

static bool is_before(struct line_place a, struct line_place b)
{
	return a.turn != b.turn ? a.turn < b.turn : a.order < b.order;
}

/* Who reads the output must not be told two lines by one that was bought. */
static bool is_sound(const struct merge *m, const struct strand *s)
{
	const size_t before = m->ordered ? sizeof(struct line_place) : 0;
	if (s->tag >= LINES || m->to[s->tag] == NULL || s->len <= before)
		return false;
	return memchr(s->line + before, '\n', s->len - before) == s->line + s->len - 1;
}

/* False: there is none. */
static bool take(const struct merge *m, struct strand *s)
{
	if (s->holds || s->broken)
		return s->holds;
	const enum ring_got got = ring_take(&s->lines, &s->tag, s->line, ROOM, &s->len);
	s->holds = got == RING_ITEM && is_sound(m, s);
	s->broken = got != RING_EMPTY && !s->holds;
	return s->holds;
}

static void put_out(struct merge *m, struct strand *s)
{
	const size_t before = m->ordered ? sizeof(struct line_place) : 0;
	s->holds = false;
	reporter_relay(m->to[s->tag], s->line + before, s->len - before, 0);
	m->lines++;
}

/* Of those lines that have come; NULL: none has. */
static struct strand *first_that_came(struct merge *m)
{
	struct strand *first = NULL;
	for (unsigned i = 0; i < m->count; i++) {
		struct strand *s = &m->strand[i];
		if (take(m, s) && (first == NULL || is_before(place_of(s), place_of(first))))
			first = s;
	}
	return first;
}

/* Can this one still tell of something before that place?  Its ring is looked at after it has said how far it is: what was
 * told before that is there.  It has told nothing yet. */
static bool may_be_before(const struct merge *m, struct strand *s, struct line_place place)
{
	if (s->over || s->broken || s->said >= place.turn)
		return false;
	s->said = ring_said(&s->lines);
	return take(m, s) ? is_before(place_of(s), place) : s->said < place.turn;
}

/* The one whose line is the first of all; NULL: there is none, or one may come that is before it. */
static struct strand *first_of_all(struct merge *m)
{
	struct strand *first = first_that_came(m);
	for (unsigned i = 0; first != NULL && i < m->count; i++) {
		struct strand *s = &m->strand[i];
		if (!s->holds && may_be_before(m, s, place_of(first)))
			first = s->holds ? s : NULL;
	}
	return first;
}

static void move_in_order(struct merge *m)
{
	struct strand *first;
	while ((first = first_of_all(m)) != NULL)
		put_out(m, first);
}

void merge_move(struct merge *m)
{
	if (m->ordered) {
		move_in_order(m);
		return;
	}
	for (unsigned i = 0; i < m->count; i++)
		while (take(m, &m->strand[i]))
			put_out(m, &m->strand[i]);
}

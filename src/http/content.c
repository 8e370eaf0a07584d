/* Content, step by step: by length, in chunks, to the close.  Offsets say where in it a chunk lies, so what is missing within
 * content does no harm, and what nobody wants need not be shown. */
#include "http/inside.h"

enum { FIRST_SIZE_MOST = 32 }; /* bytes of the first size line that wait for the rest of it */

/* What is remembered of chunked content, whose next byte of framing or data is at `place`. */
static void put_chunk_down(struct http_side *s, const struct chunked *k, uint64_t place)
{
	s->chunk = (struct chunk_place){
		.next = (uint32_t)place,
		.line_len = k->line_len,
		.digits = k->digits,
		.state = k->state,
		.part = k->part,
		.cr = k->cr,
		.any = k->any,
	};
	if (k->state == CHUNK_DATA)
		s->until = add_saturating(place, k->left);
	else
		s->until = k->state == CHUNK_TRAILER ? k->trailer_bytes : k->left;
}

/* And back, for the bytes that are shown.  False when bytes of framing are missing; of data they may be. */
static bool take_chunk_up(const struct turn *t, struct chunked *k)
{
	const struct chunk_place *c = &t->s->chunk;
	*k = (struct chunked){
		.line_len = c->line_len,
		.digits = c->digits,
		.state = c->state,
		.part = c->part,
		.cr = c->cr,
		.any = c->any,
	};
	if (c->state != CHUNK_DATA) {
		if (c->state == CHUNK_TRAILER)
			k->trailer_bytes = (uint32_t)t->s->until;
		else
			k->left = t->s->until;
		/* A hole of a multiple of 4 GiB would not be noticed: no window is as large (RFC 7323, 2.3). */
		return (uint32_t)t->in->offset == c->next;
	}
	if (t->in->offset > t->s->until)
		return false;
	k->left = t->s->until - t->in->offset;
	chunked_data(k, 0);
	return true;
}

/* Content begins `used` bytes on. */
void content_begin(const struct turn *t, size_t used, enum body_rule rule)
{
	struct http_side *s = t->s;
	side_expect_head(s);
	s->until = t->in->offset + used;
	s->rule = (uint8_t)rule;
	switch (rule) {
	case BODY_NONE:
		break;
	case BODY_LENGTH:
		s->until = add_saturating(s->until, t->head->length);
		s->state = HTTP_IN_LENGTH;
		break;
	case BODY_CHUNKED:
		put_chunk_down(s, &(struct chunked){ .left = 0 }, s->until);
		s->state = HTTP_IN_CHUNKED;
		break;
	case BODY_UNTIL_CLOSE:
		s->state = HTTP_TO_CLOSE;
		break;
	}
}

/* The last byte of what was just given is left for the event that tells the end. */
void content_leave_last_byte(const struct turn *t, bool cut_short)
{
	t->ev->eat--;
	t->s->until = t->in->offset + t->ev->eat + 1;
	t->s->cut_short = cut_short;
	t->s->state = HTTP_ENDING;
}

static void give_body(const struct turn *t, size_t from, size_t n)
{
	t->ev->kind = HTTP_BODY;
	t->ev->ask = t->s->ask;
	t->ev->bytes = slice_head(slice_from(t->in->bytes, from), n);
	t->ev->offset += from;
	t->ev->eat = from + n;
}

void content_step_length(const struct turn *t)
{
	const struct chunk *in = t->in;
	const uint64_t left = in->offset < t->s->until ? t->s->until - in->offset : 0;
	const size_t n = left < in->bytes.len ? (size_t)left : in->bytes.len;
	const bool cut_short = in->end && n == in->bytes.len && n != left;
	if (left == 0) {
		side_end_message(t, 0, true);
		return;
	}
	if (n == 0 && !cut_short)
		return;
	if (t->s->wants_bodies && n != 0) {
		give_body(t, 0, n);
		if (n == left || cut_short)
			content_leave_last_byte(t, cut_short);
		return;
	}
	if (n == left || cut_short) {
		side_end_message(t, n, !cut_short);
		t->s->until = in->offset + n;
		return;
	}
	t->ev->kind = HTTP_EAT;
	t->ev->eat = n;
	t->ev->skip = left - n;
}

void content_step_to_close(const struct turn *t)
{
	const size_t n = t->in->bytes.len;
	if (t->s->wants_bodies && n != 0) {
		give_body(t, 0, n);
		if (t->in->end)
			content_leave_last_byte(t, false);
		return;
	}
	if (t->in->end) {
		side_end_message(t, n, true);
		t->s->until = t->in->offset + n;
		return;
	}
	if (n == 0)
		return;
	t->ev->kind = HTTP_EAT;
	t->ev->eat = n;
	t->ev->skip = UINT64_MAX;
}

/* Passes framing and data, up to data that somebody wants (then true), or as far as it goes. */
static bool pass_chunks(const struct turn *t, struct chunked *k, size_t *at, size_t *data)
{
	const struct slice in = t->in->bytes;
	while (*at < in.len) {
		*at += chunked_framing(k, slice_from(in, *at), &t->ev->odd);
		if (k->state == CHUNK_DONE || k->state == CHUNK_BROKEN)
			return false;
		const size_t there = in.len - *at;
		if (there == 0)
			return false;
		*data = k->left < there ? (size_t)k->left : there;
		chunked_data(k, *data);
		if (t->s->wants_bodies)
			return true;
		*at += *data;
	}
	return false;
}

/* The first size line waits until it is whole, so that bytes which are no chunks at all can be had from their first on. */
static bool awaits_first_size(const struct turn *t, struct chunked trial)
{
	uint64_t odd = 0;
	if (trial.any || t->in->bytes.len >= FIRST_SIZE_MOST || t->in->end || t->in->cut)
		return false;
	chunked_framing(&trial, t->in->bytes, &odd);
	return !trial.any && trial.state == CHUNK_SIZE;
}

void content_step_chunked(const struct turn *t)
{
	struct chunked k;
	size_t at = 0, data = 0;
	if (!take_chunk_up(t, &k)) {
		side_lose(t, LOST_HOLE);
		return;
	}
	if (awaits_first_size(t, k))
		return;
	const bool wanted = pass_chunks(t, &k, &at, &data);
	put_chunk_down(t->s, &k, t->in->offset + at + (wanted ? data : 0));
	if (wanted) {
		give_body(t, at, data);
		if (t->in->end && at + data == t->in->bytes.len)
			content_leave_last_byte(t, true);
		return;
	}
	if (k.state == CHUNK_BROKEN) {
		const bool any = k.any;
		side_lose(t, LOST_CHUNK);
		t->ev->eat = any ? at : 0;
		return;
	}
	if (k.state == CHUNK_DONE || t->in->end) {
		side_end_message(t, at, k.state == CHUNK_DONE);
		if (k.state != CHUNK_DATA)
			t->s->until = t->in->offset + at;
		return;
	}
	if (at == 0)
		return;
	t->ev->kind = HTTP_EAT;
	t->ev->eat = at;
	t->ev->skip = k.state == CHUNK_DATA && !t->s->wants_bodies ? k.left : 0;
}

void content_step_ending(const struct turn *t)
{
	const bool there = t->in->offset < t->s->until && t->in->bytes.len != 0;
	side_end_message(t, there, !t->s->cut_short);
}

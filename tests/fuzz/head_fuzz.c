/* A head in pieces says what the whole says.  First byte: bit 0, a response; the rest chooses how pieces grow. */
#include <stdlib.h>
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum parsed parsed;
	size_t used;
	struct head head;
};

static enum parsed parse(bool response, struct slice in, size_t *scanned, struct outcome *o)
{
	/* In a block of its own size, so that a byte too far is seen. */
	uint8_t *const copy = malloc(in.len + (in.len == 0));
	if (copy == NULL)
		abort();
	if (in.len != 0)
		memcpy(copy, in.at, in.len);
	const struct slice exact = { copy, in.len };
	o->parsed = response ? head_parse_response(exact, scanned, &o->head, &o->used)
			     : head_parse_request(exact, scanned, &o->head, &o->used);
	if (o->parsed == PARSED && o->used > in.len)
		abort();
	const bool maybe = response ? head_maybe_response(exact) : head_maybe_request(exact);
	if (o->parsed != PARSE_NOT_HTTP && !maybe)
		abort();
	free(copy);
	return o->parsed;
}

/* Fields are compared by length: the bytes are gone. */
static bool same(const struct outcome *a, const struct outcome *b)
{
	if (a->parsed != b->parsed)
		return false;
	if (a->parsed != PARSED)
		return true;
	const struct head *x = &a->head, *y = &b->head;
	if (a->used != b->used || x->odd != y->odd || x->method != y->method || x->status != y->status ||
	    x->field_count != y->field_count || x->major != y->major || x->minor != y->minor ||
	    x->length != y->length || x->length_valid != y->length_valid || x->chunked != y->chunked ||
	    x->has_coding != y->has_coding || x->target.len != y->target.len ||
	    x->method_text.len != y->method_text.len)
		return false;
	for (unsigned i = 0; i < x->field_count; i++)
		if (x->fields[i].name.len != y->fields[i].name.len || x->fields[i].value.len != y->fields[i].value.len)
			return false;
	return true;
}

static void in_pieces(bool response, struct slice in, size_t step, struct outcome *o)
{
	size_t scanned = 0, at = 0;
	o->parsed = PARSE_MORE;
	do {
		at = at + step < in.len ? at + step : in.len;
		parse(response, slice_head(in, at), &scanned, o);
	} while (o->parsed == PARSE_MORE && at < in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, pieces;
	if (size < 1)
		return 0;
	const bool response = data[0] & 1;
	const struct slice in = { data + 1, size - 1 };
	const size_t seed = data[0] >> 1;
	size_t scanned = 0;
	parse(response, in, &scanned, &whole);
	in_pieces(response, in, size < 2000 ? 1 + seed % 7 : 1 + seed * 31, &pieces);
	if (!same(&whole, &pieces))
		abort();
	scanned = 0;
	if (parse(response, slice_head(in, in.len * seed / 128), &scanned, &pieces) == PARSE_MORE)
		parse(response, in, &scanned, &pieces);
	else if (pieces.parsed != whole.parsed)
		abort();
	if (!same(&whole, &pieces))
		abort();
	return 0;
}

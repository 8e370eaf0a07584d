/* Chunked coding in pieces says what the whole says: the same data, the same end, the same oddities. */
#include <stdlib.h>
#include "http/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	struct chunked c;
	uint64_t odd, data, sum;
	size_t used;
};

static void feed_piece(struct outcome *o, struct slice piece)
{
	uint8_t *const copy = malloc(piece.len + (piece.len == 0));
	if (copy == NULL)
		abort();
	if (piece.len != 0)
		memcpy(copy, piece.at, piece.len);
	struct slice rest = { copy, piece.len };
	while (rest.len != 0 && o->c.state < CHUNK_DONE) {
		const size_t n = chunked_framing(&o->c, rest, &o->odd);
		if (n > rest.len || (n == 0 && o->c.state != CHUNK_DATA))
			abort();
		rest = slice_from(rest, n);
		o->used += n;
		if (o->c.state != CHUNK_DATA)
			continue;
		const size_t take = o->c.left < rest.len ? (size_t)o->c.left : rest.len;
		for (size_t i = 0; i < take; i++)
			o->sum = o->sum * 31 + rest.at[i];
		o->data += take;
		o->used += take;
		if (take != 0)
			chunked_data(&o->c, take);
		rest = slice_from(rest, take);
	}
	free(copy);
}

static void feed(struct outcome *o, struct slice in, size_t step)
{
	*o = (struct outcome){ 0 };
	for (size_t at = 0; at < in.len && o->c.state < CHUNK_DONE; at += step)
		feed_piece(o, slice_head(slice_from(in, at), step));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const struct slice in = { data + 1, size - 1 };
	struct outcome whole, pieces;
	feed(&whole, in, size);
	feed(&pieces, in, 1 + data[0] % 64);
	if (whole.c.state != pieces.c.state || whole.odd != pieces.odd || whole.data != pieces.data ||
	    whole.sum != pieces.sum || whole.used != pieces.used)
		abort();
	if ((whole.c.state == CHUNK_BROKEN) != ((whole.odd & ODD_BIT(CHUNK_INVALID)) != 0))
		abort();
	return 0;
}

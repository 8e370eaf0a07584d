#include "tunnel/leg.h"

/* Between two chunks' data lie a line end, a size and a line end; what is more was lost. */
enum { CHUNK_FRAMING_MOST = 24 };

void leg_begin(struct leg *l, const struct http_event *ev)
{
	*l = (struct leg){ .next = ev->offset + ev->eat, .on = true, .chunked = ev->rule == BODY_CHUNKED };
}

bool leg_takes(struct leg *l, const struct http_event *ev)
{
	const uint64_t jump = ev->offset > l->next ? ev->offset - l->next : 0;
	if (jump > (l->chunked ? CHUNK_FRAMING_MOST : 0))
		l->torn = true;
	l->next = ev->offset + ev->bytes.len;
	return !l->torn;
}

static struct slice before_parameters(struct slice value)
{
	return slice_trim(slice_head(value, slice_find(value, ';')));
}

bool head_names_type(const struct head *h, struct slice field, struct slice type)
{
	return slice_eq_nocase(before_parameters(head_field(h, field)), type);
}

bool head_is_uncoded(const struct head *h)
{
	const struct slice coding = head_field(h, SLICE("Content-Encoding"));
	return coding.len == 0 || slice_eq_nocase(coding, SLICE("identity"));
}

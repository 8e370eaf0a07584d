#include "tunnel/cargo.h"

/* Between two chunks' data lie a line end, a size and a line end; what is more was lost. */
enum { CHUNK_FRAMING_MOST = 24 };

void cargo_follow(struct cargo *c, const struct http_event *head)
{
	c->next = head->offset + head->eat;
	c->on = true;
	c->chunked = head->rule == BODY_CHUNKED;
}

void cargo_begin(struct cargo *c, const struct http_event *head)
{
	c->torn = false;
	cargo_follow(c, head);
}

uint64_t cargo_missing(struct cargo *c, const struct http_event *body)
{
	const uint64_t jump = body->offset > c->next ? body->offset - c->next : 0;
	const uint64_t missing = c->chunked && jump <= CHUNK_FRAMING_MOST ? 0 : jump;
	c->next = body->offset + body->bytes.len;
	c->torn |= missing != 0;
	return missing;
}

bool cargo_goes_on(struct cargo *c, const struct http_event *body)
{
	cargo_missing(c, body);
	return !c->torn;
}

bool cargo_any(const struct http_event *head)
{
	return head->rule != BODY_NONE && (head->rule != BODY_LENGTH || head->head->length != 0);
}

struct slice cargo_type(const struct head *h)
{
	const struct slice value = head_field(h, SLICE("Content-Type"));
	return slice_trim(slice_head(value, slice_find(value, ';')));
}

bool cargo_is(const struct head *h, struct slice type)
{
	return slice_eq_nocase(cargo_type(h), type);
}

bool cargo_uncoded(const struct head *h)
{
	const struct slice coding = head_field(h, SLICE("Content-Encoding"));
	return coding.len == 0 || slice_eq_nocase(coding, SLICE("identity"));
}

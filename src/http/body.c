/* RFC 9112, 6.3 in its order, and chunked coding (7.1) as a plain loop over bytes.  Where the standard asks a recipient
 * to reject, a reader that merely listens goes on with what most peers would read, or says that framing is broken. */
#include "http/inside.h"

#include "base/digit.h"

enum { MOST_DIGITS = 16 }; /* a size of 64 bits; as many zeros before it are no size anyone sends */

/* What the fields say, when the kind of message alone does not decide. */
static enum body_rule rule_of_fields(const struct head *h, enum body_rule otherwise)
{
	if (h->chunked)
		return BODY_CHUNKED;
	if (h->has_coding && h->response)
		return BODY_UNTIL_CLOSE;
	return h->length_valid ? BODY_LENGTH : otherwise;
}

/* A request whose last coding is not chunked, or whose length is none, would be answered with 400: it has no content that
 * could be told from the next request. */
enum body_rule body_rule_request(const struct head *h)
{
	return rule_of_fields(h, BODY_NONE);
}

enum body_rule body_rule_response(const struct head *h, enum method asked, bool asked_known)
{
	const bool to_connect = asked_known && asked == METHOD_CONNECT;
	if ((asked_known && asked == METHOD_HEAD) || h->status / 100 == 1 || h->status == 204 || h->status == 304)
		return BODY_NONE;
	if (to_connect && h->status / 100 == 2)
		return BODY_NONE;
	/* An answer to CONNECT without a status is no success that anyone names, and no content either. */
	return rule_of_fields(h, to_connect && h->status == 0 ? BODY_NONE : BODY_UNTIL_CLOSE);
}

static void break_off(struct chunked *c, uint64_t *odd)
{
	c->state = CHUNK_BROKEN;
	*odd |= ODD_BIT(CHUNK_INVALID);
}

static void begin_line(struct chunked *c, enum chunk_state state)
{
	c->state = state & 7;
	c->part = CHUNK_DIGITS;
	c->digits = 0;
	c->cr = false;
	c->line_len = 0;
}

static void end_size_line(struct chunked *c, uint64_t *odd)
{
	if (c->digits == 0) {
		break_off(c, odd);
		return;
	}
	if (!c->cr)
		*odd |= ODD_BIT(BARE_LF);
	c->any = true;
	begin_line(c, c->left == 0 ? CHUNK_TRAILER : CHUNK_DATA);
}

static void add_digit(struct chunked *c, int digit, uint64_t *odd)
{
	if (++c->digits > MOST_DIGITS)
		break_off(c, odd);
	else
		c->left = c->left << 4 | (unsigned)digit;
}

/* 1*HEXDIG, blanks that some write, extensions that nobody reads. */
static void take_size_byte(struct chunked *c, uint8_t b, uint64_t *odd)
{
	if (++c->line_len > MAX_CHUNK_LINE) {
		break_off(c, odd);
		return;
	}
	if (b == '\n') {
		end_size_line(c, odd);
		return;
	}
	if (c->cr && c->part != CHUNK_EXTENSION) {
		break_off(c, odd);
		return;
	}
	if (c->cr)
		*odd |= ODD_BIT(BARE_CR);
	c->cr = b == '\r';
	const int digit = c->part == CHUNK_DIGITS ? hex_value(b) : -1;
	if (digit >= 0)
		add_digit(c, digit, odd);
	else if (b == ';' && c->digits != 0)
		c->part = CHUNK_EXTENSION;
	else if ((b == ' ' || b == '\t') && c->digits != 0 && c->part == CHUNK_DIGITS)
		c->part = CHUNK_BLANKS;
	else if (c->digits == 0 || (b != '\r' && b != ' ' && b != '\t' && c->part != CHUNK_EXTENSION))
		break_off(c, odd);
}

static void take_data_end_byte(struct chunked *c, uint8_t b, uint64_t *odd)
{
	if (b == '\r' && !c->cr) {
		c->cr = true;
		return;
	}
	if (b != '\n') {
		break_off(c, odd);
		return;
	}
	if (!c->cr)
		*odd |= ODD_BIT(BARE_LF);
	begin_line(c, CHUNK_SIZE);
}

/* Trailer fields decide nothing here (RFC 9110, 6.5.1); only the empty line behind them is looked for. */
static void take_trailer_byte(struct chunked *c, uint8_t b, uint64_t *odd)
{
	if (++c->trailer_bytes > MAX_HEAD) {
		break_off(c, odd);
		return;
	}
	if (b == '\n') {
		const bool empty = c->line_len == 0;
		if (!c->cr)
			*odd |= ODD_BIT(BARE_LF);
		begin_line(c, empty ? CHUNK_DONE : CHUNK_TRAILER);
		return;
	}
	if (c->cr) {
		*odd |= ODD_BIT(BARE_CR);
		c->line_len = 1;
	}
	c->cr = b == '\r';
	if (!c->cr)
		c->line_len = 1;
}

size_t chunked_framing(struct chunked *c, struct slice in, uint64_t *odd)
{
	size_t n = 0;
	while (n < in.len) {
		switch ((enum chunk_state)c->state) {
		case CHUNK_SIZE:
			take_size_byte(c, in.at[n++], odd);
			break;
		case CHUNK_DATA_END:
			take_data_end_byte(c, in.at[n++], odd);
			break;
		case CHUNK_TRAILER:
			take_trailer_byte(c, in.at[n++], odd);
			break;
		default:
			return n;
		}
	}
	return n;
}

void chunked_data(struct chunked *c, uint64_t n)
{
	if (never(c->state != CHUNK_DATA || n > c->left))
		n = c->left;
	c->left -= n;
	if (c->left == 0)
		begin_line(c, CHUNK_DATA_END);
}

#include "tunnel/node_http_tunnel_items.h"

enum at {
	BEFORE,
	FIRST,
	OBJECT,
	KEY,
	IN_KEY,
	COLON,
	VALUE,
	IN_STRING,
	IN_NUMBER,
	IN_DATA,
	VALUE_OVER,
	OBJECT_OVER,
	WHOLE,
	BROKEN
};

enum key { KEY_METHOD, KEY_STREAM, KEY_PORT, KEY_HOST, KEY_DATA, KEYS };

static const char *const keys[KEYS] = { "method", "stream_id", "port", "host", "data" };
static const char *const methods[] = { [ITEM_OPEN] = "open",
	[ITEM_OPEN_ACK] = "openAck",
	[ITEM_DATA] = "data",
	[ITEM_END] = "end",
	[ITEM_CLOSE] = "close" };

void items_begin(struct items *it)
{
	*it = (struct items){ .at = BEFORE };
}

bool items_broken(const struct items *it)
{
	return it->at == BROKEN;
}

bool items_whole(const struct items *it)
{
	return it->at == WHOLE;
}

void items_break(struct items *it)
{
	it->at = BROKEN;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice text_of(const struct items *it, unsigned from)
{
	return (struct slice){ (const uint8_t *)it->text + from, (size_t)it->len - from };
}

static struct slice name(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static bool has(const struct items *it, enum key key)
{
	return (it->seen & 1U << key) != 0;
}

/* Adds to the text at hand. */
static enum at keep(struct items *it, uint8_t c, enum at next)
{
	if (it->len == ITEM_TEXT)
		return BROKEN;
	it->text[it->len++] = (char)c;
	return next;
}

static enum at end_key(struct items *it)
{
	unsigned key = 0;
	while (key < KEYS && !slice_eq(text_of(it, it->host_len), name(keys[key])))
		key++;
	if (key == KEYS || has(it, (enum key)key))
		return BROKEN;
	it->key = (uint8_t)key;
	it->seen |= (uint8_t)(1U << key);
	it->len = it->host_len;
	return COLON;
}

static enum at end_method(struct items *it)
{
	for (unsigned i = ITEM_OPEN; i <= ITEM_CLOSE; i++)
		if (slice_eq(text_of(it, it->host_len), name(methods[i])))
			it->method = (uint8_t)i;
	return it->method == ITEM_NONE ? BROKEN : VALUE_OVER;
}

/* The value at hand is over.  A host stays in the text, and what comes next is kept behind it. */
static enum at end_value(struct items *it)
{
	uint64_t number = 0;
	const struct slice value = text_of(it, it->host_len);
	enum at next = VALUE_OVER;
	switch (it->key) {
	case KEY_METHOD:
		next = end_method(it);
		break;
	case KEY_STREAM:
		next = slice_decimal(value, UINT32_MAX - 1, &number) ? VALUE_OVER : BROKEN;
		it->stream = (uint32_t)number;
		break;
	case KEY_PORT:
		next = slice_decimal(value, 65535, &number) ? VALUE_OVER : BROKEN;
		it->port = (uint16_t)number;
		break;
	case KEY_HOST:
		it->host_len = it->len;
		return value.len != 0 ? VALUE_OVER : BROKEN;
	default:
		return BROKEN;
	}
	it->len = it->host_len;
	return next;
}

/* Has the object all that its method wants, and nothing else? */
static bool is_complete(const struct items *it)
{
	if (!has(it, KEY_METHOD) || !has(it, KEY_STREAM))
		return false;
	const bool target = has(it, KEY_HOST) && has(it, KEY_PORT), none = !has(it, KEY_HOST) && !has(it, KEY_PORT);
	if (it->method == ITEM_OPEN)
		return target && !has(it, KEY_DATA);
	if (it->method == ITEM_DATA)
		return none && has(it, KEY_DATA);
	return none && (it->method == ITEM_END || !has(it, KEY_DATA));
}

static void begin_object(struct items *it)
{
	it->seen = it->len = it->host_len = 0;
	it->method = ITEM_NONE;
}

static enum at begin_value(struct items *it, uint8_t c)
{
	const bool digit = c >= '0' && c <= '9';
	if (it->key == KEY_DATA) {
		/* Data is believed only where it is known whose it is: the tool writes it last. */
		const bool known = has(it, KEY_STREAM) && (it->method == ITEM_DATA || it->method == ITEM_END);
		it->base64 = (struct base64){ 0 };
		return c == '"' && known ? IN_DATA : BROKEN;
	}
	if (digit && (it->key == KEY_STREAM || it->key == KEY_PORT))
		return keep(it, c, IN_NUMBER);
	return c == '"' && it->key != KEY_STREAM ? IN_STRING : BROKEN;
}

static enum at after_value(uint8_t c)
{
	return c == ',' ? KEY : c == '}' ? OBJECT_OVER : BROKEN;
}

/* One byte outside strings and numbers. */
static enum at step(struct items *it, uint8_t c)
{
	switch (it->at) {
	case BEFORE:
		return c == '[' ? FIRST : BROKEN;
	case FIRST:
		if (c == ']')
			return WHOLE;
		/* fall through */
	case OBJECT:
		begin_object(it);
		return c == '{' ? KEY : BROKEN;
	case KEY:
		return c == '"' ? IN_KEY : BROKEN;
	case COLON:
		return c == ':' ? VALUE : BROKEN;
	case VALUE:
		return begin_value(it, c);
	case VALUE_OVER:
		return after_value(c);
	case OBJECT_OVER:
		return c == ',' ? OBJECT : c == ']' ? WHOLE : BROKEN;
	default:
		return BROKEN;
	}
}

/* One byte of a string or a number; a number ends at the byte behind it. */
static enum at step_inside(struct items *it, uint8_t c)
{
	if (it->at == IN_NUMBER && c >= '0' && c <= '9')
		return keep(it, c, IN_NUMBER);
	if (it->at == IN_NUMBER) {
		const enum at next = end_value(it);
		return next == BROKEN || is_blank(c) ? next : after_value(c);
	}
	if (c == '"')
		return it->at == IN_KEY ? end_key(it) : end_value(it);
	return c < ' ' || c == '\\' ? BROKEN : keep(it, c, (enum at)it->at);
}

/* Base64 up to the quote. */
static enum at read_data(struct items *it, struct slice *in, uint8_t *out, size_t size, size_t *n)
{
	struct slice letters = slice_head(*in, slice_find(*in, '"'));
	const size_t len = letters.len;
	*n = base64_read(&it->base64, &letters, out, size);
	*in = slice_from(*in, len - letters.len);
	if (it->base64.bad)
		return BROKEN;
	if (letters.len != 0 || in->len == 0)
		return IN_DATA;
	*in = slice_from(*in, 1);
	return base64_whole(&it->base64) ? VALUE_OVER : BROKEN;
}

enum items_found items_read(struct items *it, struct slice *in, uint8_t *out, size_t size, size_t *n)
{
	*n = 0;
	while (in->len != 0 && it->at != BROKEN) {
		if (it->at == IN_DATA) {
			it->at = (uint8_t)read_data(it, in, out, size, n);
			if (*n != 0)
				return ITEMS_BYTES;
			continue;
		}
		const uint8_t c = in->at[0], before = it->at;
		*in = slice_from(*in, 1);
		const bool inside = it->at == IN_KEY || it->at == IN_STRING || it->at == IN_NUMBER;
		if (inside)
			it->at = (uint8_t)step_inside(it, c);
		else if (!is_blank(c))
			it->at = (uint8_t)step(it, c);
		if (it->at != OBJECT_OVER || before == OBJECT_OVER)
			continue;
		if (!is_complete(it)) {
			it->at = BROKEN;
			break;
		}
		it->count = it->count < ITEM_MOST ? (uint8_t)(it->count + 1) : it->count;
		return ITEMS_ITEM;
	}
	*in = slice_from(*in, in->len);
	return ITEMS_MORE;
}

#include "tunnel/suo5_frames.h"

#include "tunnel/base64.h"
#include "tunnel/key.h"

enum { TEXT_HEADER = 8, TEXT_LEAST = 11, BINARY_LEAST = 8, MOST = 48u << 20 /* 32 MiB in base64 */ };
enum step { NAME_LENGTH, NAME, VALUE_LENGTH, VALUE };

void suo5_begin(struct suo5_frames *f)
{
	*f = (struct suo5_frames){ .at = SUO5_HEAD };
}

static bool is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_base64url(uint8_t c)
{
	return base64_value(c) >= 0 && c != '+' && c != '/';
}

/* Do the bytes after the length read as a row, with keys of so many bytes? */
static bool reads_with(const uint8_t *head, unsigned keys)
{
	const uint8_t *key = head + 4, *row = key + keys;
	const unsigned len = row[0] ^ key[0];
	if (len < 1 || len > 3)
		return false;
	for (unsigned i = 1; i <= len; i++)
		if (!is_name(row[i] ^ key[i % keys]))
			return false;
	return (row[len + 1] ^ key[(len + 1) % keys]) == 0;
}

static void begin_row(struct suo5_frames *f, const uint8_t *key, unsigned keys, uint32_t left, uint32_t least)
{
	f->key[0] = key[0];
	f->key[1] = key[keys - 1];
	f->left = left;
	f->have = f->turn = 0;
	f->bits = f->digits = 0;
	f->id = 0;
	f->has_action = f->check = false;
	f->step = NAME_LENGTH;
	f->at = left >= least && left <= MOST ? SUO5_ROW : SUO5_BROKEN;
}

static void text_header(struct suo5_frames *f)
{
	uint8_t raw[6];
	struct base64 b = { 0 };
	struct slice in = { f->head, TEXT_HEADER };
	if (base64_read(&b, &in, raw, sizeof raw) != sizeof raw) {
		f->at = SUO5_BROKEN;
		return;
	}
	for (unsigned i = 2; i < 6; i++)
		raw[i] ^= raw[i % 2];
	f->form = SUO5_TEXT;
	begin_row(f, raw, 2, read_be32(raw + 2), TEXT_LEAST);
}

static uint8_t take_key_off(struct suo5_frames *f, uint8_t byte)
{
	byte ^= f->key[f->turn];
	f->turn ^= 1;
	return byte;
}

static void row_byte(struct suo5_frames *f, uint8_t byte);

/* The row's first bytes were needed to tell the form. */
static void binary_header(struct suo5_frames *f)
{
	uint8_t head[SUO5_HEADER];
	memcpy(head, f->head, sizeof head);
	if (f->form == SUO5_UNKNOWN && reads_with(head, 1))
		f->form = SUO5_ONE_KEY;
	else if (f->form == SUO5_UNKNOWN && reads_with(head, 2))
		f->form = SUO5_TWO_KEYS;
	const unsigned keys = f->form == SUO5_ONE_KEY ? 1 : 2;
	if (f->form == SUO5_UNKNOWN || !reads_with(head, keys)) {
		f->at = SUO5_BROKEN;
		return;
	}
	begin_row(f, head + 4, keys, read_be32(head), BINARY_LEAST);
	for (unsigned i = 4 + keys; i < sizeof head && f->at == SUO5_ROW; i++) {
		f->left--;
		row_byte(f, take_key_off(f, head[i]));
	}
}

/* A text form begins with a letter, a binary one with the top of a length: they cannot be taken for each other. */
static void header_byte(struct suo5_frames *f, uint8_t byte)
{
	const bool binary = f->form == SUO5_ONE_KEY || f->form == SUO5_TWO_KEYS ||
			    (f->form == SUO5_UNKNOWN && (f->have != 0 ? f->head[0] : byte) <= MOST >> 24);
	f->head[f->have++] = byte;
	if (binary && f->have == SUO5_HEADER) {
		binary_header(f);
	} else if (!binary) {
		if (!is_base64url(byte))
			f->at = SUO5_BROKEN;
		else if (f->have == TEXT_HEADER)
			text_header(f);
	}
}

static bool is_named(const struct suo5_frames *f, const char *name)
{
	return strcmp(f->name, name) == 0;
}

static void end_name(struct suo5_frames *f)
{
	f->name[f->have] = '\0';
	f->have = 0;
	f->value_left = 0;
	f->value_at = 0;
	f->step = VALUE_LENGTH;
}

static void end_value_length(struct suo5_frames *f)
{
	f->have = 0;
	f->step = f->value_left != 0 ? VALUE : NAME_LENGTH;
	if (f->value_left > f->left || (is_named(f, "ac") && f->value_left != 1))
		f->at = SUO5_BROKEN;
	if (is_named(f, "id"))
		f->id = KEY_START;
}

static void value_byte(struct suo5_frames *f, uint8_t byte)
{
	if (is_named(f, "ac")) {
		f->has_action = true;
		f->action = byte;
	} else if (is_named(f, "m") && f->value_at == 0) {
		f->check = byte == 0;
	} else if (is_named(f, "id")) {
		f->id = key_byte(f->id, byte);
	}
	f->value_at++;
	if (--f->value_left == 0)
		f->step = NAME_LENGTH;
}

/* One byte of the row, its key taken off. */
static void row_byte(struct suo5_frames *f, uint8_t byte)
{
	switch (f->step) {
	case NAME_LENGTH:
		f->name_len = byte;
		f->step = NAME;
		if (byte < 1 || byte > SUO5_NAME)
			f->at = SUO5_BROKEN;
		return;
	case NAME:
		if (!is_name(byte))
			f->at = SUO5_BROKEN;
		f->name[f->have++] = (char)byte;
		if (f->have == f->name_len)
			end_name(f);
		return;
	case VALUE_LENGTH:
		f->value_left = f->value_left << 8 | byte;
		if (++f->have == 4)
			end_value_length(f);
		return;
	default:
		value_byte(f, byte);
	}
}

/* One byte as written; true when it makes up one of the row, in `*byte`. */
static bool decode(struct suo5_frames *f, uint8_t *byte)
{
	f->left--;
	if (f->form != SUO5_TEXT)
		return true;
	if (!is_base64url(*byte)) {
		f->at = SUO5_BROKEN;
		return false;
	}
	f->bits = f->bits << 6 | (unsigned)base64_value(*byte);
	f->digits = (uint8_t)(f->digits + 6);
	if (f->digits < 8)
		return false;
	f->digits = (uint8_t)(f->digits - 8);
	*byte = (uint8_t)(f->bits >> f->digits);
	return true;
}

static struct suo5_piece end_frame(struct suo5_frames *f)
{
	const bool good = f->step == NAME_LENGTH && f->has_action && f->action < 0x20;
	f->at = good ? SUO5_HEAD : SUO5_BROKEN;
	f->have = 0;
	return (struct suo5_piece){ .what = good ? SUO5_FRAME : SUO5_NOTHING };
}

/* Bytes of the value at hand, as many as there are and fit. */
static struct suo5_piece read_value(struct suo5_frames *f, struct slice *in, uint8_t *out, size_t size)
{
	struct suo5_piece piece = { .what = SUO5_VALUE, .name = f->name, .first = f->value_at == 0 };
	size_t n = 0;
	while (in->len != 0 && f->at == SUO5_ROW && f->step == VALUE && f->left != 0 && n < size) {
		uint8_t byte = in->at[0];
		*in = slice_from(*in, 1);
		if (!decode(f, &byte))
			continue;
		out[n] = take_key_off(f, byte);
		row_byte(f, out[n++]);
	}
	piece.bytes = (struct slice){ out, n };
	return piece;
}

struct suo5_piece suo5_read(struct suo5_frames *f, struct slice *in, uint8_t *out, size_t size)
{
	for (;;) {
		if (f->at == SUO5_ROW && f->left == 0)
			return end_frame(f);
		if (in->len == 0 || f->at == SUO5_OFF || f->at == SUO5_BROKEN)
			break;
		if (f->at == SUO5_ROW && f->step == VALUE) {
			const struct suo5_piece piece = read_value(f, in, out, size);
			if (piece.bytes.len != 0)
				return piece;
			continue;
		}
		uint8_t byte = in->at[0];
		*in = slice_from(*in, 1);
		if (f->at == SUO5_HEAD)
			header_byte(f, byte);
		else if (decode(f, &byte))
			row_byte(f, take_key_off(f, byte));
	}
	*in = slice_from(*in, in->len);
	return (struct suo5_piece){ .what = SUO5_NOTHING };
}

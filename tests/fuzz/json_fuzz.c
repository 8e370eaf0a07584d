/* Any sequence of calls, with any strings as keys and values, in any room: the outcome is one strict line or none. */
#include <stdlib.h>
#include "base/json.h"
#include "json_check.h"

enum { MOST_DEPTH = 32, MOST_ROOM = 16384, MOST_TEXT = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum call { OBJECT, ARRAY, CLOSE, STRING, SLICED, UINT, INT, FIXED, BOOL, NOTHING, PRINTED, CALLS };

struct player {
	struct json j;
	struct cursor in;
	bool in_array[MOST_DEPTH];
	unsigned depth;
};

static struct slice some_bytes(struct player *p)
{
	const size_t want = cursor_be16(&p->in) % MOST_TEXT;
	return cursor_take(&p->in, want < p->in.rest.len ? want : p->in.rest.len);
}

static uint64_t some_number(struct player *p)
{
	const struct slice s = cursor_take(&p->in, p->in.rest.len < 8 ? p->in.rest.len : 8);
	uint64_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n = n << 8 | s.at[i];
	return n;
}

static void open_one(struct player *p, const char *key, bool array)
{
	if (p->depth == MOST_DEPTH)
		return;
	if (array)
		json_array(&p->j, key);
	else
		json_object(&p->j, key);
	p->in_array[p->depth++] = array;
}

static void close_one(struct player *p)
{
	if (p->depth == 0)
		return;
	if (p->in_array[--p->depth])
		json_array_end(&p->j);
	else
		json_object_end(&p->j);
}

static void play_value(struct player *p, enum call call, const char *key)
{
	char text[MOST_TEXT];
	switch (call) {
	case STRING:
		slice_copy(some_bytes(p), text, sizeof text);
		json_string(&p->j, key, text);
		return;
	case SLICED:
		json_slice(&p->j, key, some_bytes(p));
		return;
	case UINT:
		json_uint(&p->j, key, some_number(p));
		return;
	case INT:
		json_int(&p->j, key, (int64_t)some_number(p));
		return;
	case FIXED:
		json_fixed(&p->j, key, (int64_t)some_number(p), cursor_u8(&p->in));
		return;
	case BOOL:
		json_bool(&p->j, key, cursor_u8(&p->in) & 1);
		return;
	case PRINTED:
		slice_copy(some_bytes(p), text, sizeof text);
		json_printf(&p->j, key, "%s/%u", text, (unsigned)cursor_u8(&p->in));
		return;
	default:
		json_null(&p->j, key);
	}
}

static void play_call(struct player *p)
{
	char name[64];
	const enum call call = cursor_u8(&p->in) % CALLS;
	if (call == CLOSE) {
		close_one(p);
		return;
	}
	const size_t len = cursor_u8(&p->in) % 40;
	slice_copy(cursor_take(&p->in, len < p->in.rest.len ? len : p->in.rest.len), name, sizeof name);
	const char *const key = p->depth != 0 && p->in_array[p->depth - 1] ? NULL : name;
	if (call == OBJECT || call == ARRAY)
		open_one(p, key, call == ARRAY);
	else
		play_value(p, call, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct player p = { .in = cursor_on((struct slice){ data, size }) };
	const size_t room = cursor_be16(&p.in) % MOST_ROOM;
	char *const out = malloc(room + (room == 0));
	if (out == NULL)
		return 0;
	json_begin(&p.j, out, room);
	while (p.in.ok && p.in.rest.len != 0)
		play_call(&p);
	while (p.depth != 0)
		close_one(&p);
	const size_t len = json_end(&p.j);
	if (len > room || (len == 0) != p.j.full || (len != 0 && !json_check_line(out, len)))
		abort();
	free(out);
	return 0;
}

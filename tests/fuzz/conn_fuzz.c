/* Two sides of anything: no call may hang or stand still (two_sides.h checks each), and without holes each side's events
 * are the same however its bytes are cut.
 *
 * First byte: bit 0 content is wanted, bit 1 a switch is accepted, bit 2 joined midway; the rest, the size of pieces.  Then
 * records: a byte (bit 0 the server, 0x40 a hole, 0x80 the end), two bytes of length, bytes. */
#include <stdlib.h>
#include "two_sides.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_in_pieces(struct two_sides *x, enum side from, struct slice bytes, size_t step)
{
	for (size_t at = 0; at < bytes.len; at += step)
		sides_send(x, from, slice_head(slice_from(bytes, at), step));
}

/* True when there was a hole. */
static bool play(struct two_sides *x, struct slice in, size_t step)
{
	struct cursor c = cursor_on(in);
	bool hole = false;
	const uint8_t how = cursor_u8(&c);
	sides_begin(x, how & 4);
	x->want = how & 1;
	x->accept = how & 2;
	x->apart = true;
	while (c.ok && c.rest.len != 0) {
		const uint8_t head = cursor_u8(&c);
		const size_t len = cursor_be16(&c);
		const enum side from = head & 1 ? SERVER : CLIENT;
		if (head & 0x80) {
			sides_end(x, from);
		} else if (head & 0x40) {
			hole = true;
			sides_lose(x, from, len);
		} else {
			send_in_pieces(x, from, cursor_take(&c, len < c.rest.len ? len : c.rest.len), step);
		}
	}
	sides_end(x, CLIENT);
	sides_end(x, SERVER);
	sides_conclude(x);
	return hole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct two_sides *x;
	static char whole[SIDES_LOG];
	if (x == NULL) {
		x = calloc(1, sizeof *x);
		if (x == NULL)
			abort();
		x->edge = edge_new(SIDES_MOST);
	}
	if (size < 4)
		return 0;
	for (enum side side = CLIENT; side <= SERVER; side++) {
		x->only = side;
		const bool hole = play(x, (struct slice){ data, size }, SIZE_MAX / 2);
		const bool hurried = x->conn.hurried;
		memcpy(whole, x->log, x->log_len + 1);
		play(x, (struct slice){ data, size }, 1 + (data[0] >> 3) * (size > 4096 ? 61u : 1u));
		if (!hole && !hurried && !x->conn.hurried && strcmp(whole, x->log) != 0) {
			fprintf(stderr, "whole:\n%spieces:\n%s", whole, x->log);
			abort();
		}
	}
	return 0;
}

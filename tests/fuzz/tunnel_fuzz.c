/* All detectors at once, on two connections of the same two hosts: nothing is read past its end, every finding and notebook
 * comes back, and a tunnel that is seen when bytes come at once is seen when they come in pieces.  (Not the other way round: what
 * proved itself before it broke within one piece may be forgotten with it.)
 *
 * The first byte says nothing (seeds are those of the engine).  Records: a byte (bit 0 the server, bit 1 the second connection, bits 2 to 4 tenths of a second before it), two bytes of
 * length, bytes. */
#include <stdlib.h>
#include "tunnel/tunnel.h"
#include "two_sides.h"
#include "verdict/verdict.h"
#include "owner.h"
#include "room.h"

enum { LINES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
	struct two_sides sides;
	struct tunnel tunnel;
	struct dossier dossier;
	uint64_t id;
	struct lab *lab;
};

struct lab {
	struct tunnel_kit kit;
	void *ours;
	int64_t t;
	struct line line[LINES];
};

static bool show(void *whom, const struct http_event *ev)
{
	struct line *l = whom;
	struct http_event now = *ev;
	now.t = l->lab->t;
	const struct tunnel_owner owner = owner_of(&l->id);
	return tunnel_see(&l->lab->kit, &l->tunnel, &now, &l->dossier, &owner);
}

static void begin(struct lab *x)
{
	memset(x->ours, 0, tunnel_shared_size());
	for (size_t i = 0; i < x->kit.groups.sets * 4; i++)
		if (x->kit.groups.at[i].key != 0)
			x->kit.groups.at[i] = (struct group){ 0 };
	x->t = 1000000000;
	for (unsigned i = 0; i < LINES; i++) {
		struct line *l = &x->line[i];
		sides_begin(&l->sides, false);
		l->sides.show = show;
		l->sides.whom = l;
		l->lab = x;
		dossier_init(&l->dossier, room_for_notes());
		l->id = 100 + i;
		tunnel_init(&l->tunnel, x->ours);
	}
}

static void play(struct lab *x, struct slice in, size_t step)
{
	struct cursor c = cursor_on(in);
	begin(x);
	cursor_u8(&c);
	while (c.ok && c.rest.len != 0) {
		const uint8_t head = cursor_u8(&c);
		const size_t len = cursor_be16(&c);
		const struct slice bytes = cursor_take(&c, len < c.rest.len ? len : c.rest.len);
		x->t += (head >> 2 & 7) * INT64_C(100000000);
		for (size_t at = 0; at < bytes.len; at += step)
			sides_send(&x->line[head >> 1 & 1].sides, head & 1 ? SERVER : CLIENT,
			    slice_head(slice_from(bytes, at), step));
	}
	for (unsigned i = 0; i < LINES; i++) {
		sides_end(&x->line[i].sides, CLIENT);
		sides_end(&x->line[i].sides, SERVER);
	}
}

static void finish(struct lab *x, enum label label[LINES])
{
	for (unsigned i = 0; i < LINES; i++) {
		struct line *l = &x->line[i];
		const struct tunnel_owner owner = owner_of(&l->id);
		tunnel_end(&x->kit, &l->tunnel, &l->dossier, &owner);
		tunnel_end(&x->kit, &l->tunnel, &l->dossier, &owner);
		const struct finding *f = tunnel_finding(&l->tunnel);
		if (f != NULL && (f->peer_count > FINDING_PEERS || f->inner_len[0] > FINDING_INNER ||
				     f->inner_len[1] > FINDING_INNER || memchr(f->target, 0, sizeof f->target) == NULL))
			abort();
		label[i] = (enum label)verdict_weigh(&l->dossier, false, true).label;
		tunnel_fini(&x->kit, &l->tunnel);
	}
	size_t notebooks = 0;
	for (unsigned i = 0; i < SHEETS; i++)
		notebooks += x->kit.notebooks[i].used;
	if (x->kit.findings.used != 0 || x->kit.samples.used != 0 || notebooks != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lab *x;
	if (x == NULL) {
		struct err e;
		x = calloc(1, sizeof *x);
		if (x == NULL || !tunnel_kit_init(&x->kit, 16, NULL, &e) ||
		    (x->ours = calloc(1, tunnel_shared_size())) == NULL)
			abort();
		for (unsigned i = 0; i < LINES; i++)
			x->line[i].sides.edge = edge_new(SIDES_MOST);
	}
	enum label whole[LINES], pieces[LINES];
	play(x, (struct slice){ data, size }, SIZE_MAX / 2);
	finish(x, whole);
	if (STARVED || size > 8192)
		return 0;
	play(x, (struct slice){ data, size }, 1 + size % 13);
	finish(x, pieces);
	for (unsigned i = 0; i < LINES; i++) {
		if (whole[i] != LABEL_HTTP_TUNNEL || pieces[i] == LABEL_HTTP_TUNNEL)
			continue;
		fprintf(stderr, "whole: %s, %s; pieces: %s, %s\n", label_name(whole[0]), label_name(whole[1]),
		    label_name(pieces[0]), label_name(pieces[1]));
		abort();
	}
	return 0;
}

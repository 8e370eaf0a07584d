/* desk -- where tests write records: each is one strict object, and is appended to the file that RECORDS names, if any, for
 * schema-check.  Include after <cmocka.h>. */
#ifndef LIB_DESK_H
#define LIB_DESK_H

#include <stdio.h>
#include <stdlib.h>
#include "json_check.h"
#include "report/record.h"
#include "room.h"
#include "story.h"

struct desk {
	struct made_up x;
	struct clock_text clock;
	struct phrases phrases;
	char line[MAX_LINE + 1];
	size_t len;
	FILE *copy;
};

static inline FILE *copy_to(const char *path)
{
	return path != NULL ? fopen(path, "a") : NULL;
}

static inline int make_desk(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	if (d == NULL)
		return -1;
	d->copy = copy_to(getenv("RECORDS"));
	*state = d;
	return 0;
}

static inline int clear_desk(void **state)
{
	struct desk *d = *state;
	if (d->copy != NULL)
		fclose(d->copy);
	free(d);
	return 0;
}

static inline struct record begin(struct desk *d, char *out, size_t size, bool bare)
{
	struct record r = { .clock = &d->clock, .phrases = &d->phrases, .bare = bare, .cut = bare };
	json_begin(&r.json, out, size);
	return r;
}

/* Every line is one strict object, whatever went in. */
static inline void keep(struct desk *d, size_t len)
{
	assert_true(len != 0 && len <= MAX_LINE);
	assert_true(json_check_line(d->line, len));
	if (d->copy != NULL)
		fwrite(d->line, 1, len, d->copy);
	d->len = len;
	d->line[len] = '\0';
}

static inline void tell_flow(struct desk *d)
{
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_flow(&r, &d->x.f));
}

static inline void has(const struct desk *d, const char *what)
{
	if (strstr(d->line, what) == NULL)
		fail_msg("no %s in %s", what, d->line);
}

static inline void lacks(const struct desk *d, const char *what)
{
	if (strstr(d->line, what) != NULL)
		fail_msg("%s in %s", what, d->line);
}

/* Every string from the wire full of one byte, every length at its most and beyond. */
static inline void fill_hostile(struct made_up *x, int byte)
{
	story_begin(x, LABEL_BLIND_RELAY);
	for (unsigned level = 0; level <= MAX_NESTING; level++) {
		for (unsigned i = 0; i < MAX_HANDSHAKES; i++) {
			struct handshake_record *h =
			    i % 2 ? story_upgrade(x, level, "x") : story_connect(x, level, "h", 1);
			memset(h->target, byte, sizeof h->target);
			memset(h->user, byte, sizeof h->user);
			memset(h->scheme, byte, sizeof h->scheme);
			memset(h->protocol, byte, sizeof h->protocol);
			memset(h->offered, byte, sizeof h->offered);
			memset(h->chosen, byte, sizeof h->chosen);
			memset(h->alpn, byte, sizeof h->alpn);
			h->target_len = UINT16_MAX;
			h->host_at = 3;
			h->host_len = UINT16_MAX;
			h->user_len = h->protocol_len = h->offered_len8 = h->alpn_len = UINT8_MAX;
		}
		story_hello(story_channel(x, level, "tls", ""), "");
		struct channel *c = &x->channel[level];
		memset(c->sni, byte, sizeof c->sni);
		memset(c->alpn, byte, sizeof c->alpn);
		memset(c->banner, byte, sizeof c->banner);
		memset(c->ja4, byte, sizeof c->ja4);
		c->alpn_count = UINT8_MAX;
	}
	x->f.finding = &x->finding;
	memset(&x->finding.target, byte, sizeof x->finding.target);
	x->finding.peer_count = UINT8_MAX;
	memset(x->finding.peers, 0x03, sizeof x->finding.peers);
	x->dossier.doubts = (1u << DOUBTS) - 1;
	x->dossier.odd = (UINT64_C(1) << (ODDS - 1)) - 1;
	static const struct sign signs[MAX_NOTES] = { [0 ... MAX_NOTES - 1] = {
							  "handshake", "connect-accepted", FOR_RELAY, PROOF } };
	x->dossier.room = room_for_notes();
	for (unsigned i = 0; i < MAX_NOTES; i++)
		dossier_add(&x->dossier, &signs[i], CLIENT, INT64_MAX, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_desk, clear_desk)

#endif

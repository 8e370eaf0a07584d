/* look -- what a message says of itself, and what its first bytes say: pure.  Private to tunnel. */
#ifndef TUNNEL_LOOK_H
#define TUNNEL_LOOK_H

#include "http/head.h"
#include "tunnel/foreign.h"

enum look_type {
	LOOK_NOTHING, /* no content type */
	LOOK_BINARY,  /* application/octet-stream */
	LOOK_TEXT,    /* text, JSON, XML */
	LOOK_IMAGE,   /* one with a known beginning */
	LOOK_MEDIA,   /* other images, sound, film, fonts, archives */
	LOOK_FORM,    /* a form; what some programs say of any content */
	LOOK_EVENTS,  /* text/event-stream */
	LOOK_CODED,   /* a content coding: the bytes are not what the type says */
	LOOK_OTHER
};

enum look_type look_type(const struct head *h);

/* All that the content type says of the bytes. */
struct look {
	enum look_type type;
	bool parts; /* content in parts, each with a head of its own */
	bool text;  /* where a value may stand behind others: text, and the fields of a form */
};
struct look look_content(const struct head *h);

/* A type of a binary protocol that is known to poll, stream or upload over HTTP. */
bool look_known_type(const struct head *h);

bool look_field_closely(const struct field *f, struct slice *value, struct foreign *out);

/* Does a cookie, or a field that no standard has, hold a foreign protocol's beginning?  Most fields are short, or have another
 * first letter. */
static inline bool look_field(const struct field *f, struct slice *value, struct foreign *out)
{
	enum { VALUE_LEAST = 16 };
	if (f->value.len < VALUE_LEAST || f->name.len == 0)
		return false;
	const uint8_t first = f->name.at[0] | 0x20;
	return (first == 'x' || first == 'c' || first == 's') && look_field_closely(f, value, out);
}

/* Where a request goes: its Host and its target without query and without segments that look like a name made up for one
 * use.  Never 0.  `*host`: its Host, whatever the path. */
uint64_t look_place(const struct head *request, uint64_t *host);

/* Do the bytes look random: as many different values as chance would give, and no known file begins so?  Never of fewer
 * than 64. */
bool look_random(struct slice sample);

/* Nothing but base64, mixed as encoded binary is, and long enough to say so. */
bool look_base64(struct slice sample);

/* May this begin a text/event-stream? */
bool look_events(struct slice sample);

/* The plain bytes of content in that form, as far as `plain` holds them. */
struct slice look_decoded(struct slice content, enum form form, uint8_t plain[FOREIGN_SAMPLE]);

#endif

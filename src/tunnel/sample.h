/* sample -- which bytes of a message's content are looked at for another protocol's beginning.  Private to tunnel.
 *
 * The first FOREIGN_SAMPLE bytes; of text, where a value may stand behind others, further pieces of that size; of content
 * in parts, the beginning of each part.  Never farther than SAMPLE_DEEP.
 */
#ifndef TUNNEL_SAMPLE_H
#define TUNNEL_SAMPLE_H

#include "tunnel/foreign.h"

enum { SAMPLE_DEEP = 1024 };

struct sample {
	uint8_t bytes[FOREIGN_SAMPLE];
	uint8_t have;
	uint8_t blank; /* in parts: bytes of an empty line read */
	uint16_t deep; /* bytes before those at hand; in parts: bytes read */
	bool parts, text;
	bool done; /* nothing more is wanted */
};

/* Content in parts; text; neither. */
void sample_begin(struct sample *m, bool parts, bool text);

/* Takes bytes away from `*bytes`.  True: look at what is there now, then call sample_next. */
bool sample_read(struct sample *m, struct slice *bytes);

/* Is there another protocol's beginning in it?  `whole`: it is all there is. */
bool sample_foreign(const struct sample *m, bool whole, struct foreign *out);

/* It was looked at.  `found`: that is enough.  `deeper`: a piece farther on may be worth a look. */
void sample_next(struct sample *m, bool found, bool deeper);

/* None, of no sample. */
static inline struct slice sample_bytes(const struct sample *m)
{
	return m != NULL ? (struct slice){ m->bytes, m->have } : (struct slice){ NULL, 0 };
}

#endif

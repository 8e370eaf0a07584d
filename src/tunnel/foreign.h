/* foreign -- does content begin with another protocol's first bytes?  Private to tunnel.
 *
 * Only first bytes that no file and no application's message has by accident: naming whatever a pipe carries is channel's
 * affair and may guess, here a wrong name would be a step to a false alarm.
 */
#ifndef TUNNEL_FOREIGN_H
#define TUNNEL_FOREIGN_H

#include "base/slice.h"

enum form { FORM_NONE, FORM_RAW, FORM_BASE64, FORM_HEX };

struct foreign {
	const char *name; /* "ssh", "tls", ... */
	enum form form;
	size_t at;    /* where in the sample it begins */
	uint8_t skip; /* and so many decoded bytes behind */
};

enum { FOREIGN_SAMPLE = 160 }; /* so much of a body's beginning is looked at */

/* `whole`: the sample is all there is.  In any of the forms, behind a short binary header, or as a value in text. */
bool foreign_find(struct slice sample, bool whole, struct foreign *out);

/* Which part of the dialogue such a beginning is; 0: none.  Two beginnings of one protocol are its two parts when these
 * differ, of IP when each is the other turned round (foreign_turned). */
uint64_t foreign_part(const char *name, struct slice begins);
uint64_t foreign_turned(uint64_t part);

/* Can either side say this first (SSH, VNC), so that a store of such lines looks like a dialogue until more is said? */
bool foreign_is_greeting(const char *name);

/* Behind the greeting, or instead of it, what only follows in a dialogue. */
bool foreign_goes_on(struct slice begins);

/* The same of a piece from the middle of text, whose first byte is there to tell what stands before the second. */
bool foreign_inside(struct slice sample, struct foreign *out);

/* Is that, from its first byte on, such a beginning in base64 or hexadecimal? */
bool foreign_value(struct slice value, struct foreign *out);

/* The protocol that begins exactly here, or NULL. */
const char *foreign_name(struct slice bytes, bool whole);

#endif

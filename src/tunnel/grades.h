/* grades -- what the signs of a tunnel that nobody has named are worth.  Private to tunnel; for general.c.
 *
 * A sign is a row: its name, the family it rests on, and its grade in tenths of a ban.
 */
#ifndef TUNNEL_GRADES_H
#define TUNNEL_GRADES_H

#include "tunnel/groups.h"

enum row {
	FOREIGN,
	FOREIGN_BOTH,
	BASE64_AS_BINARY,
	RANDOM_AS_TEXT,
	NO_IMAGE,
	NO_EVENTS,
	RANDOM_DUPLEX,
	RANDOM_BOTH,
	UNANSWERED,
	DUPLEX,
	PAIRED,
	DIFFERENT,
	ABSURD_LENGTH,
	ODD_HEAD,
	NO_AGENT,
	EVEN_POLL,
	GROWING_POLL,
	BALANCE,
	ROWS
};

_Static_assert(ROWS <= 32, "a group remembers its signs in 32 bits");

struct graded {
	struct sign sign;
	enum family family;
	uint8_t grade;
};
extern const struct graded graded_signs[ROWS];

/* Is one of them of content or structure?  Bit i: row i. */
bool grades_weighty(uint32_t signs);

/* What that row of a group's signs is worth beside what the dossier has. */
unsigned grades_now(const struct dossier *d, const struct group *g, const struct graded *row);

#endif

/* dnswire -- reads the header and the one question of a DNS message as they come (RFC 1035, 4.1). */
#ifndef TUNNEL_DNSWIRE_H
#define TUNNEL_DNSWIRE_H

#include "base/slice.h"

struct dnswire {
	uint8_t at;    /* bytes of the header, then of what follows the name */
	uint8_t label; /* bytes left of the label at hand */
	uint8_t stage;
	uint16_t flags, name; /* name: its length so far */
	uint16_t counts[4];
	uint16_t type, class;
	uint64_t question; /* hash of name, letters in one case, type and class */
};

void dnswire_begin(struct dnswire *d);
void dnswire_read(struct dnswire *d, struct slice in);

bool dnswire_bad(const struct dnswire *d);

/* A whole header of a standard query, and its question. */
bool dnswire_is_question(const struct dnswire *d);
bool dnswire_is_answer(const struct dnswire *d);

#endif

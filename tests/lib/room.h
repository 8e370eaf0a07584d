/* room -- where the dossiers of tests keep their notes.  It goes round: no test holds so many dossiers at once. */
#ifndef LIB_ROOM_H
#define LIB_ROOM_H

#include <stdlib.h>
#include "evidence/evidence.h"

enum { DOSSIERS = 4096 };

static inline struct pool *room_for_notes(void)
{
	static struct pool room;
	struct err e;
	if (room.blocks == NULL && !pool_init(&room, "notes", sizeof(struct more_notes), DOSSIERS, &e))
		abort();
	if (room.used == room.count)
		room.fresh = room.used = 0;
	return &room;
}

#endif

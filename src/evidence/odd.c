#include "evidence/odd.h"

struct odd_text {
	const char *room, *name;
};

#define ODD_TEXT(name, room, text) [ODD_##name] = { room, text },
static const struct odd_text texts[ODDS] = { ODD_LIST(ODD_TEXT) };

const char *odd_name(enum odd odd)
{
	return (unsigned)odd < ODDS ? texts[odd].name : "";
}

const char *odd_room(enum odd odd)
{
	return (unsigned)odd < ODDS ? texts[odd].room : "";
}

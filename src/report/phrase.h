/* phrase -- text that records share, as it was written last: most connections get the same verdict for the same signs, so their
 * words are copied in one go and not put together anew.  A phrase is about something that lives as long as the program (a sign,
 * or NULL) in a certain manner; one that is not there is written out, and then kept in the place of another.
 */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	PHRASES = 32, /* a power of two */
	PHRASE_MOST = 112
};

/* Manners: what kind of phrase, with what else tells it from others of its kind. */
#define PHRASE_VERDICT (UINT32_C(1) << 31)
#define PHRASE_NOTE    (UINT32_C(1) << 30)

struct phrase {
	const void *about;
	uint32_t manner; /* 0: none is here */
	uint32_t len;
	char text[PHRASE_MOST];
};

/* Begins as zeroed memory. */
struct phrases {
	struct phrase at[PHRASES];
};

static inline unsigned phrase_place(const void *about, uint32_t manner)
{
	const uint32_t mixed = (uint32_t)((uintptr_t)about >> 3) * 5 + manner * 3 + (manner >> 16) + (manner >> 28);
	return mixed % PHRASES;
}

/* Writes it at `at`, where PHRASE_MOST bytes must be there, and answers where the next goes; NULL when it is not known. */
static inline char *phrase_put(const struct phrases *p, const void *about, uint32_t manner, char *at)
{
	const struct phrase *known = &p->at[phrase_place(about, manner)];
	if (known->about != about || known->manner != manner)
		return NULL;
	memcpy(at, known->text, PHRASE_MOST);
	return at + known->len;
}

static inline void phrase_keep(struct phrases *p, const void *about, uint32_t manner, const char *text, size_t len)
{
	if (len > PHRASE_MOST)
		return;
	struct phrase *to = &p->at[phrase_place(about, manner)];
	to->about = about;
	to->manner = manner;
	to->len = (uint32_t)len;
	memcpy(to->text, text, len);
}

#endif

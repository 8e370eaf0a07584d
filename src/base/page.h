/* page -- numbers of one process that another reads, through memory that both map; they outlive who writes them.
 *
 * Two copies take turns: who writes fills the one that is not shown, then shows it by one store.  Killed in the midst of it, it
 * leaves the other copy shown, whole.  Beside them a beat, which moves as long as the writer's loop does.
 */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct page_shared;

struct page {
	struct page_shared *shared;
	size_t words; /* of 64 bits, in one copy */
};

/* Zeroes, of `len` bytes: a multiple of eight. */
bool page_init(struct page *p, size_t len, struct err *e) MUST_CHECK;
void page_fini(struct page *p);

/* All zero again.  Nobody must write any more. */
void page_reset(struct page *p);

void page_show(struct page *p, const void *numbers);

/* False: who writes goes too fast, or does not want to be read; `numbers` is not touched. */
bool page_read(const struct page *p, void *numbers);

void page_beat(struct page *p);
uint64_t page_beats(const struct page *p);

#endif

#include "base/reserve.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Before each piece stands which list it belongs to. */
enum { HEAD = RESERVE_GRAIN };

bool reserve_open(struct reserve *r, const char *what, size_t size, struct err *e)
{
	*r = (struct reserve){ 0 };
	void *const room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu bytes", size);
	r->room = room;
	r->size = size;
	return true;
}

void reserve_close(struct reserve *r)
{
	if (r->room != NULL)
		munmap(r->room, r->size);
	*r = (struct reserve){ 0 };
}

/* The list of pieces of that size, which is rounded up to the list's own. */
static size_t list_of(size_t *size)
{
	if (*size <= RESERVE_FINE) {
		const size_t grains = *size == 0 ? 1 : (*size + RESERVE_GRAIN - 1) / RESERVE_GRAIN;
		*size = grains * RESERVE_GRAIN;
		return grains - 1;
	}
	size_t list = RESERVE_FINE / RESERVE_GRAIN, power = RESERVE_FINE * 2;
	for (; power < *size; power *= 2)
		list++;
	*size = power;
	return list;
}

void *reserve_take(struct reserve *r, size_t size)
{
	if (size > r->size)
		return NULL;
	const size_t list = list_of(&size);
	void *piece = r->free[list];
	if (piece != NULL) {
		memcpy(&r->free[list], piece, sizeof r->free[list]);
		return piece;
	}
	if (size + HEAD > r->size - r->used)
		return NULL;
	memcpy(r->room + r->used, &list, sizeof list);
	piece = r->room + r->used + HEAD;
	r->used += HEAD + size;
	return piece;
}

void reserve_give(struct reserve *r, void *piece)
{
	const uintptr_t at = (uintptr_t)piece, first = (uintptr_t)r->room;
	if (piece == NULL || never(at < first + HEAD || at >= first + r->used))
		return;
	size_t list;
	memcpy(&list, (unsigned char *)piece - HEAD, sizeof list);
	if (never(list >= RESERVE_LISTS))
		return;
	memcpy(piece, &r->free[list], sizeof r->free[list]);
	r->free[list] = piece;
}

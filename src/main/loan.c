/* Hands see other people's bytes there, and see them while others do: none may write.  So the memory is a file without a name,
 * which the reader maps before it is sealed against new mappings to write, and each hand maps anew. */
#include "main/loan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "capture/source.h"

enum { ROOMS_ANYWAY = 8, ROOMS_A_HAND = 4 };

static unsigned rooms_for(unsigned hands)
{
	return ROOMS_ANYWAY + ROOMS_A_HAND * hands;
}

size_t loan_reserved(unsigned hands)
{
	return (size_t)rooms_for(hands) * SOURCE_ROOM;
}

static bool map(struct loan *l)
{
	const size_t len = loan_reserved(l->hands);
	l->fd = memfd_create("culvert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (l->fd < 0 || ftruncate(l->fd, (off_t)len) != 0)
		return false;
	void *const room = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, 0);
	if (room == MAP_FAILED)
		return false;
	l->at = room;
	return fcntl(l->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
}

bool loan_init(struct loan *l, unsigned hands, struct err *e)
{
	const unsigned rooms = rooms_for(hands);
	*l = (struct loan){ .hands = hands, .rooms = rooms, .fd = -1, .backs = rooms };
	l->lane = calloc(hands, sizeof(struct lane *));
	l->back = calloc(rooms, sizeof *l->back);
	l->out = calloc(rooms, sizeof *l->out);
	l->until = calloc((size_t)rooms * hands, sizeof *l->until);
	if (l->lane == NULL || l->back == NULL || l->out == NULL || l->until == NULL || !map(l))
		return err_set_sys(e, "workers", "no memory to read into");
	for (unsigned i = 0; i < rooms; i++)
		l->back[i] = rooms - 1 - i;
	return true;
}

void loan_fini(struct loan *l)
{
	if (l->at != NULL)
		munmap(l->at, loan_reserved(l->hands));
	if (l->hands != 0 && l->fd >= 0)
		close(l->fd);
	free(l->lane);
	free(l->back);
	free(l->out);
	free(l->until);
	*l = (struct loan){ 0 };
}

bool loan_look_only(struct loan *l)
{
	void *const room = mmap(l->at, loan_reserved(l->hands), PROT_READ, MAP_SHARED | MAP_FIXED, l->fd, 0);
	return room == l->at;
}

bool loan_has(const struct loan *l, const uint8_t *byte)
{
	return (uintptr_t)byte - (uintptr_t)l->at < loan_reserved(l->hands);
}

void loan_end(struct loan *l)
{
	if (!l->any)
		return;
	l->any = false;
	for (unsigned i = 0; i < l->hands; i++)
		l->until[(size_t)l->now * l->hands + i] = lane_place(l->lane[i]);
	l->out[(l->first + l->outs++) % l->rooms] = l->now;
}

/* The first hand that is not past what was in the room; NULL: none looks at it any more. */
static struct lane *looks_at(struct loan *l, unsigned room, uint64_t *place)
{
	for (unsigned i = 0; i < l->hands; i++) {
		*place = l->until[(size_t)room * l->hands + i];
		if (!lane_is_past(l->lane[i], *place))
			return l->lane[i];
	}
	return NULL;
}

uint8_t *loan_next(struct loan *l)
{
	uint64_t place;
	while (l->outs != 0 && looks_at(l, l->out[l->first], &place) == NULL) {
		l->back[l->backs++] = l->out[l->first];
		l->first = (l->first + 1) % l->rooms;
		l->outs--;
	}
	if (l->backs == 0)
		return NULL;
	l->now = l->back[--l->backs];
	l->any = true;
	return l->at + (size_t)l->now * SOURCE_ROOM;
}

struct lane *loan_awaits(struct loan *l, uint64_t *place)
{
	return l->outs == 0 ? NULL : looks_at(l, l->out[(l->first + l->outs / 2) % l->rooms], place);
}

/* Places count bytes since the beginning and never go back.  An item does not lie across the end: what is left there is filled
 * by an item without a meaning. */
#include "base/lane.h"

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

enum {
	LINE = 64, /* of the cache: what two processes write lies apart */
	SHOW_AFTER = 1 << 16,
	SHOW_READ_AFTER = 1 << 14, /* more often: what items point at may be wanted again */
	FILLER = UINT32_MAX
};

struct lane_shared {
	_Alignas(LINE) _Atomic uint64_t head;                         /* written by the writer */
	_Alignas(LINE) _Atomic uint64_t tail;                         /* written by the reader */
	_Alignas(LINE) _Atomic uint32_t reader_sleeps, writer_sleeps; /* by both */
	_Atomic uint64_t awaited;                                     /* by the writer: the place it sleeps for */
	_Alignas(LINE) unsigned char bytes[];
};

struct item_head {
	uint32_t len, tag;
	uint64_t zero; /* so that items lie aligned */
};

_Static_assert(sizeof(struct item_head) == LANE_ALIGN, "items lie aligned behind their heads");

bool lane_init(struct lane *l, size_t size, int wake_reader, int wake_writer, struct err *e)
{
	*l = (struct lane){ .size = size, .wake_reader = wake_reader, .wake_writer = wake_writer };
	if (size < 4 * SHOW_AFTER || (size & (size - 1)) != 0)
		return err_set(e, "lane", "%zu bytes are too few, or no power of two", size);
	void *const room = mmap(
	    NULL, sizeof *l->shared + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, "lane", "no memory for %zu bytes", size);
	l->shared = room;
	return true;
}

void lane_fini(struct lane *l)
{
	if (l->shared != NULL)
		munmap(l->shared, sizeof *l->shared + l->size);
	l->shared = NULL;
}

static size_t space_of(size_t len)
{
	return sizeof(struct item_head) + (len + LANE_ALIGN - 1) / LANE_ALIGN * LANE_ALIGN;
}

static struct item_head *head_at(const struct lane *l, uint64_t place)
{
	return (struct item_head *)(void *)(l->shared->bytes + (place & (l->size - 1)));
}

static void wake(_Atomic uint32_t *sleeps, int who)
{
	if (atomic_exchange(sleeps, 0) != 0)
		(void)eventfd_write(who, 1);
}

/* Places are compared by difference. */
static bool is_at(uint64_t place, uint64_t wanted)
{
	return (int64_t)(place - wanted) >= 0;
}

/* The reader's place, which may be anything between the one known and the writer's; what cannot be is passed over. */
static void look_up(struct lane *l)
{
	const uint64_t tail = atomic_load_explicit(&l->shared->tail, memory_order_acquire);
	if (is_at(tail, l->other) && is_at(l->at, tail))
		l->other = tail;
}

static size_t room_of(const struct lane *l)
{
	return l->size - (size_t)(l->at - l->other);
}

/* Is there room for so many bytes?  The reader's place is looked up only when what is known of it does not do. */
static bool has_room(struct lane *l, size_t want)
{
	if (room_of(l) < want)
		look_up(l);
	return room_of(l) >= want;
}

void *lane_room(struct lane *l, size_t len)
{
	const size_t space = space_of(len), to_end = l->size - (size_t)(l->at & (l->size - 1));
	const size_t want = space <= to_end ? space : to_end + space;
	if (len > l->size / 4 || !has_room(l, want))
		return NULL;
	if (space > to_end) {
		*head_at(l, l->at) =
		    (struct item_head){ .len = (uint32_t)(to_end - sizeof(struct item_head)), .tag = FILLER };
		l->at += to_end;
	}
	return head_at(l, l->at) + 1;
}

void lane_add(struct lane *l, uint32_t tag, size_t len)
{
	*head_at(l, l->at) = (struct item_head){ .len = (uint32_t)len, .tag = tag };
	l->at += space_of(len);
	if (l->at - l->shown >= SHOW_AFTER)
		lane_show(l);
}

void lane_show(struct lane *l)
{
	if (l->shown == l->at)
		return;
	l->shown = l->at;
	atomic_store_explicit(&l->shared->head, l->at, memory_order_release);
	/* Either the other sees what was stored before, or this sees that it sleeps. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&l->shared->reader_sleeps, memory_order_relaxed) != 0)
		wake(&l->shared->reader_sleeps, l->wake_reader);
}

bool lane_is_read(const struct lane *l)
{
	return l->at == atomic_load_explicit(&l->shared->tail, memory_order_acquire);
}

uint64_t lane_place(const struct lane *l)
{
	return l->at;
}

uint64_t lane_half(const struct lane *l)
{
	return l->at - l->size / 2;
}

bool lane_is_past(struct lane *l, uint64_t place)
{
	if (!is_at(l->other, place))
		look_up(l);
	return is_at(l->other, place);
}

bool lane_await(struct lane *l, uint64_t place)
{
	atomic_store_explicit(&l->shared->awaited, place, memory_order_relaxed);
	atomic_store(&l->shared->writer_sleeps, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (!lane_is_past(l, place))
		return true;
	atomic_store(&l->shared->writer_sleeps, 0);
	return false;
}

static void show_read(struct lane *l)
{
	if (l->shown == l->at)
		return;
	l->shown = l->at;
	atomic_store_explicit(&l->shared->tail, l->at, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&l->shared->writer_sleeps, memory_order_acquire) != 0 &&
	    is_at(l->at, atomic_load_explicit(&l->shared->awaited, memory_order_relaxed)))
		wake(&l->shared->writer_sleeps, l->wake_writer);
}

static bool has_item(struct lane *l)
{
	if (l->other != l->at)
		return true;
	l->other = atomic_load_explicit(&l->shared->head, memory_order_acquire);
	return l->other != l->at;
}

const void *lane_next(struct lane *l, uint32_t *tag, size_t *len)
{
	l->at += l->taken;
	l->taken = 0;
	if (l->at - l->shown >= SHOW_READ_AFTER)
		show_read(l);
	while (has_item(l)) {
		const struct item_head *h = head_at(l, l->at);
		if (h->tag == FILLER) {
			l->at += space_of(h->len);
			continue;
		}
		l->taken = space_of(h->len);
		*tag = h->tag;
		*len = h->len;
		return h + 1;
	}
	show_read(l);
	return NULL;
}

const void *lane_ahead(const struct lane *l, uint32_t *tag)
{
	const uint64_t place = l->at + l->taken;
	if (place == l->other)
		return NULL;
	const struct item_head *h = head_at(l, place);
	*tag = h->tag;
	return h->tag != FILLER ? h + 1 : NULL;
}

bool lane_sleep(struct lane *l)
{
	atomic_store(&l->shared->reader_sleeps, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (!has_item(l))
		return true;
	atomic_store(&l->shared->reader_sleeps, 0);
	return false;
}

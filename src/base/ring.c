/* Places count bytes since the beginning and never go back; they are taken modulo the size.  An item is a head of eight bytes
 * and its bytes, rounded up to eight, so that a head never lies across the end. */
#include "base/ring.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>

enum { LINE = 64 /* of the cache: what two processes write lies apart */, STEP = 8, NAP_NS = 200000, NAPS_PER_MS = 5 };

struct ring_shared {
	_Alignas(LINE) _Atomic uint64_t head; /* written by the writer */
	_Atomic uint64_t lost, said;
	_Alignas(LINE) _Atomic uint64_t tail; /* written by the reader */
	_Atomic uint32_t sleeps;              /* by both */
	_Alignas(LINE) unsigned char bytes[];
};

struct item_head {
	uint32_t len, tag;
};

bool ring_init(struct ring *r, size_t size, int wake, struct err *e)
{
	*r = (struct ring){ .size = size, .wake = wake };
	if (size < STEP || (size & (size - 1)) != 0)
		return err_set(e, "ring", "%zu bytes are no power of two", size);
	void *const room = mmap(
	    NULL, sizeof *r->shared + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, "ring", "no memory for %zu bytes", size);
	r->shared = room;
	return true;
}

void ring_fini(struct ring *r)
{
	if (r->shared != NULL)
		munmap(r->shared, sizeof *r->shared + r->size);
	r->shared = NULL;
}

void ring_reset(struct ring *r)
{
	atomic_store(&r->shared->head, 0);
	atomic_store(&r->shared->tail, 0);
	atomic_store(&r->shared->lost, 0);
	atomic_store(&r->shared->said, 0);
	atomic_store(&r->shared->sleeps, 0);
	r->at = r->tail = r->head = r->rung = r->lost = 0;
}

static size_t space_of(size_t len)
{
	return sizeof(struct item_head) + (len + STEP - 1) / STEP * STEP;
}

/* Nearly every item lies in one piece. */
static void copy_in(struct ring *r, uint64_t place, const void *from, size_t len)
{
	const size_t at = (size_t)place & (r->size - 1), before_end = r->size - at;
	if (len <= before_end) {
		memcpy(r->shared->bytes + at, from, len);
		return;
	}
	memcpy(r->shared->bytes + at, from, before_end);
	memcpy(r->shared->bytes, (const unsigned char *)from + before_end, len - before_end);
}

static void copy_out(const struct ring *r, uint64_t place, void *to, size_t len)
{
	const size_t at = (size_t)place & (r->size - 1), before_end = r->size - at;
	if (len <= before_end) {
		memcpy(to, r->shared->bytes + at, len);
		return;
	}
	memcpy(to, r->shared->bytes + at, before_end);
	memcpy((unsigned char *)to + before_end, r->shared->bytes, len - before_end);
}

/* A head lies in one piece always. */
static unsigned char *head_at(const struct ring *r, uint64_t place)
{
	return r->shared->bytes + ((size_t)place & (r->size - 1));
}

static void wake(const struct ring *r)
{
	if (r->wake >= 0)
		(void)eventfd_write(r->wake, 1);
}

static bool fits(const struct ring *r, size_t len)
{
	const uint64_t used = r->at - r->tail;
	return len <= r->size && used <= r->size && space_of(len) <= r->size - used;
}

/* Where the reader is stands in another core's cache: it is asked for when what was free then is used up. */
static bool has_room(struct ring *r, size_t len)
{
	if (fits(r, len))
		return true;
	r->tail = atomic_load_explicit(&r->shared->tail, memory_order_acquire);
	return fits(r, len);
}

/* At half a ring, and once for each half: there is room for the other while the reader wakes up. */
static void wake_at_half(struct ring *r)
{
	const size_t half = r->size / 2;
	if (r->at - r->tail < half || r->at - r->rung < half)
		return;
	r->tail = atomic_load_explicit(&r->shared->tail, memory_order_acquire);
	if (r->at - r->tail < half)
		return;
	r->rung = r->at;
	wake(r);
}

bool ring_put(struct ring *r, uint32_t tag, const void *item, size_t len)
{
	if (!has_room(r, len))
		return false;
	const struct item_head head = { .len = (uint32_t)len, .tag = tag };
	memcpy(head_at(r, r->at), &head, sizeof head);
	copy_in(r, r->at + sizeof head, item, len);
	r->at += space_of(len);
	atomic_store_explicit(&r->shared->head, r->at, memory_order_release);
	if (r->looks) {
		wake_at_half(r);
		return true;
	}
	/* Either the reader sees the item, or this sees that it sleeps. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&r->shared->sleeps, memory_order_relaxed) != 0 &&
	    atomic_exchange(&r->shared->sleeps, 0) != 0)
		wake(r);
	return true;
}

void ring_say(struct ring *r, uint64_t place)
{
	atomic_store_explicit(&r->shared->said, place, memory_order_release);
}

uint64_t ring_said(const struct ring *r)
{
	return atomic_load_explicit(&r->shared->said, memory_order_acquire);
}

bool ring_wait(struct ring *r, size_t len, unsigned ms)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	if (space_of(len) > r->size)
		return false;
	for (unsigned i = 0; i < ms * NAPS_PER_MS && !has_room(r, len); i++) {
		wake(r);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	return has_room(r, len);
}

void ring_lose(struct ring *r)
{
	atomic_fetch_add_explicit(&r->shared->lost, 1, memory_order_relaxed);
}

enum ring_got ring_take(struct ring *r, uint32_t *tag, void *item, size_t room, size_t *len)
{
	struct item_head head;
	/* Where the writer is stands in another core's cache, too. */
	if (r->head == r->at)
		r->head = atomic_load_explicit(&r->shared->head, memory_order_acquire);
	const uint64_t there = r->head - r->at;
	if (there == 0)
		return RING_EMPTY;
	if (there > r->size || there < sizeof head)
		return RING_BROKEN;
	memcpy(&head, head_at(r, r->at), sizeof head);
	if (head.len > room || space_of(head.len) > there)
		return RING_BROKEN;
	copy_out(r, r->at + sizeof head, item, head.len);
	*tag = head.tag;
	*len = head.len;
	r->at += space_of(head.len);
	atomic_store_explicit(&r->shared->tail, r->at, memory_order_release);
	return RING_ITEM;
}

uint64_t ring_losses(struct ring *r)
{
	const uint64_t now = atomic_load_explicit(&r->shared->lost, memory_order_relaxed), before = r->lost;
	r->lost = now;
	return now > before ? now - before : 0;
}

bool ring_sleep(struct ring *r)
{
	atomic_store(&r->shared->sleeps, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&r->shared->head, memory_order_acquire) == r->at)
		return true;
	atomic_store(&r->shared->sleeps, 0);
	return false;
}

/* One reservation holds all blocks.  The kernel gives a page only when it is first written (MAP_NORESERVE), and gives it
 * zeroed, so a block that was never out needs no clearing; a block that comes back is cleared when it is taken again,
 * not when it is given: most are given at the end of a conversation and many never needed again.
 *
 * Under AddressSanitizer a free block is poisoned whole, so that use after give, and giving twice, are reported.
 */
#include "base/pool.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POOL_POISONS 1
#endif

#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#define poison(at, len)   __asan_poison_memory_region((at), (len))
#define unpoison(at, len) __asan_unpoison_memory_region((at), (len))
#else
#define poison(at, len)   ((void)(at), (void)(len))
#define unpoison(at, len) ((void)(at), (void)(len))
#endif

enum {
	POOL_ALIGN = 8, /* of all that lies in pools: numbers and pointers */
	PAGE = 4096,
	SPARSE = 4,                 /* one of so many is left */
	WORTH_GIVING_BACK = 1 << 22 /* bytes: a call, and a fault for each page when they are used again */
};

/* Of an odd number, modulo 2^64: each step doubles the bits that are right (Newton's), and three are to begin with. */
static uint64_t inverse_of(uint64_t odd)
{
	uint64_t inverse = odd;
	for (unsigned bits = 3; bits < 64; bits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}

bool pool_init(struct pool *p, const char *what, size_t size, size_t count, struct err *e)
{
	/* Without blocks until all went well: what could not be made gives nothing. */
	*p = (struct pool){ .count = 0 };
	size_t bytes;
	if (size > SIZE_MAX - POOL_ALIGN)
		return err_set(e, what, "a block of %zu bytes is too large", size);
	p->size = size == 0 ? POOL_ALIGN : (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	p->twos = (unsigned)__builtin_ctzll(p->size);
	p->inverse = inverse_of(p->size >> p->twos);
	if (count == 0)
		return true;
	if (__builtin_mul_overflow(p->size, count, &bytes))
		return err_set(e, what, "%zu blocks of %zu bytes are too many", count, p->size);

	void *const room =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu blocks of %zu bytes", count, p->size);
	p->blocks = room;
	p->count = count;
	return true;
}

void pool_of_large_pages(struct pool *p)
{
	if (p->blocks != NULL)
		madvise(p->blocks, p->count * p->size, MADV_HUGEPAGE);
}

void pool_fini(struct pool *p)
{
	if (p->blocks != NULL) {
		unpoison(p->blocks, p->fresh * p->size);
		munmap(p->blocks, p->count * p->size);
	}
	*p = (struct pool){ .size = p->size };
}

static void *take_recycled(struct pool *p)
{
	void *const block = p->free;
	unpoison(block, p->size);
	memcpy(&p->free, block, sizeof p->free);
	/* Given back long ago, it lies in no cache, and who takes it reads where the one after it is: over 1 % of the time of short flows. */
	__builtin_prefetch(p->free);
	return block;
}

void *pool_take_uncleared(struct pool *p)
{
	void *block;
	if (p->free != NULL) {
		block = take_recycled(p);
	} else if (p->fresh < p->count) {
		block = p->blocks + p->fresh * p->size;
		p->fresh++;
	} else {
		p->refused++;
		return NULL;
	}
	p->used++;
	if (p->used > p->peak)
		p->peak = p->used;
	return block;
}

void *pool_take_own(struct pool *p)
{
	return pool_take_uncleared(p);
}

void *pool_take(struct pool *p)
{
	const size_t fresh = p->fresh; /* fresh blocks are zeros already */
	void *const block = pool_take_uncleared(p);
	if (block != NULL && fresh == p->fresh)
		memset(block, 0, p->size);
	return block;
}

static bool is_ours(const struct pool *p, const void *block)
{
	const size_t number = pool_number(p, block);
	return number < p->fresh && block == p->blocks + number * p->size;
}

void pool_give(struct pool *p, void *block)
{
	if (block == NULL || never(!is_ours(p, block) || p->used == 0))
		return;
	memcpy(block, &p->free, sizeof p->free);
	p->free = block;
	p->used--;
	poison(block, p->size);
}

bool pool_is_sparse(const struct pool *p)
{
	return p->used < p->fresh / SPARSE && p->fresh * p->size >= WORTH_GIVING_BACK;
}

void *pool_take_low(struct pool *p)
{
	while (!never(p->free == NULL)) {
		unsigned char *const block = take_recycled(p);
		if (block < p->blocks + p->used * p->size)
			return block;
	}
	return NULL;
}

void pool_cut(struct pool *p)
{
	unsigned char *const rest = p->blocks + p->used * p->size, *const end = p->blocks + p->fresh * p->size;
	unsigned char *const page = rest + (PAGE - (uintptr_t)rest % PAGE) % PAGE;
	unpoison(rest, (size_t)(end - rest));
	if (page >= end || madvise(page, (size_t)(end - page), MADV_DONTNEED) != 0)
		memset(rest, 0, (size_t)(end - rest));
	else
		memset(rest, 0, (size_t)(page - rest));
	p->free = NULL;
	p->fresh = p->used;
}

/* The words are atomic, each for itself, so that a copy which is written while it is read is no race but merely thrown away. */
#include "base/page.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { TRIES = 64, MAX_WORDS = 512 };

struct page_shared {
	_Atomic uint64_t shown; /* how often; the last bit says which copy */
	_Atomic uint64_t beats;
	_Atomic uint64_t copy[2][MAX_WORDS];
};

bool page_init(struct page *p, size_t len, struct err *e)
{
	*p = (struct page){ .words = len / sizeof(uint64_t) };
	if (len % sizeof(uint64_t) != 0 || p->words > MAX_WORDS)
		return err_set(e, "page", "%zu bytes do not fit", len);
	void *const room = mmap(NULL, sizeof *p->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, "page", "no memory");
	p->shared = room;
	return true;
}

void page_fini(struct page *p)
{
	if (p->shared != NULL)
		munmap(p->shared, sizeof *p->shared);
	p->shared = NULL;
}

void page_reset(struct page *p)
{
	for (size_t i = 0; i < p->words; i++)
		atomic_store_explicit(&p->shared->copy[0][i], 0, memory_order_relaxed);
	atomic_store(&p->shared->beats, 0);
	atomic_store(&p->shared->shown, 0);
}

void page_show(struct page *p, const void *numbers)
{
	const uint64_t next = atomic_load_explicit(&p->shared->shown, memory_order_relaxed) + 1;
	const unsigned char *from = numbers;
	/* What is written now must not be seen by who still believes the number that was shown last but one. */
	atomic_thread_fence(memory_order_seq_cst);
	for (size_t i = 0; i < p->words; i++, from += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, from, sizeof word);
		atomic_store_explicit(&p->shared->copy[next & 1][i], word, memory_order_relaxed);
	}
	atomic_store_explicit(&p->shared->shown, next, memory_order_release);
}

bool page_read(const struct page *p, void *numbers)
{
	uint64_t copy[MAX_WORDS];
	for (unsigned tries = 0; tries < TRIES; tries++) {
		const uint64_t shown = atomic_load_explicit(&p->shared->shown, memory_order_acquire);
		for (size_t i = 0; i < p->words; i++)
			copy[i] = atomic_load_explicit(&p->shared->copy[shown & 1][i], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&p->shared->shown, memory_order_relaxed) != shown)
			continue;
		memcpy(numbers, copy, p->words * sizeof *copy);
		return true;
	}
	return false;
}

void page_beat(struct page *p)
{
	atomic_fetch_add_explicit(&p->shared->beats, 1, memory_order_relaxed);
}

uint64_t page_beats(const struct page *p)
{
	return atomic_load_explicit(&p->shared->beats, memory_order_relaxed);
}

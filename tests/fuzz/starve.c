/* The twin of a target: the same, but memory runs out.  Objects of src/ are linked with other names for what takes memory
 * (tests/fuzz/starved), so only they go without; the last three bytes of the input say when and how often. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int target(const uint8_t *data, size_t size);

void *starved_malloc(size_t size);
void *starved_calloc(size_t n, size_t size);
void *starved_realloc(void *p, size_t size);
void *starved_reallocarray(void *p, size_t n, size_t size);
char *starved_strdup(const char *s);
void *starved_pool_take(struct pool *p);
void *starved_pool_take_uncleared(struct pool *p);

static struct {
	bool on;
	unsigned calls, first, every; /* from the first on each so manieth; 0: that one only */
} hunger;

static bool refused(void)
{
	if (!hunger.on)
		return false;
	const unsigned n = hunger.calls++;
	if (n < hunger.first)
		return false;
	return hunger.every == 0 ? n == hunger.first : (n - hunger.first) % hunger.every == 0;
}

void *starved_malloc(size_t size)
{
	return refused() ? NULL : malloc(size);
}

void *starved_calloc(size_t n, size_t size)
{
	return refused() ? NULL : calloc(n, size);
}

void *starved_realloc(void *p, size_t size)
{
	return refused() ? NULL : realloc(p, size);
}

void *starved_reallocarray(void *p, size_t n, size_t size)
{
	return refused() ? NULL : reallocarray(p, n, size);
}

char *starved_strdup(const char *s)
{
	return refused() ? NULL : strdup(s);
}

void *starved_pool_take(struct pool *p)
{
	return refused() ? NULL : pool_take(p);
}

void *starved_pool_take_uncleared(struct pool *p)
{
	return refused() ? NULL : pool_take_uncleared(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool set_up;
	if (size < 3)
		return target(data, size);
	const uint8_t *const how = data + size - 3;
	hunger.calls = 0;
	hunger.first = (unsigned)(how[0] | (how[1] & 3) << 8);
	hunger.every = how[2] % 8;
	/* What a target sets up once, it must have. */
	hunger.on = set_up;
	set_up = true;
	const int said = target(data, size - 3);
	hunger.on = false;
	return said;
}

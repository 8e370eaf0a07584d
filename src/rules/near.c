#include "rules/near.h"

enum { LONGEST = 40 };

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table, since a swap looks two rows back. */
unsigned near_distance(struct slice a, struct slice b, unsigned most)
{
	unsigned row[3][LONGEST + 1];
	if (a.len > LONGEST || b.len > LONGEST)
		return most + 1;
	for (unsigned j = 0; j <= b.len; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *const now = row[i % 3], *const before = row[(i - 1) % 3], *const earlier = row[(i + 1) % 3];
		now[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			const uint8_t x = lower(a.at[i - 1]), y = lower(b.at[j - 1]);
			now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b.at[j - 2]) && y == lower(a.at[i - 2]))
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	const unsigned found = row[a.len % 3][b.len];
	return found <= most ? found : most + 1;
}

/* A third of the word may be wrong: more, and the guess would only puzzle. */
struct near near_begin(struct slice word)
{
	const size_t most = word.len / 3;
	return (struct near){ word, NULL, (unsigned)(most < 1 ? 1 : most) + 1 };
}

void near_try(struct near *n, const char *candidate)
{
	const struct slice s = { (const uint8_t *)candidate, strlen(candidate) };
	if (n->word.len < 2 || n->distance == 0)
		return;
	const unsigned d = near_distance(n->word, s, n->distance - 1);
	if (d >= n->distance)
		return;
	n->distance = d;
	n->best = candidate;
}

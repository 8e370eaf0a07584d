#include "base/pen.h"

/* From 10^8 on.  Calls itself once at most: above 10^16. */
char *pen_large(char *at, uint64_t value)
{
	const uint64_t high = value / 100000000;
	at = high < 100000000 ? pen_below_e8(at, (uint32_t)high) : pen_large(at, high);
	return pen_put_eight(at, pen_eight((uint32_t)(value % 100000000)), 0);
}

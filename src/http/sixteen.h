/* sixteen -- sixteen bytes looked at in one go: which of them are what is asked for, as bits, the first byte lowest. */
#ifndef HTTP_SIXTEEN_H
#define HTTP_SIXTEEN_H

#include "base/slice.h"

typedef uint8_t sixteen __attribute__((vector_size(16)));

enum { SIXTEEN = 16 };

/* All sixteen must be there. */
static inline sixteen sixteen_at(const uint8_t *at)
{
	sixteen v;
	memcpy(&v, at, sizeof v);
	return v;
}

/* Of the outcome of a comparison. */
static inline unsigned sixteen_bits(sixteen v)
{
#ifdef __SSE2__
	typedef char letters __attribute__((vector_size(16)));
	return (unsigned)__builtin_ia32_pmovmskb128((letters)v);
#else
	unsigned bits = 0;
	for (unsigned i = 0; i < SIXTEEN; i++)
		bits |= (unsigned)(v[i] >> 7) << i;
	return bits;
#endif
}

static inline sixteen sixteen_of(uint8_t byte)
{
	return (
	    sixteen){ byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte };
}

static inline sixteen sixteen_is(sixteen v, uint8_t byte)
{
	return (sixteen)(v == sixteen_of(byte));
}

/* Is it `from` or one of the next, `count` in all? */
static inline sixteen sixteen_in(sixteen v, uint8_t from, uint8_t count)
{
	return (sixteen)(v - sixteen_of(from) < sixteen_of(count));
}

#endif

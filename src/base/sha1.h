/* sha1 -- the rounds of SHA-1 (FIPS 180-4, 6.1.2), over words or over vectors of them.  Private to base: one message is digest's, eight
 * side by side are lanes'. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#define SHA1_ROTATE(x, by) ((x) << (by) | (x) >> (32 - (by)))

/* FIPS 180-4, 5.3.1. */
#define SHA1_BEGIN                                                         \
	{                                                                  \
		0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 \
	}

/* FIPS 180-4, 4.1.1. */
#define SHA1_CHOOSE(x, y, z)   ((z) ^ ((x) & ((y) ^ (z))))
#define SHA1_PARITY(x, y, z)   ((x) ^ (y) ^ (z))
#define SHA1_MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

/* One round, 6.1.2, step 3, with the names of the words turned by one instead of their values moved. */
#define SHA1_ROUND(a, b, c, d, e, f, with)  \
	do {                                \
		(e) += (with) + f(b, c, d); \
		(e) += SHA1_ROTATE(a, 5);   \
		(b) = SHA1_ROTATE(b, 30);   \
	} while (0)

/* Twenty of them, over `w`, with `a` to `e`. */
#define SHA1_TWENTY(from, f, constant)                               \
	for (unsigned t = (from); t < (from) + 20; t += 5) {         \
		SHA1_ROUND(a, b, c, d, e, f, w[t] + (constant));     \
		SHA1_ROUND(e, a, b, c, d, f, w[t + 1] + (constant)); \
		SHA1_ROUND(d, e, a, b, c, f, w[t + 2] + (constant)); \
		SHA1_ROUND(c, d, e, a, b, f, w[t + 3] + (constant)); \
		SHA1_ROUND(b, c, d, e, a, f, w[t + 4] + (constant)); \
	}

#define SHA1_EIGHTY                                 \
	SHA1_TWENTY(0, SHA1_CHOOSE, 0x5a827999u)    \
	SHA1_TWENTY(20, SHA1_PARITY, 0x6ed9eba1u)   \
	SHA1_TWENTY(40, SHA1_MAJORITY, 0x8f1bbcdcu) \
	SHA1_TWENTY(60, SHA1_PARITY, 0xca62c1d6u)

#endif

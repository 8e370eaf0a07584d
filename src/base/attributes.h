/* attributes -- what the compiler is told about a function, in words. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define MUST_CHECK               __attribute__((warn_unused_result))
#define ALWAYS_INLINE            inline __attribute__((always_inline))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Something believed true: asserted in check builds; in a release build the caller takes its safe way out.
 *     if (never(len > cap)) return false; */
#ifdef CHECK_BUILD
#include <assert.h>
#define never(x) (assert(!(x)), 0)
#else
#define never(x) (x)
#endif

#endif

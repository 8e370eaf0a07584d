/* attributes -- what the compiler is told about a function, in words. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define MUST_CHECK               __attribute__((warn_unused_result))
#define ALWAYS_INLINE            inline __attribute__((always_inline))
#define NOT_INLINE               __attribute__((noinline))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Something believed true: asserted in check builds; in a release build the caller takes its safe way out.
 *     if (never(len > cap)) return false; */
#ifdef CHECK_BUILD
#include <assert.h>
#define never(x) (assert(!(x)), 0)
#else
#define never(x) (x)
#endif

/* A build for AddressSanitizer. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BASE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define BASE_SANITIZED 1
#endif
#ifndef BASE_SANITIZED
#define BASE_SANITIZED 0
#endif

#endif

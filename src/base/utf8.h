/* utf8 -- one character at a time from bytes that may be anything, and whether it may be shown to people. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* The length of the character at the start of `s` and its code point, or 0 when it is none: overlong forms, surrogates,
 * what lies beyond U+10FFFF and what is cut short are none (RFC 3629, 3 and 4). */
size_t utf8_decode(struct slice s, uint32_t *point);

/* False for what could drive a terminal, end a line or turn the reading direction: C0, DEL, C1, U+2028/9, marks of
 * direction. */
bool utf8_is_harmless(uint32_t point);

#endif

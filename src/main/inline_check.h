/* inline_check -- `culvert inline --check`: what the kernel and the rights lack, one line each. */
#ifndef MAIN_INLINE_CHECK_H
#define MAIN_INLINE_CHECK_H

#include "main/inline_options.h"

/* True when nothing is missing. */
bool inline_check(const struct inline_options *o);

#endif

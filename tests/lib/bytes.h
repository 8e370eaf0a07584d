/* bytes -- what one side says, as a row of a table writes it. */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <stddef.h>

struct bytes {
	const char *at;
	size_t len;
};

#define B(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
#define NONE            \
	{               \
		NULL, 0 \
	}

#endif

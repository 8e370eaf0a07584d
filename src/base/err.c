#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* By way of copies: a caller may say more about an error by quoting what `e` says so far. */
static void fill(struct err *e, const char *where, const char *format, va_list args)
{
	struct err filled = { .sys = 0 };
	snprintf(filled.where, sizeof filled.where, "%s", where);
	vsnprintf(filled.what, sizeof filled.what, format, args);
	*e = filled;
}

bool err_set(struct err *e, const char *where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fill(e, where, format, args);
	va_end(args);
	return false;
}

bool err_set_code(struct err *e, int sys, const char *where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fill(e, where, format, args);
	va_end(args);
	e->sys = sys;
	return false;
}

bool err_set_sys(struct err *e, const char *where, const char *format, ...)
{
	const int sys = errno;
	va_list args;
	va_start(args, format);
	fill(e, where, format, args);
	va_end(args);
	e->sys = sys;
	const size_t used = strlen(e->what);
	snprintf(e->what + used, sizeof e->what - used, ": %s", strerror(sys));
	return false;
}

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct err *e, const char *where, const char *format, va_list args)
{
	snprintf(e->where, sizeof e->where, "%s", where);
	vsnprintf(e->what, sizeof e->what, format, args);
}

bool err_set(struct err *e, const char *where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fill(e, where, format, args);
	va_end(args);
	e->sys = 0;
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

#include "report/caps.h"

#include <stddef.h>
#include "base/limits.h"

#define CAP_ROW(name, word, value, unit, bounds, then) { word, unit, bounds, then, value },
static const struct cap_row rows[CAPS] = { CAP_LIST(CAP_ROW) };
#undef CAP_ROW

const struct cap_row *cap_row(enum cap c)
{
	return (unsigned)c < CAPS ? &rows[c] : NULL;
}

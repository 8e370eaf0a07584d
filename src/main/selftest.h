/* selftest -- `culvert live --selftest-sandbox`: is a worker shut in here as it should be? */
#ifndef MAIN_SELFTEST_H
#define MAIN_SELFTEST_H

#include "main/options.h"

/* One line for each try, on standard output.  Returns an exit status: 0 when all were refused. */
int selftest(const struct options *o);

#endif

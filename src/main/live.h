/* live -- `culvert live`: interfaces, until it is told to stop. */
#ifndef MAIN_LIVE_H
#define MAIN_LIVE_H

#include "main/options.h"

enum { LIVE_BUFFER_MIB = 64, STATS_INTERVAL = 8 /* seconds; as Suricata has it */, WATCHDOG = 10 };

/* `words` are those that are no option: there must be none.  Returns an exit status. */
int live(struct options *o, char **words);

#endif

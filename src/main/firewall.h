/* firewall -- the rule set that brings packets into the queue, and lets settled conversations leave it. */
#ifndef MAIN_FIREWALL_H
#define MAIN_FIREWALL_H

#include <stdio.h>
#include "main/inline_options.h"

void firewall_print(const struct inline_options *o, FILE *out);

#endif

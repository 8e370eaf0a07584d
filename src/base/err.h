/* err -- why something that the operator asked for could not be done: files, devices, configuration.
 *
 * Never for traffic: odd traffic is data.  A function that takes `struct err *` returns false or NULL exactly when it
 * has filled it in.  Printed once, by main.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include "base/attributes.h"

struct err {
	int sys;         /* errno, or 0 */
	char where[256]; /* "rules/base.yaml:12:5", "capture.pcap" */
	char what[256];
};

/* Always false, so that a caller may say `return err_set(...)`. */
bool err_set(struct err *e, const char *where, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same, with an errno value for the caller to tell cases apart. */
bool err_set_code(struct err *e, int sys, const char *where, const char *format, ...) PRINTF_LIKE(4, 5);

/* The same, with errno's own words appended. */
bool err_set_sys(struct err *e, const char *where, const char *format, ...) PRINTF_LIKE(3, 4);

#endif

/* log -- the program's own voice, for people: what it did, what it could not do.  Never traffic; that is report's.
 *
 * Standard error, one line a call, "culvert: " first; the level word is coloured on a terminal only, and not when
 * NO_COLOR is set.  Control bytes in what is logged are shown as '?', so a file name cannot drive a terminal.
 * The journal of systemd gets a priority in front instead of the name, which it knows.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include "base/attributes.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_init(enum log_level level);
bool log_colours(int fd); /* may this descriptor be given colours? */
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif

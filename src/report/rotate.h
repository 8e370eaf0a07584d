/* rotate -- when a file that is added to is set aside, what it is called then, and which of the old ones stay.  Private to
 * report. */
#ifndef REPORT_ROTATE_H
#define REPORT_ROTATE_H

#include "report/out.h"

/* The file of `o` is open, as it was found. */
void rotate_begin(struct out *o);

/* Sets the file aside and begins a new one when `more` bytes would make it too large, or its time is over.  Only between
 * lines.  What cannot be done is told and tried again a minute later; the file is used on. */
void rotate_when_due(struct out *o, size_t more);

#endif

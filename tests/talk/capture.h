/* capture -- talks as written, in a pcap file: for captures that no real program is there to make. */
#ifndef TALK_CAPTURE_H
#define TALK_CAPTURE_H

#include <stdio.h>
#include "capture/frame.h"

void capture_frame(FILE *f, const struct frame *frame);

/* talk --pcap OUT PORT FOLDER NAME...: the named talks one after another, each from an address of its own, to a server on
 * PORT.  An exit status. */
int capture_write(int count, char **words);

#endif

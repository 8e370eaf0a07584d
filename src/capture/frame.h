/* frame -- one captured link-layer frame, as the source gives it. */
#ifndef CAPTURE_FRAME_H
#define CAPTURE_FRAME_H

#include "base/slice.h"

struct frame {
	struct slice bytes; /* as kept; valid until the next source_next */
	uint32_t wire_len;  /* as sent: bytes.len or more */
	uint32_t token;     /* what its source knows it by, when it is to be answered (source_answer) */
	int64_t t;          /* ns since 1970, from the capture */
	int link;           /* DLT_* of <pcap/dlt.h> */
	bool unsummed;      /* its checksum is still to be filled in, by the kernel: it is right */
	uint64_t number;    /* from 1 within its source */
	unsigned interface; /* which of the source's; 0 in a file */
};

#endif

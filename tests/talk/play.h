/* play -- puts the conversation of a script on an imagined wire, in one of many ways, into a pipeline. */
#ifndef TALK_PLAY_H
#define TALK_PLAY_H

#include <stdio.h>
#include "engine/pipeline.h"
#include "script.h"

enum play_how {
	PLAY_WRITTEN,    /* one segment a line */
	PLAY_BYTES,      /* one segment a byte */
	PLAY_CUT,        /* as written, one line cut at byte `at` of all */
	PLAY_TWICE,      /* every segment sent again */
	PLAY_SWAPPED,    /* in small pieces, adjacent ones swapped */
	PLAY_OVERLAPPED, /* in small pieces, each sent again together with the next */
	PLAY_JOINED,     /* lines of one side that follow each other in one segment */
	PLAY_IPV6,
	PLAY_VLAN,
	PLAY_QINQ,
	PLAY_GRE,
	PLAY_VXLAN,
	PLAY_LOST, /* as written, without segment `at` of all */
	PLAY_HOWS
};

struct play {
	enum play_how how;
	size_t at;
	unsigned client;      /* number of the client's address, from 1 */
	uint16_t server_port; /* 0: PLAY_SERVER_PORT */
	FILE *capture;        /* a pcap file that gets the frames, instead of the pipeline; NULL: none */
};

enum { PLAY_PORT = 40000, PLAY_SERVER_PORT = 3128 };

const char *play_name(enum play_how how);

/* Bytes that could be cut, segments that could be lost. */
size_t play_cuts(const struct script *s);
size_t play_segments(const struct script *s);

/* *t is the time of the latest frame, *number its number; both advance. */
void play(struct pipeline *p, const struct script *s, const struct play *how, int64_t *t, uint64_t *number);

/* The client's address as a record prints it; `out` holds 46 bytes. */
void play_client(const struct play *how, char *out);

#endif

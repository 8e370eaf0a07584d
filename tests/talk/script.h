/* script -- one .talk file: a conversation in text and, below it, what culvert must say of it.  See README.md here. */
#ifndef TALK_SCRIPT_H
#define TALK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALK_FLOWS = 4, TALK_LINES = 512, TALK_WANTS = 64 };

enum line_kind { LINE_DATA, LINE_HOLE, LINE_FIN, LINE_RST, LINE_PAUSE };

struct line {
	enum line_kind kind;
	unsigned flow, side; /* side 0: the client */
	uint8_t *bytes;      /* DATA, HOLE (zeros: never sent) */
	size_t len;
	double seconds;  /* PAUSE */
	unsigned number; /* in the file */
};

enum want_kind { WANT_IS, WANT_HAS, WANT_ABSENT };

struct want {
	enum want_kind kind;
	unsigned flow, number;
	bool as_written_only;
	char *path, *value;
};

struct expected {
	char *label, *because; /* because: NULL when it is left open */
	char *weaker;          /* a label that may also stand when a segment is lost; NULL: none */
	bool said;
};

struct script {
	char *name;
	struct line lines[TALK_LINES];
	unsigned line_count, flows;
	struct want wants[TALK_WANTS];
	unsigned want_count;
	struct expected expected[TALK_FLOWS];
	bool midstream[TALK_FLOWS], open[TALK_FLOWS], one_way[TALK_FLOWS][2];
};

/* False with a message on standard error. */
bool script_load(struct script *s, const char *folder, const char *file);
void script_free(struct script *s);

#endif

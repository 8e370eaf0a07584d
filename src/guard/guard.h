/* guard -- what a process gives up before it looks at hostile bytes: capabilities, the user it is, new privileges, files,
 * most system calls.
 *
 * Everything that it will need is open before; what may be opened later is named.  A refused call fails with EPERM, a refused
 * file with EACCES, so that the program goes on without what it tried.  Nothing of this can be taken back.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/attributes.h"
#include <stdbool.h>

enum guard_mode {
	GUARD_TRY,     /* do without what cannot be had */
	GUARD_REQUIRE, /* do nothing then */
	GUARD_OFF
};

/* The parts, as bits of what is missing. */
enum guard_part {
	GUARD_USER,   /* another user, when it is root */
	GUARD_CAPS,   /* no capabilities */
	GUARD_NO_NEW, /* no new privileges, and nobody may look into its memory */
	GUARD_FILES,  /* Landlock */
	GUARD_CALLS,  /* seccomp */
	GUARD_PARTS
};

enum guard_access { GUARD_READ, GUARD_WRITE /* make, write, read and remove files below a folder */ };

struct guard {
	bool opens;  /* files may be opened: those that are allowed */
	bool writes; /* some of them for writing */
	bool
	    user; /* change it, when it is root; else root keeps the right to read and write every file that is allowed */
	bool child;   /* it dies with who forked it */
	bool parent;  /* it waits for those that it has forked */
	bool answers; /* it keeps one capability: to answer for the kernel's queue of packets */
	int files;    /* a Landlock ruleset; -1: there is none */
	unsigned abi; /* of Landlock; 0: the kernel has none */
};

void guard_begin(struct guard *g);

/* What is not there, or lies where no rule is needed, is left out in silence. */
void guard_allow(struct guard *g, const char *path, enum guard_access access);

/* Never mind the order: it is done with all that could be had.  Returns the bits of what could not. */
uint32_t guard_close(struct guard *g);

/* "Landlock, seccomp"; `to` holds GUARD_TEXT bytes. */
enum { GUARD_TEXT = 256 };
void guard_names(uint32_t missing, char *to);

/* The user that a worker of root becomes: culvert if there is one, else nobody. */
struct guard_user {
	uid_t uid;
	gid_t gid;
};
struct guard_user guard_user(void);

#endif

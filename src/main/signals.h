/* signals -- what the operator asks for while the program runs. */
#ifndef MAIN_SIGNALS_H
#define MAIN_SIGNALS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

enum wish {
	WISH_STOP,     /* SIGINT, SIGTERM */
	WISH_COUNTERS, /* SIGUSR1 */
	WISH_RULES,    /* SIGUSR2, SIGHUP */
	WISH_REOPEN,   /* SIGHUP */
	WISHES
};

/* Set by the handler; for looking only. */
extern volatile sig_atomic_t signals_came[WISHES], signals_fresh;

void signals_listen(void);

/* A worker's: they are its keeper's business. */
void signals_ignore(void);

static inline bool signals_wish(enum wish w)
{
	return signals_came[w] != 0;
}

/* The same, and forgets it. */
bool signals_take(enum wish w);

/* Has any come since signals_seen? */
static inline bool signals_any(void)
{
	return signals_fresh != 0;
}

/* Before looking at the wishes: what comes later is fresh. */
void signals_seen(void);

/* Polls; a signal ends the wait, also one that came just before it. */
void signals_wait(struct pollfd *fds, size_t count, int ms);

#endif

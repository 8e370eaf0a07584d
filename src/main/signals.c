/* A handler can write to nothing but what lives in a file: the one state of main that does. */
#include "main/signals.h"

#include <stddef.h>
#include <time.h>

volatile sig_atomic_t signals_came[WISHES], signals_fresh;

static const int heard[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGINT, SIGTERM };

static void on_signal(int number)
{
	if (number == SIGUSR1)
		signals_came[WISH_COUNTERS] = 1;
	else if (number == SIGUSR2 || number == SIGHUP)
		signals_came[WISH_RULES] = 1;
	else
		signals_came[WISH_STOP] = 1;
	if (number == SIGHUP)
		signals_came[WISH_REOPEN] = 1;
	signals_fresh = 1;
}

void signals_listen(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
		signal(heard[i], on_signal);
}

void signals_ignore(void)
{
	for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
		signal(heard[i], SIG_IGN);
	for (size_t i = 0; i < WISHES; i++)
		signals_came[i] = 0;
	signals_fresh = 0;
}

bool signals_take(enum wish w)
{
	const bool came = signals_came[w] != 0;
	if (came)
		signals_came[w] = 0;
	return came;
}

void signals_seen(void)
{
	signals_fresh = 0;
}

void signals_wait(struct pollfd *fds, size_t count, int ms)
{
	const struct timespec longest = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
	sigset_t ours, before;
	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
		sigaddset(&ours, heard[i]);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (signals_fresh == 0)
		ppoll(fds, (nfds_t)count, &longest, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The worker tries; what it holds is read by the one who forked it, from where the kernel says it. */
#include "main/selftest.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guard/probe.h"
#include "main/worker.h"

static int try_all(const struct options *o, int orders)
{
	struct answer_message m = { .answer = ANSWER_READY };
	struct pollfd word = { .fd = orders, .events = POLLIN };
	struct probe p;
	const char *name;
	bool refused = false, all = true;
	probe_begin(&p);
	if (!worker_shut_in(o, &m.missing))
		m.answer = ANSWER_FAILED;
	if (!orders_answer(orders, &m) || m.answer == ANSWER_FAILED)
		return EXIT_DENIED;
	poll(&word, 1, -1);
	for (size_t n = 0; (name = probe_try(&p, n, &refused)) != NULL; n++) {
		printf("%-24s %s\n", name, refused ? "refused" : "ALLOWED");
		all = all && refused;
	}
	fflush(stdout);
	return all ? EXIT_DONE : EXIT_INCOMPLETE;
}

static void print_status(pid_t pid)
{
	static const char *const wanted[] = { "Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:" };
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return;
	while (fgets(line, sizeof line, f) != NULL)
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, stdout);
	fclose(f);
	fflush(stdout);
}

static int ask(pid_t pid, int worker)
{
	struct answer_message m = { .answer = ANSWER_NONE };
	struct pollfd answer = { .fd = worker, .events = POLLIN };
	char names[GUARD_TEXT];
	int status = 0;
	poll(&answer, 1, -1);
	const enum answer a = orders_hear(worker, &m);
	guard_names(m.missing, names);
	if (m.missing != 0)
		log_warn("missing: %s", names);
	if (a == ANSWER_READY) {
		print_status(pid);
		(void)orders_give(worker, ORDER_END, -1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INCOMPLETE;
}

int selftest(const struct options *o)
{
	struct err e;
	int worker = -1, orders = -1;
	if (!orders_pair(&worker, &orders, &e))
		return run_refused(&e, EXIT_DENIED);
	const pid_t pid = fork();
	if (pid == 0)
		_exit(try_all(o, orders));
	close(orders);
	const int status = pid > 0 ? ask(pid, worker) : EXIT_DENIED;
	close(worker);
	return status;
}

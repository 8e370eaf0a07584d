/* What can be tried is tried: the queue is opened, and given back.  What only a rule set would show is read where the kernel
 * lists it; a kernel that can load modules may list it later, so that is said as a doubt. */
#include "main/inline_check.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_capability(unsigned number)
{
	char line[256];
	unsigned long long set = 0;
	FILE *f = fopen("/proc/self/status", "r");
	if (f == NULL)
		return true;
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "CapEff:", 7) == 0)
			set = strtoull(line + 7, NULL, 16);
	fclose(f);
	return (set >> number & 1) != 0;
}

/* -1: there is no such list. */
static int lists(const char *path, const char *word)
{
	char line[256];
	int found = 0;
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		found |= strcmp(line, word) == 0;
	}
	fclose(f);
	return found;
}

static bool check_rights(void)
{
	static const struct {
		unsigned number;
		const char *name, *why;
	} needed[] = {
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN", "to own the queue and to answer" },
		{ CAP_NET_RAW, "CAP_NET_RAW", "to tell both ends that they were rejected" },
	};
	bool all = true;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (has_capability(needed[i].number))
			continue;
		printf("missing: the capability %s, %s\n", needed[i].name, needed[i].why);
		all = false;
	}
	return all;
}

static bool check_queue(const struct inline_options *o)
{
	struct err e;
	struct queue_options how = o->queue;
	bool all = true;
	for (; how.number <= o->last; how.number++) {
		struct source *s = source_open_queue(&how, &e);
		if (s == NULL)
			printf("missing: %s: %s\n", e.where, e.what);
		all = all && s != NULL;
		source_close(s);
	}
	return all;
}

static void check_lists(void)
{
	static const struct {
		const char *path, *word;
	} used[] = {
		{ "/proc/self/net/ip_tables_targets", "NFQUEUE" },
		{ "/proc/self/net/ip_tables_targets", "CONNMARK" },
		{ "/proc/self/net/ip_tables_matches", "connmark" },
	};
	for (size_t i = 0; i < sizeof used / sizeof *used; i++)
		if (lists(used[i].path, used[i].word) != 1)
			printf("not seen: iptables' %s; it may come with a module\n", used[i].word);
	puts("not tried: nft's `queue`; `nft -c -f` on what --print-rules nft prints tries it");
}

bool inline_check(const struct inline_options *o)
{
	const bool rights = check_rights();
	const bool ready = rights && check_queue(o);
	check_lists();
	if (ready)
		puts("ready");
	return ready;
}

/* rule_text -- rules for tests, written as text and read like a file. */
#ifndef LIB_RULE_TEXT_H
#define LIB_RULE_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rules/rules.h"

/* `text` stands behind "version: 1".  Prints what is wrong with it; NULL then. */
static inline struct ruleset *rules_from(const char *text)
{
	char path[] = "/tmp/culvert-rules-XXXXXX.yaml";
	struct problems found = { 0 };
	const int fd = mkstemps(path, 5);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL)
		return NULL;
	fprintf(f, "version: 1\n%s", text);
	fclose(f);
	const char *const paths[] = { path };
	struct ruleset *r = ruleset_load(paths, 1, &found);
	unlink(path);
	for (size_t i = 0; i < found.count && r == NULL; i++)
		fprintf(stderr, "%u:%u: %s\n", found.list[i].line, found.list[i].column, found.list[i].what);
	problems_fini(&found);
	return r;
}

/* One rule of that condition, in braces. */
static inline struct ruleset *rule_from(const char *match)
{
	char text[4096];
	snprintf(text, sizeof text, "rules:\n  - id: 1\n    title: t\n    match: %s\n", match);
	return rules_from(text);
}

#endif

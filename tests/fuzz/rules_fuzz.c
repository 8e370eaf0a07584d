/* Any text is answered: a set, or at least one error.  What a set prints loads, and prints the same again. */
#include <stdio.h>
#include <stdlib.h>
#include "rules/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct ruleset *r, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);
	if (to == NULL)
		abort();
	ruleset_print(r, to);
	if (fclose(to) != 0)
		abort();
	return text;
}

static struct ruleset *load(struct slice text)
{
	struct problems found = { 0 };
	struct ruleset *r = ruleset_load_text("f.yaml", text, &found);
	if ((r == NULL) != (found.errors != 0))
		abort();
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].what[0] == '\0')
			abort();
	problems_fini(&found);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ruleset *first = load((struct slice){ data, size });
	if (first == NULL)
		return 0;
	size_t len = 0, again = 0;
	char *printed = print(first, &len);
	struct ruleset *second = load((struct slice){ (const uint8_t *)printed, len });
	if (STARVED && second == NULL) {
		free(printed);
		ruleset_free(first);
		return 0;
	}
	if (second == NULL)
		abort();
	char *twice = print(second, &again);
	if (len != again || memcmp(printed, twice, len) != 0)
		abort();
	if (first->count != second->count || first->set_count != second->set_count ||
	    first->test_count != second->test_count)
		abort();
	free(printed);
	free(twice);
	ruleset_free(first);
	ruleset_free(second);
	return 0;
}

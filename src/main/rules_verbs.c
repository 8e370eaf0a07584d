/* What is wrong with rule files goes to standard output when it is asked for (`check`), to standard error when it is in the
 * way (`print`). */
#include "main/rules_verbs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "main/rules_test.h"
#include "rules/rules.h"

enum { STATUS_FINE = 0, STATUS_LOST = 1, STATUS_WRONG = 2 };

static void tell_json(const struct problem *p, FILE *to)
{
	char line[4096];
	struct json j;
	json_begin(&j, line, sizeof line);
	json_string(&j, "level", p->level == PROBLEM_ERROR ? "error" : "warning");
	json_string(&j, "file", p->file);
	json_uint(&j, "line", p->line);
	json_uint(&j, "column", p->column);
	json_string(&j, "what", p->what);
	fwrite(line, 1, json_end(&j), to);
}

static void tell_text(const struct problem *p, FILE *to)
{
	const char *const level = p->level == PROBLEM_ERROR ? "" : "warning: ";
	if (p->line != 0)
		fprintf(to, "%s:%u:%u: %s%s\n", p->file, p->line, p->column, level, p->what);
	else
		fprintf(to, "%s: %s%s\n", p->file, level, p->what);
}

static void tell(const struct problems *found, FILE *to, bool json)
{
	for (size_t i = 0; i < found->count; i++)
		if (json)
			tell_json(&found->list[i], to);
		else
			tell_text(&found->list[i], to);
}

static void sum_up(const struct problems *p)
{
	log_info("%u %s, %u %s, %u %s, %u %s", p->files, p->files == 1 ? "file" : "files", p->rules,
	    p->rules == 1 ? "rule" : "rules", p->errors, p->errors == 1 ? "error" : "errors", p->warnings,
	    p->warnings == 1 ? "warning" : "warnings");
	if (p->dropped != 0)
		log_info("%zu of them are not shown", p->dropped);
}

static size_t count_words(char **words)
{
	size_t n = 0;
	while (words[n] != NULL)
		n++;
	return n;
}

static struct ruleset *load(char **words, struct problems *found)
{
	const char *const *paths = (const char *const *)words;
	return ruleset_load(paths, count_words(words), found);
}

static int check(const struct options *o, char **words)
{
	struct problems found = { 0 };
	struct ruleset *set = load(words, &found);
	tell(&found, stdout, o->format_given && o->format == REPORT_JSON);
	sum_up(&found);
	const bool fine = set != NULL && (found.warnings == 0 || !o->strict);
	ruleset_free(set);
	problems_fini(&found);
	if (fflush(stdout) != 0)
		return STATUS_LOST;
	return fine ? STATUS_FINE : STATUS_WRONG;
}

static int print(char **words)
{
	struct problems found = { 0 };
	struct ruleset *set = load(words, &found);
	tell(&found, stderr, false);
	const bool fine = set != NULL;
	if (fine)
		ruleset_print(set, stdout);
	ruleset_free(set);
	problems_fini(&found);
	if (fflush(stdout) != 0)
		return STATUS_LOST;
	return fine ? STATUS_FINE : STATUS_WRONG;
}

/* Warnings are left to `check`. */
static int test(const struct options *o, char **words)
{
	struct problems found = { 0 };
	struct ruleset *set = load(words, &found);
	if (set != NULL && o->require_tests)
		rules_test_missing(set, &found);
	const bool fine = set != NULL && found.errors == 0;
	int status = STATUS_WRONG;
	if (fine)
		status = rules_test(o, set);
	else
		tell(&found, stdout, o->format_given && o->format == REPORT_JSON);
	ruleset_free(set);
	problems_fini(&found);
	return status;
}

int rules_verb(const struct options *o, char **words)
{
	const char *const verb = words[0];
	const bool tests = verb != NULL && strcmp(verb, "test") == 0;
	const bool known = verb != NULL && (tests || strcmp(verb, "check") == 0 || strcmp(verb, "print") == 0);
	if (!known) {
		log_error("rules: '%s' is none of: check, print, test", verb != NULL ? verb : "");
		return STATUS_WRONG;
	}
	if (words[1] == NULL) {
		log_error("rules %s: no file or folder named", verb);
		return STATUS_WRONG;
	}
	/* Nothing here has to be finished: an interrupt ends it, also while standard input is read. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (tests)
		return test(o, words + 1);
	return strcmp(verb, "check") == 0 ? check(o, words + 1) : print(words + 1);
}

/* A set that has an error is never used, not even the part of it that has none: a rule that is missing is silent, and
 * nobody hears silence. */
#include "main/rulebook.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/log.h"

static void tell(const struct problem *p)
{
	const char *const level = p->level == PROBLEM_ERROR ? "" : "warning: ";
	char where[300];
	if (p->line != 0)
		snprintf(where, sizeof where, "%s:%u:%u", p->file, p->line, p->column);
	else
		snprintf(where, sizeof where, "%s", p->file);
	if (p->level == PROBLEM_ERROR)
		log_error("%s: %s%s", where, level, p->what);
	else
		log_warn("%s: %s%s", where, level, p->what);
}

static void tell_all(const struct problems *found)
{
	for (size_t i = 0; i < found->count; i++)
		tell(&found->list[i]);
	if (found->dropped != 0)
		log_error("and %zu more", found->dropped);
}

/* Sealed: what was checked is what every worker gets. */
static struct ruleset *gather(struct rulebook *b, struct problems *found)
{
	const int text = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (text < 0) {
		problem_add(found, PROBLEM_ERROR, b->path[0], 0, 0, "no memory to keep the rules in");
		return NULL;
	}
	const bool gathered = ruleset_gather(b->path, b->paths, text, found);
	fcntl(text, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	struct ruleset *set = ruleset_load_gathered(text, found);
	if (set == NULL || !gathered) {
		ruleset_free(set);
		close(text);
		return NULL;
	}
	if (b->set != NULL)
		close(b->text);
	b->text = text;
	return set;
}

static struct ruleset *load(struct rulebook *b, struct problems *found)
{
	struct ruleset *set = b->gathers ? gather(b, found) : ruleset_load(b->path, b->paths, found);
	b->loaded += set != NULL;
	return set;
}

bool rulebook_load(struct rulebook *b)
{
	struct problems found = { 0 };
	if (b->paths == 0)
		return true;
	b->set = load(b, &found);
	tell_all(&found);
	problems_fini(&found);
	if (b->set != NULL)
		log_debug("%zu rules", ruleset_count(b->set));
	return b->set != NULL;
}

static void tell_refused(const struct problems *found)
{
	const struct problem *first = NULL;
	for (size_t i = 0; i < found->count && first == NULL; i++)
		if (found->list[i].level == PROBLEM_ERROR)
			first = &found->list[i];
	log_error("rules: refused, the old ones stay: %u error%s, the first at %s:%u:%u: %s", found->errors,
	    found->errors == 1 ? "" : "s", first != NULL ? first->file : "", first != NULL ? first->line : 0,
	    first != NULL ? first->column : 0, first != NULL ? first->what : "no memory");
}

bool rulebook_reload(struct rulebook *b, struct pipeline *p)
{
	struct problems found = { 0 };
	if (b->paths == 0) {
		log_info("rules: there are none to read again");
		return false;
	}
	struct ruleset *fresh = load(b, &found);
	if (fresh == NULL) {
		b->refused++;
		tell_refused(&found);
		problems_fini(&found);
		return false;
	}
	const struct ruleset_change c = ruleset_compare(b->set, fresh);
	if (p != NULL)
		pipeline_rules(p, fresh);
	ruleset_free(b->set);
	b->set = fresh;
	log_info("rules: %zu read: %zu added, %zu removed, %zu changed; %u warning%s", ruleset_count(fresh), c.added,
	    c.removed, c.changed, found.warnings, found.warnings == 1 ? "" : "s");
	problems_fini(&found);
	return true;
}

void rulebook_take(struct rulebook *b, int text, struct pipeline *p)
{
	struct problems found = { 0 };
	struct ruleset *fresh = ruleset_load_gathered(text, &found);
	close(text);
	if (fresh != NULL) {
		pipeline_rules(p, fresh);
		ruleset_free(b->set);
		b->set = fresh;
	} else {
		log_error("rules: a worker cannot use what its keeper could; the old ones stay");
	}
	problems_fini(&found);
}

void rulebook_close(struct rulebook *b)
{
	if (b->gathers && b->set != NULL)
		close(b->text);
	ruleset_free(b->set);
	b->set = NULL;
}

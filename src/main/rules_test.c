/* A test replays one capture as `replay` would, and listens for alerts.  Records go to memory and not to the disk; only the
 * numbers of the rules that spoke are read from them. */
#include "main/rules_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/json.h"
#include "capture/source.h"

enum { TEST_FLOWS = 8192, STATUS_PASSED = 0, STATUS_FAILED = 1, STATUS_UNREAD = 2 };

/* The rules that spoke, each once. */
struct heard {
	uint32_t *id;
	size_t count;
};

struct result {
	const struct rule_test *test;
	struct heard heard;
	const char *trouble; /* the capture could not be read; NULL: it could */
	bool passed;
};

static bool holds(const uint32_t *ids, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void rules_test_missing(const struct ruleset *set, struct problems *found)
{
	for (size_t i = 0; i < ruleset_count(set); i++) {
		const struct rule_info *rule = ruleset_rule(set, i);
		bool wanted = rule->act == ACT_PASS; /* never heard itself */
		for (size_t n = 0; n < ruleset_test_count(set) && !wanted; n++) {
			const struct rule_test *t = ruleset_test(set, n);
			wanted = holds(t->alerts, t->alert_count, rule->id);
		}
		if (!wanted)
			problem_add(found, PROBLEM_ERROR, rule->file, rule->line, 1,
			    "rule %u has no test that wants its alert", rule->id);
	}
}

/* `heard` has room for every rule of the set. */
static void listen_to(FILE *records, struct heard *heard)
{
	static const char key[] =
	    "\"signature_id\":"; /* quotes in strings from the wire are escaped, so this is ours */
	char *line = NULL;
	size_t size = 0;
	while (getline(&line, &size, records) > 0) {
		const char *at = strstr(line, key);
		if (at == NULL || strstr(line, "\"event_type\":\"alert\"") == NULL)
			continue;
		const uint32_t id = (uint32_t)strtoul(at + sizeof key - 1, NULL, 10);
		if (!holds(heard->id, heard->count, id))
			heard->id[heard->count++] = id;
	}
	free(line);
}

static bool replay_frames(struct pipeline *p, struct source *s, struct err *e)
{
	struct frame frame;
	enum source_got got;
	pipeline_source(p, source_name(s));
	while ((got = source_next(s, &frame, e)) == GOT_FRAME)
		pipeline_frame(p, &frame);
	pipeline_drain(p);
	return got == GOT_END;
}

/* Everything of the capture, told to `fd`. */
static bool replay_to(const struct options *o, const struct ruleset *set, const char *capture, int fd, struct err *e)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct pipeline_options how = o->pipeline;
	how.flows = TEST_FLOWS;
	how.anomalies = false;
	how.rules = set;
	how.key = hash_key_random();
	struct source *s = source_open_file(capture, NULL, e);
	struct reporter *r = s != NULL ? reporter_open(path, REPORT_JSON, e) : NULL;
	struct pipeline *p = r != NULL ? pipeline_new(&how, r, e) : NULL;
	bool done = p != NULL && replay_frames(p, s, e);
	pipeline_free(p);
	if (r != NULL && !reporter_close(r, done ? e : &(struct err){ 0 }))
		done = false;
	if (s != NULL)
		source_close(s);
	return done;
}

static void run(const struct options *o, const struct ruleset *set, struct result *r, struct err *e)
{
	const int fd = memfd_create("records", MFD_CLOEXEC);
	FILE *records = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (records == NULL) {
		r->trouble = "no memory for its records";
	} else {
		if (!replay_to(o, set, r->test->capture, fd, e))
			r->trouble = e->what;
		rewind(records);
		listen_to(records, &r->heard);
		fclose(records);
	}
	const struct rule_test *t = r->test;
	r->passed = r->trouble == NULL;
	for (unsigned i = 0; i < t->alert_count; i++)
		r->passed &= holds(r->heard.id, r->heard.count, t->alerts[i]);
	for (unsigned i = 0; i < t->silent_count; i++)
		r->passed &= !holds(r->heard.id, r->heard.count, t->silent[i]);
}

/* Calls `each` with the rules that should have spoken (or should not have) and did not (or did). */
static void differences(const struct result *r, bool missing, void (*each)(void *to, uint32_t id), void *to)
{
	const struct rule_test *t = r->test;
	const uint32_t *ids = missing ? t->alerts : t->silent;
	const unsigned count = missing ? t->alert_count : t->silent_count;
	for (unsigned i = 0; i < count; i++)
		if (holds(r->heard.id, r->heard.count, ids[i]) != missing)
			each(to, ids[i]);
}

static void say_missing(void *to, uint32_t id)
{
	(void)to;
	printf("; missing alert %u", id);
}

static void say_unexpected(void *to, uint32_t id)
{
	(void)to;
	printf("; unexpected alert %u", id);
}

static void put_id(void *to, uint32_t id)
{
	json_uint(to, NULL, id);
}

static void tell_json(const struct result *r)
{
	char line[16384];
	struct json j;
	json_begin(&j, line, sizeof line);
	json_string(&j, "file", r->test->file);
	json_uint(&j, "line", r->test->line);
	json_string(&j, "capture", r->test->capture);
	json_bool(&j, "passed", r->passed);
	json_array(&j, "missing");
	differences(r, true, put_id, &j);
	json_array_end(&j);
	json_array(&j, "unexpected");
	differences(r, false, put_id, &j);
	json_array_end(&j);
	if (r->trouble != NULL)
		json_string(&j, "trouble", r->trouble);
	fwrite(line, 1, json_end(&j), stdout);
}

static void tell_text(const struct result *r)
{
	const struct rule_test *t = r->test;
	printf("%s %s:%u: %s", r->passed ? "ok" : "FAILED", t->file, t->line, t->capture);
	if (r->trouble != NULL)
		printf("; %s", r->trouble);
	differences(r, true, say_missing, NULL);
	differences(r, false, say_unexpected, NULL);
	putchar('\n');
}

int rules_test(const struct options *o, const struct ruleset *set)
{
	struct result r = { .heard = { .id = calloc(ruleset_count(set) + 1, sizeof(uint32_t)) } };
	size_t passed = 0;
	int status = STATUS_PASSED;
	if (r.heard.id == NULL) {
		log_error("no memory");
		return STATUS_UNREAD;
	}
	const bool json = o->format_given && o->format == REPORT_JSON;
	const size_t count = ruleset_test_count(set);
	for (size_t i = 0; i < count; i++) {
		struct err e = { 0 };
		r.test = ruleset_test(set, i);
		r.heard.count = 0;
		r.trouble = NULL;
		run(o, set, &r, &e);
		if (json)
			tell_json(&r);
		else
			tell_text(&r);
		passed += r.passed;
		if (r.trouble != NULL)
			status = STATUS_UNREAD;
		else if (!r.passed && status == STATUS_PASSED)
			status = STATUS_FAILED;
	}
	free(r.heard.id);
	if (!json)
		printf("rules: %zu passed, %zu failed\n", passed, count - passed);
	return fflush(stdout) == 0 ? status : STATUS_FAILED;
}

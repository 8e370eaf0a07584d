#include "main/replay.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "capture/files.h"
#include "guard/guard.h"
#include "main/fates.h"
#include "main/run.h"
#include "main/share.h"
#include "main/signals.h"

enum { BATCH = 4096 /* frames between two looks at the clock */ };

static enum source_got carry_frames(const struct run *r, struct source *s, struct err *e)
{
	return r->fates != NULL ? fates_frames(r, s, BATCH, e) : run_frames(r, s, BATCH, e);
}

/* One capture, from its first frame to the last that can be read.  False when it is damaged. */
static bool replay_source(const struct run *r, struct source *s, const char *name, struct progress *g)
{
	struct err e;
	enum source_got got = GOT_FRAME;
	pipeline_source(r->pipeline, name);
	while (got == GOT_FRAME && !signals_wish(WISH_STOP)) {
		uint64_t total = 0;
		got = carry_frames(r, s, &e);
		signals_seen();
		if (signals_take(WISH_RULES))
			(void)rulebook_reload(&r->options->rules, r->pipeline);
		const uint64_t at = source_position(s, &total);
		progress_show(g, r, source_name(s), at, total);
	}
	progress_end(g);
	pipeline_drain(r->pipeline);
	if (r->fates != NULL)
		fates_print(r, NULL);
	if (signals_wish(WISH_STOP) || got == GOT_END)
		return true;
	log_error("%s: %s", e.where, e.what);
	return false;
}

static int replay_each(const struct run *r, const struct files *files, struct progress *g)
{
	struct err e;
	int status = EXIT_DONE;
	for (size_t i = 0; i < files->count && status <= EXIT_INCOMPLETE && !signals_wish(WISH_STOP); i++) {
		struct source *s = source_open_file(files->names[i], r->options->filter, &e);
		if (s == NULL)
			status = run_refused(&e, EXIT_INCOMPLETE);
		else if (!replay_source(r, s, files->names[i], g))
			status = EXIT_INCOMPLETE;
		source_close(s);
	}
	return status;
}

static int replay_files(struct run *r, const struct files *files)
{
	struct progress g;
	progress_begin(&g, r->options);
	const int status = r->share != NULL ? share_run(r->share, &g) : replay_each(r, files, &g);
	if (r->share != NULL)
		r->unwrap_lost = share_unwrap_lost(r->share);
	run_count(r);
	return status == EXIT_DONE && run_matched(r) ? EXIT_FOUND : status;
}

/* A file that is written anew is another one of the same name: its folder, then, and the folder to which its name leads. */
static void allow_folder_of(struct guard *g, const char *path)
{
	char name[PATH_MAX], real[PATH_MAX];
	guard_allow(g, path, GUARD_READ);
	snprintf(name, sizeof name, "%s", path);
	guard_allow(g, dirname(name), GUARD_READ);
	if (realpath(path, real) != NULL)
		guard_allow(g, dirname(real), GUARD_READ);
}

/* The rules may be read anew at any time.  Records and tables are open. */
static void allow_all(struct guard *g, const struct options *o, const struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->names[i], "-") != 0)
			guard_allow(g, files->names[i], GUARD_READ);
	for (size_t i = 0; i < o->rules.paths; i++)
		if (strcmp(o->rules.path[i], "-") != 0)
			allow_folder_of(g, o->rules.path[i]);
	if (o->unwrap != NULL)
		guard_allow(g, o->unwrap, GUARD_WRITE);
}

/* What it reads is the user's own, so that it stays the user. */
static bool shut_in(const struct run *r, const struct files *files)
{
	const struct options *o = r->options;
	struct guard g;
	char names[GUARD_TEXT];
	if (o->sandbox == GUARD_OFF)
		return true;
	guard_begin(&g);
	if (r->share != NULL)
		share_allow(r->share, &g);
	else
		allow_all(&g, o, files);
	const uint32_t missing = guard_close(&g);
	guard_names(missing, names);
	if (missing == 0)
		return true;
	if (o->sandbox == GUARD_REQUIRE)
		log_error("sandbox: cannot be had in full; missing: %s", names);
	else
		log_debug("not shut in as it should be; missing: %s", names);
	return o->sandbox == GUARD_TRY;
}

/* Each worker counts for itself what a limit for a client, a server or the whole rule counts. */
static bool may_share(const struct options *o)
{
	const struct rule_info *wide = o->rules.set != NULL ? ruleset_wide(o->rules.set) : NULL;
	if (o->workers <= 1 || wide == NULL)
		return true;
	if (o->ordered)
		log_error("rule %u: its limit or threshold counts beyond two hosts, which several workers cannot do as "
			  "one would",
		    (unsigned)wide->id);
	else
		log_warn("rule %u: its limit or threshold counts beyond two hosts: each worker counts for itself",
		    (unsigned)wide->id);
	return !o->ordered;
}

/* With several workers each has a pipeline of its own. */
static bool begin(struct run *r, const struct files *files, struct err *e)
{
	if (r->options->workers <= 1)
		return run_start(r, e);
	r->share = share_new(r, files, e);
	r->counted = r->share != NULL;
	return r->counted;
}

static int replay_into(struct options *o, const struct files *files)
{
	struct run r;
	struct err e;
	int status = EXIT_USAGE;
	if (run_open(&r, o, false) && fates_open(&r)) {
		if (!begin(&r, files, &e)) {
			log_error("%s: %s", e.where, e.what);
		} else if (!shut_in(&r, files)) {
			status = EXIT_DENIED;
		} else {
			status = replay_files(&r, files);
			report_stats(r.reporter, &r.stats);
		}
		status = fates_close(&r, status);
	}
	share_free(r.share);
	return run_end(&r, status);
}

int replay(struct options *o, char **paths)
{
	struct files files = { 0 };
	struct err e;
	if (*paths == NULL) {
		log_error("replay: no capture named");
		return run_usage();
	}
	if (o->workers == WORKERS_UNSAID)
		o->workers = 1;
	if (o->fates != NULL && o->workers > 1) {
		log_error("replay: --fates is told by one worker; see -j");
		return run_usage();
	}
	for (; *paths != NULL; paths++)
		if (!files_add(&files, *paths, &e)) {
			log_error("%s: %s", e.where, e.what);
			files_fini(&files);
			return e.sys == EACCES ? EXIT_DENIED : EXIT_USAGE;
		}
	if (o->fates != NULL) {
		inline_settle_policies(&o->in_line);
		o->pipeline.gate = &o->in_line.gate;
		o->pipeline.overlaps = OVERLAP_FIRST;
	}
	const int status = rulebook_load(&o->rules) && may_share(o) ? replay_into(o, &files) : EXIT_USAGE;
	rulebook_close(&o->rules);
	files_fini(&files);
	return status;
}

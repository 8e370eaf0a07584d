/* main -- verbs, wiring, exit status.  Lines for programs go to standard output, talk for people to standard error. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "capture/files.h"
#include "capture/source.h"
#include "main/options.h"
#include "main/rules_verbs.h"
#include "rules/fact.h"
#include "tunnel/tunnel.h"

enum exit_status { EXIT_DONE = 0, EXIT_INCOMPLETE = 1, EXIT_USAGE = 2, EXIT_DENIED = 3, EXIT_FOUND = 10 };

static volatile sig_atomic_t wants_counters, wants_stop, wants_rules;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		wants_counters = 1;
	else if (number == SIGUSR2 || number == SIGHUP)
		wants_rules = 1;
	else
		wants_stop = 1;
}

static int usage_error(void)
{
	fputs("culvert: see `culvert help`\n", stderr);
	return EXIT_USAGE;
}

/* Name, kind (`*`: may hold several), the moments at which it may become known or change, and what it is. */
static int list_facts(void)
{
	const struct fact *f;
	for (unsigned i = 0; (f = fact_at(i)) != NULL; i++) {
		char moments[128] = "";
		for (unsigned m = 0; m < MOMENTS; m++) {
			const size_t len = strlen(moments);
			if ((f->moments & MOMENT_BIT(m)) != 0)
				snprintf(moments + len, sizeof moments - len, "%s%s", len != 0 ? "," : "",
				    moment_name((enum moment)m));
		}
		printf(
		    "%-22s %-8s%c %-20s %s\n", f->name, fact_kind_word(f->kind), f->list ? '*' : ' ', moments, f->what);
	}
	return EXIT_DONE;
}

static int list(const char *what)
{
	if (strcmp(what, "detectors") == 0) {
		const struct detector *d;
		for (unsigned i = 0; (d = tunnel_detector(i)) != NULL; i++)
			printf("%-20s %c  %s  [%s]\n", d->name, d->proof, d->catches, d->source);
		return EXIT_DONE;
	}
	if (strcmp(what, "events") == 0) {
		for (unsigned i = 0; i < ODDS; i++)
			printf("%-10s %s\n", odd_room((enum odd)i), odd_name((enum odd)i));
		return EXIT_DONE;
	}
	if (strcmp(what, "facts") == 0)
		return list_facts();
	log_error("list: '%s' is none of: detectors, events, facts", what);
	return usage_error();
}

static int explain_states(void)
{
	printf("%-18s %-20s %s\n", "state", "sign", "next state");
	for (unsigned s = 0; s < HS_STATES; s++)
		for (unsigned g = 0; g < HS_SIGNS; g++) {
			const enum hs_state next = hs_table((enum hs_state)s, (enum hs_sign)g);
			if (next != (enum hs_state)s)
				printf("%-18s %-20s %s\n", hs_state_name((enum hs_state)s),
				    hs_sign_name((enum hs_sign)g), hs_state_name(next));
		}
	return EXIT_DONE;
}

/* What a long replay shows on a terminal: how far, how many. */
struct progress {
	bool on;
	struct timespec begun;
	double shown;
};

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void print_counters(const struct pipeline *p, const struct source *s)
{
	struct report_stats now;
	pipeline_stats(p, &now);
	uint64_t total = 0;
	const uint64_t at = source_position(s, &total);
	fprintf(stderr, "culvert: %s: %llu frames, %llu conversations", source_name(s), (unsigned long long)now.frames,
	    (unsigned long long)now.flows);
	if (total != 0)
		fprintf(stderr, ", %u %%", (unsigned)(100 * (at < total ? at : total) / total));
}

static void show_progress(struct progress *g, const struct pipeline *p, const struct source *s)
{
	if (wants_counters) {
		wants_counters = 0;
		print_counters(p, s);
		fputc('\n', stderr);
	}
	const double now = g->on ? seconds_since(&g->begun) : 0;
	if (!g->on || now < 1 || now - g->shown < 0.25)
		return;
	g->shown = now;
	fputc('\r', stderr);
	print_counters(p, s);
	fputs("\033[K", stderr);
}

/* One capture, from its first frame to the last that can be read.  False when it is damaged. */
static bool replay_source(
    struct pipeline *p, struct source *s, const char *name, struct rulebook *rules, struct progress *g)
{
	struct frame frame = { 0 };
	struct err e;
	enum source_got got = GOT_END;
	uint32_t beat = 0;
	pipeline_source(p, name);
	while (!wants_stop && (got = source_next(s, &frame, &e)) == GOT_FRAME) {
		pipeline_frame(p, &frame);
		if (wants_rules) {
			wants_rules = 0;
			rulebook_reload(rules, p);
		}
		if ((++beat & 0xfff) == 0 || wants_counters)
			show_progress(g, p, s);
	}
	if (g->shown > 0)
		fputs("\r\033[K", stderr);
	pipeline_drain(p);
	if (wants_stop || got == GOT_END)
		return true;
	log_error("%s: %s", e.where, e.what);
	return false;
}

static void print_summary(const struct report_stats *s)
{
	log_info(
	    "%llu frames, %llu TCP segments, %llu conversations: %llu plain-http, %llu blind-relay, %llu http-tunnel, "
	    "%llu not-http, %llu undecided; %llu anomalies",
	    (unsigned long long)s->frames, (unsigned long long)s->segments, (unsigned long long)s->flows,
	    (unsigned long long)s->by_label[LABEL_PLAIN_HTTP], (unsigned long long)s->by_label[LABEL_BLIND_RELAY],
	    (unsigned long long)s->by_label[LABEL_HTTP_TUNNEL], (unsigned long long)s->by_label[LABEL_NOT_HTTP],
	    (unsigned long long)s->by_label[LABEL_UNDECIDED], (unsigned long long)s->anomalies);
	if (s->rules.used)
		log_info("%llu rules, %llu alerts, %llu held back", (unsigned long long)s->rules.rules,
		    (unsigned long long)s->rules.judge.alerts, (unsigned long long)s->rules.judge.suppressed);
	if (s->flows_evicted + s->stream_caps + s->tunnel_caps + s->kin_evicted != 0)
		log_warn("bounds reached: %llu conversations forgotten early, %llu streams over their buffer, %llu "
			 "without notebook, "
			 "%llu pairs of hosts forgotten",
		    (unsigned long long)s->flows_evicted, (unsigned long long)s->stream_caps,
		    (unsigned long long)s->tunnel_caps, (unsigned long long)s->kin_evicted);
}

static bool matched(const struct options *o, const struct report_stats *s)
{
	for (unsigned i = 0; i < LABELS; i++)
		if ((o->fail_on >> i & 1) != 0 && s->by_label[i] != 0)
			return true;
	for (unsigned i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		if ((o->fail_on_alert >> i & 1) != 0 && s->rules.by_severity[i] != 0)
			return true;
	return o->fail_on_anomaly && s->anomalies != 0;
}

static int replay_files(struct options *o, const struct files *files, struct pipeline *p, struct report_stats *stats)
{
	struct progress g = { .on = isatty(STDERR_FILENO) && o->verbosity >= LOG_WARN };
	struct err e;
	int status = EXIT_DONE;
	clock_gettime(CLOCK_MONOTONIC, &g.begun);
	for (size_t i = 0; i < files->count && !wants_stop; i++) {
		struct source *s = source_open_file(files->names[i], o->filter, &e);
		if (s == NULL) {
			log_error("%s: %s", e.where, e.what);
			if (e.sys == EACCES || e.sys == EPERM)
				return EXIT_DENIED;
			if (e.sys == EINVAL)
				return EXIT_USAGE;
			status = EXIT_INCOMPLETE;
			continue;
		}
		if (!replay_source(p, s, files->names[i], &o->rules, &g))
			status = EXIT_INCOMPLETE;
		source_close(s);
	}
	pipeline_stats(p, stats);
	stats->rules.refused = o->rules.refused;
	return status == EXIT_DONE && matched(o, stats) ? EXIT_FOUND : status;
}

static int close_reporter(struct reporter *r, int status)
{
	struct err e;
	if (r == NULL || reporter_close(r, &e))
		return status;
	log_error("%s: %s", e.where, e.what);
	return EXIT_INCOMPLETE;
}

/* What tunnels carry goes to files of its own, when asked for. */
static bool open_unwrap(struct options *o, struct err *e)
{
	if (o->unwrap == NULL)
		return true;
	o->pipeline.unwrap = unwrap_open(o->unwrap, e);
	return o->pipeline.unwrap != NULL;
}

static int close_unwrap(const struct options *o, int status)
{
	const uint64_t lost = unwrap_lost(o->pipeline.unwrap);
	unwrap_close(o->pipeline.unwrap);
	if (lost == 0)
		return status;
	log_error("%s: %llu bytes could not be written", o->unwrap, (unsigned long long)lost);
	return EXIT_INCOMPLETE;
}

static int replay_into(struct options *o, const struct files *files)
{
	struct err e;
	struct report_stats stats = { 0 };
	struct pipeline *p = NULL;
	o->pipeline.key = hash_key_random();
	o->pipeline.rules = o->rules.set;
	struct reporter *r = reporter_open(o->output, o->format, &e);
	struct reporter *table = r != NULL && o->table ? reporter_open(NULL, REPORT_TEXT, &e) : NULL;
	int status = EXIT_USAGE;
	if (r != NULL && (table != NULL || !o->table) && open_unwrap(o, &e) &&
	    (p = pipeline_new(&o->pipeline, r, &e)) != NULL) {
		pipeline_table(p, table);
		status = replay_files(o, files, p, &stats);
		report_stats(r, &stats);
	} else {
		log_error("%s: %s", e.where, e.what);
	}
	status = close_reporter(r, close_reporter(table, status));
	if (p != NULL)
		print_summary(&stats);
	pipeline_free(p);
	return close_unwrap(o, status);
}

static int replay(struct options *o, char **paths)
{
	struct files files = { 0 };
	struct err e;
	if (*paths == NULL) {
		log_error("replay: no capture named");
		return usage_error();
	}
	for (; *paths != NULL; paths++)
		if (!files_add(&files, *paths, &e)) {
			log_error("%s: %s", e.where, e.what);
			files_fini(&files);
			return e.sys == EACCES ? EXIT_DENIED : EXIT_USAGE;
		}
	const int status = rulebook_load(&o->rules) ? replay_into(o, &files) : EXIT_USAGE;
	rulebook_close(&o->rules);
	files_fini(&files);
	return status;
}

static int run_verb(struct options *o, const char *verb, char **words)
{
	if (strcmp(verb, "replay") == 0)
		return replay(o, words);
	if (strcmp(verb, "list") == 0 && words[0] != NULL && words[1] == NULL)
		return list(words[0]);
	if (strcmp(verb, "explain") == 0 && o->states && words[0] == NULL)
		return explain_states();
	if (strcmp(verb, "rules") == 0)
		return rules_verb(o, words);
	if (strcmp(verb, "help") == 0) {
		fputs(help_text, stdout);
		return EXIT_DONE;
	}
	if (strcmp(verb, "version") == 0) {
		puts("culvert " CULVERT_VERSION);
		return EXIT_DONE;
	}
	log_error("'%s': no such command, or it lacks a word", verb);
	return usage_error();
}

int main(int argc, char **argv)
{
	struct options o = {
		.output = "-",
		.verbosity = LOG_INFO,
		.pipeline = { .flows = MAX_FLOWS, .anomalies = true },
	};
	log_init(o.verbosity);
	if (!options_read(&o, argc, argv))
		return usage_error();
	if (o.verb != NULL)
		return run_verb(&o, o.verb, argv + argc);
	log_init(o.verbosity);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (optind == argc)
		return usage_error();
	return run_verb(&o, argv[optind], argv + optind + 1);
}

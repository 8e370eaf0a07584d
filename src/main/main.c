/* main -- verbs and exit status.  Lines for programs go to standard output, talk for people to standard error. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "main/inline.h"
#include "main/live.h"
#include "main/options.h"
#include "main/replay.h"
#include "main/rules_verbs.h"
#include "main/run.h"
#include "main/signals.h"
#include "rules/fact.h"
#include "tunnel/tunnel.h"

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

static int list_caps(void)
{
	for (unsigned i = 0; i < CAPS; i++) {
		const struct cap_row *c = cap_row((enum cap)i);
		printf(
		    "%-14s %10llu %-16s %s: %s\n", c->name, (unsigned long long)c->value, c->unit, c->bounds, c->then);
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
	if (strcmp(what, "caps") == 0)
		return list_caps();
	log_error("list: '%s' is none of: caps, detectors, events, facts", what);
	return run_usage();
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

static int run_verb(struct options *o, const char *verb, char **words)
{
	if (strcmp(verb, "replay") == 0)
		return replay(o, words);
	/* What has happened is told in full; what happens is not to drown whoever watches. */
	if (!o->alerts_given)
		o->pipeline.alerts_per_s = MAX_ALERTS_S;
	if (strcmp(verb, "live") == 0)
		return live(o, words);
	if (strcmp(verb, "inline") == 0)
		return in_the_way(o, words);
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
	return run_usage();
}

int main(int argc, char **argv)
{
	struct options o = {
		.output = "-",
		.verbosity = LOG_INFO,
		.pipeline = { .flows = MAX_FLOWS, .anomalies = true, .overlaps = OVERLAP_ACKED },
		.live = { .snaplen = MAX_FRAME, .buffer_mib = LIVE_BUFFER_MIB },
		.in_line = { .queue = { .length = QUEUE_LENGTH },
		    .gate = { .mark = SETTLED_MARK, .mask = SETTLED_MARK, .reject_with = REPLY_RST },
		    .forbidden = { FORBIDDEN_MARK, FORBIDDEN_MARK } },
		.stats_interval = STATS_INTERVAL,
		.workers = WORKERS_UNSAID,
		.watchdog = WATCHDOG_UNSAID,
	};
	log_init(o.verbosity);
	if (!options_read(&o, argc, argv))
		return run_usage();
	if (o.verb != NULL)
		return run_verb(&o, o.verb, argv + argc);
	log_init(o.verbosity);
	signals_listen();
	if (optind == argc)
		return run_usage();
	return run_verb(&o, argv[optind], argv + optind + 1);
}

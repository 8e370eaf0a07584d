/* main -- arguments, wiring, exit status.  Lines for programs go to standard output, talk for people to standard error. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "capture/files.h"
#include "capture/source.h"
#include "engine/pipeline.h"
#include "tunnel/tunnel.h"

enum exit_status { EXIT_DONE = 0, EXIT_INCOMPLETE = 1, EXIT_USAGE = 2, EXIT_DENIED = 3, EXIT_FOUND = 10 };

struct options {
	const char *filter, *output;
	enum report_format format;
	enum log_level verbosity;
	struct pipeline_options pipeline;
	uint32_t fail_on;   /* 1 << enum label */
	const char *unwrap; /* folder; NULL: none */
	bool fail_on_anomaly, states, table;
};

static const char help_text[] =
    "culvert tells what TCP conversations really are: plain-http, blind-relay (CONNECT or Upgrade was accepted: a\n"
    "channel), http-tunnel (a foreign protocol wrapped in HTTP messages), not-http, or undecided.\n"
    "\n"
    "usage: culvert replay [options] FILE|FOLDER|- ...   label the conversations of captures (pcap, pcapng)\n"
    "       culvert list detectors|events                what can be found and named\n"
    "       culvert explain --states                     the handshake table\n"
    "       culvert help | version\n"
    "\n"
    "  -f, --filter BPF        only packets that match, as in tcpdump\n"
    "  -o, --output FILE       write the records there; - is standard output (the default)\n"
    "      --format FORMAT     json (default) or text, one line a conversation for people\n"
    "      --table             a table of the conversations on standard error as well\n"
    "  -k, --checksums POLICY  auto (default: learn who offloads), all, none\n"
    "      --overlap POLICY    whose bytes count where segments overlap: linux (default), first, last\n"
    "      --flows N           conversations held at once (default 262144)\n"
    "      --unwrap FOLDER     write what tunnels carry to FOLDER/ID/up and FOLDER/ID/down\n"
    "      --no-tunnels        do not look for tunnels in HTTP messages\n"
    "      --no-anomalies      no anomaly records (they are still counted and named in flow records)\n"
    "      --fail-on WHAT      exit 10 when a conversation gets this label, or anomaly; may be repeated\n"
    "  -q, --quiet             errors only; twice: nothing\n"
    "  -v, --verbose           say more; twice: everything\n"
    "  -h, --help, --version\n"
    "\n"
    "exit status: 0 done, 1 done but a capture was damaged or records were lost, 2 wrong use, 3 no permission,\n"
    "10 --fail-on matched.  See culvert(8) and culvert-events(5).\n";

enum {
	OPT_FORMAT = 256,
	OPT_OVERLAP,
	OPT_FLOWS,
	OPT_UNWRAP,
	OPT_NO_TUNNELS,
	OPT_NO_ANOMALIES,
	OPT_FAIL_ON,
	OPT_STATES,
	OPT_TABLE,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "filter", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "table", no_argument, NULL, OPT_TABLE },
	{ "checksums", required_argument, NULL, 'k' },
	{ "overlap", required_argument, NULL, OPT_OVERLAP },
	{ "flows", required_argument, NULL, OPT_FLOWS },
	{ "unwrap", required_argument, NULL, OPT_UNWRAP },
	{ "no-tunnels", no_argument, NULL, OPT_NO_TUNNELS },
	{ "no-anomalies", no_argument, NULL, OPT_NO_ANOMALIES },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "states", no_argument, NULL, OPT_STATES },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static volatile sig_atomic_t wants_counters, wants_stop;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		wants_counters = 1;
	else
		wants_stop = 1;
}

/* Index of `word` in a list that ends with NULL, or -1 after saying what was expected. */
static int choose(const char *option, const char *word, const char *const *words)
{
	char known[160] = "";
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
		snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i != 0 ? ", " : "", words[i]);
	}
	log_error("%s: '%s' is none of: %s", option, word, known);
	return -1;
}

static bool add_fail_on(struct options *o, const char *word)
{
	const char *words[LABELS + 2] = { NULL };
	for (int i = 0; i < LABELS; i++)
		words[i] = label_name((enum label)i);
	words[LABELS] = "anomaly";
	const int found = choose("--fail-on", word, words);
	if (found < 0)
		return false;
	if (found == LABELS)
		o->fail_on_anomaly = true;
	else
		o->fail_on |= 1u << found;
	return true;
}

static bool parse_flows(struct options *o, const char *word)
{
	uint64_t n;
	const struct slice text = { (const uint8_t *)word, strlen(word) };
	if (!slice_decimal(text, 1u << 28, &n) || n == 0) {
		log_error("--flows: '%s' is no number from 1 to %u", word, 1u << 28);
		return false;
	}
	o->pipeline.flows = (size_t)n;
	return true;
}

static bool take_option(struct options *o, int c, const char *value)
{
	static const char *const formats[] = { "json", "text", NULL };
	static const char *const checksums[] = { "auto", "all", "none", NULL };
	static const char *const overlaps[] = { "linux", "first", "last", NULL };
	int n = 0;
	switch (c) {
	case 'f':
		o->filter = value;
		return true;
	case 'o':
		o->output = value;
		return true;
	case 'q':
		o->verbosity = o->verbosity > LOG_ERROR ? LOG_ERROR : LOG_QUIET;
		return true;
	case 'v':
		o->verbosity = o->verbosity < LOG_DEBUG ? o->verbosity + 1 : LOG_DEBUG;
		return true;
	case 'k':
		n = choose("--checksums", value, checksums);
		o->pipeline.checksums = (enum checksum_policy)n;
		return n >= 0;
	case OPT_FORMAT:
		n = choose("--format", value, formats);
		o->format = (enum report_format)n;
		return n >= 0;
	case OPT_OVERLAP:
		n = choose("--overlap", value, overlaps);
		o->pipeline.overlaps = (enum overlap_policy)n;
		return n >= 0;
	case OPT_FLOWS:
		return parse_flows(o, value);
	case OPT_UNWRAP:
		o->unwrap = value;
		return true;
	case OPT_NO_TUNNELS:
		o->pipeline.no_tunnels = true;
		return true;
	case OPT_NO_ANOMALIES:
		o->pipeline.anomalies = false;
		return true;
	case OPT_FAIL_ON:
		return add_fail_on(o, value);
	case OPT_STATES:
		o->states = true;
		return true;
	case OPT_TABLE:
		o->table = true;
		return true;
	default:
		return false;
	}
}

static int usage_error(void)
{
	fputs("culvert: see `culvert help`\n", stderr);
	return EXIT_USAGE;
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
	log_error("list: '%s' is none of: detectors, events", what);
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
static bool replay_source(struct pipeline *p, struct source *s, const char *name, struct progress *g)
{
	struct frame frame;
	struct err e;
	enum source_got got = GOT_END;
	uint32_t beat = 0;
	pipeline_source(p, name);
	while (!wants_stop && (got = source_next(s, &frame, &e)) == GOT_FRAME) {
		pipeline_frame(p, &frame);
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
	return o->fail_on_anomaly && s->anomalies != 0;
}

static int replay_files(
    const struct options *o, const struct files *files, struct pipeline *p, struct report_stats *stats)
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
		if (!replay_source(p, s, files->names[i], &g))
			status = EXIT_INCOMPLETE;
		source_close(s);
	}
	pipeline_stats(p, stats);
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
	const int status = replay_into(o, &files);
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
	int c;
	while ((c = getopt_long(argc, argv, "f:o:k:qvh", long_options, NULL)) != -1) {
		if (c == 'h')
			return run_verb(&o, "help", argv + argc);
		if (c == OPT_VERSION)
			return run_verb(&o, "version", argv + argc);
		if (!take_option(&o, c, optarg))
			return usage_error();
	}
	log_init(o.verbosity);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGUSR1, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (optind == argc)
		return usage_error();
	return run_verb(&o, argv[optind], argv + optind + 1);
}

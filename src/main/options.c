#include "main/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "main/crew.h"
#include "rules/quantity.h"

const char help_text[] =
    "culvert tells what TCP conversations really are: plain-http, blind-relay (CONNECT or Upgrade was accepted: a\n"
    "channel), http-tunnel (a foreign protocol wrapped in HTTP messages), not-http, or undecided.\n"
    "\n"
    "usage: culvert replay [options] FILE|FOLDER|- ...   label the conversations of captures (pcap, pcapng)\n"
    "       culvert live -i INTERFACE [options]          label conversations as they happen\n"
    "       culvert inline -q NUM --fail open|closed [options]  judge packets of the kernel's queue NUM, and let them\n"
    "                                                    pass or not; --print-rules, --check\n"
    "       culvert list caps|detectors|events|facts     what is bounded, and what can be found and named\n"
    "       culvert explain --states                     the handshake table\n"
    "       culvert rules check FILE|FOLDER ...          everything that is wrong with rule files\n"
    "       culvert rules print FILE|FOLDER ...          the same rules in their normal form\n"
    "       culvert rules test FILE|FOLDER ...           run the tests that stand in them\n"
    "       culvert help | version\n"
    "\n"
    "  -i, --interface NAME    live: listen there; may be repeated\n"
    "      --promiscuous       live: frames for other hosts as well\n"
    "      --buffer MIB        live: the kernel's buffer for each interface (default 64)\n"
    "      --snaplen BYTES     live: keep so much of each frame (default 262144)\n"
    "      --stats-interval S  live, inline: a stats record every S seconds (default 8; 0: only at the end)\n"
    "      --enforce           live: mark the connections that a rule forbids in the kernel, for a rule of the "
    "firewall\n"
    "      --forbidden-mark V/M  live --enforce: on connections that a rule forbids (default 0x2000000)\n"
    "  -q, --queue NUM[-NUM]   inline: the kernel's queues, each with a worker\n"
    "      --fail open|closed  inline: what cannot be judged passes, or does not; must be said\n"
    "      --exceptions LIST   inline: CONDITION=pass|drop|reject, with commas: flow-table, reassembly, midstream,\n"
    "                          restart, parser, held, queue\n"
    "      --reject-with HOW   inline: rst (default), or 403 where a handshake is rejected\n"
    "      --settled-mark V/M  inline: on packets of conversations that need no more asking (default 0x1000000); live\n"
    "                          --enforce: on their connections\n"
    "      --queue-length N    inline: packets that may wait (default 8192)\n"
    "      --print-rules WHAT  inline, live --enforce: print the rule set to load, for nft or iptables\n"
    "      --check             inline: say what the kernel and the rights lack\n"
    "      --fates FILE        replay: what would become of each packet inline\n"
    "  -j, --workers N         replay, live, inline: share the traffic among N workers (default 1)\n"
    "      --ordered           replay: with several workers, records in the order in which one writes them\n"
    "      --watchdog S        live, inline: replace a worker that stands still for S seconds (default 10, inline 2; "
    "0: never)\n"
    "      --sandbox MODE      what reads packets is shut in: try (default), require, off\n"
    "      --selftest-sandbox  live, inline: shut a worker in, try what it must not be able to do, and exit\n"
    "      --rotate-size SIZE  live, inline: set the output file aside before it is larger: 100M\n"
    "      --rotate-every TIME live, inline: set it aside at every multiple of this time: 1h, 1d\n"
    "      --rotate-keep N     live, inline: of the files set aside keep the N latest (default: all)\n"
    "      --metrics WHERE     live, inline: serve metrics for Prometheus on ADDRESS:PORT, PORT or unix:PATH\n"
    "  -f, --filter BPF        only packets that match, as in tcpdump\n"
    "  -r, --rules FILE        judge the conversations by the rules of a file or folder; may be repeated\n"
    "  -o, --output FILE       write the records there; - is standard output (the default); unix:PATH a socket\n"
    "      --format FORMAT     json (default) or text, one line a conversation for people\n"
    "      --table             a table of the conversations on standard error as well\n"
    "  -k, --checksums POLICY  auto (default: learn who offloads), all, none\n"
    "      --overlap POLICY    whose bytes count where segments overlap: acked (default), first,\n"
    "                              last, linux, windows, bsd\n"
    "      --flows N           conversations held at once (default 262144)\n"
    "      --memory SIZE       so many that no process takes more than that, whatever comes: 256M, 1G\n"
    "      --alerts-per-second N  tell no more in one second of packet time (default 1000; replay: 0, any number)\n"
    "      --unwrap FOLDER     write what tunnels carry to FOLDER/ID/up and FOLDER/ID/down\n"
    "      --no-tunnels        do not look for tunnels in HTTP messages\n"
    "      --no-anomalies      no anomaly records (they are still counted and named in flow records)\n"
    "      --fail-on WHAT      exit 10 on a label, anomaly, alert, or alert:SEVERITY and above; may be repeated\n"
    "      --strict            rules check: fail on warnings, too\n"
    "      --require-tests     rules test: every rule must have one\n"
    "  -q, --quiet             errors only; twice: nothing\n"
    "  -v, --verbose           say more; twice: everything\n"
    "  -h, --help, --version\n"
    "\n"
    "exit status: 0 done, 1 done but a capture was damaged or records were lost, 2 wrong use, 3 no permission,\n"
    "10 --fail-on matched.  See culvert(8) and culvert-events(5).\n";

/* Less would be a file for every few lines. */
enum { LEAST_ROTATE_SIZE = 65536, LEAST_MEMORY = 64 << 20 };

#define NS_PER_S UINT64_C(1000000000)

enum {
	OPT_FORMAT = 256,
	OPT_OVERLAP,
	OPT_FLOWS,
	OPT_MEMORY,
	OPT_ALERTS,
	OPT_UNWRAP,
	OPT_NO_TUNNELS,
	OPT_NO_ANOMALIES,
	OPT_FAIL_ON,
	OPT_STATES,
	OPT_TABLE,
	OPT_STRICT,
	OPT_REQUIRE_TESTS,
	OPT_PROMISCUOUS,
	OPT_BUFFER,
	OPT_SNAPLEN,
	OPT_STATS_INTERVAL,
	OPT_FATES,
	OPT_ORDERED,
	OPT_SANDBOX,
	OPT_SELFTEST,
	OPT_WATCHDOG,
	OPT_ROTATE_SIZE,
	OPT_ROTATE_EVERY,
	OPT_ROTATE_KEEP,
	OPT_METRICS,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "interface", required_argument, NULL, 'i' },
	{ "promiscuous", no_argument, NULL, OPT_PROMISCUOUS },
	{ "buffer", required_argument, NULL, OPT_BUFFER },
	{ "snaplen", required_argument, NULL, OPT_SNAPLEN },
	{ "stats-interval", required_argument, NULL, OPT_STATS_INTERVAL },
	{ "queue", required_argument, NULL, 'Q' },
	{ "fail", required_argument, NULL, OPT_FAIL },
	{ "exceptions", required_argument, NULL, OPT_EXCEPTIONS },
	{ "reject-with", required_argument, NULL, OPT_REJECT_WITH },
	{ "settled-mark", required_argument, NULL, OPT_SETTLED_MARK },
	{ "forbidden-mark", required_argument, NULL, OPT_FORBIDDEN_MARK },
	{ "enforce", no_argument, NULL, OPT_ENFORCE },
	{ "queue-length", required_argument, NULL, OPT_QUEUE_LENGTH },
	{ "print-rules", required_argument, NULL, OPT_PRINT_RULES },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "fates", required_argument, NULL, OPT_FATES },
	{ "workers", required_argument, NULL, 'j' },
	{ "ordered", no_argument, NULL, OPT_ORDERED },
	{ "watchdog", required_argument, NULL, OPT_WATCHDOG },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "selftest-sandbox", no_argument, NULL, OPT_SELFTEST },
	{ "rotate-size", required_argument, NULL, OPT_ROTATE_SIZE },
	{ "rotate-every", required_argument, NULL, OPT_ROTATE_EVERY },
	{ "rotate-keep", required_argument, NULL, OPT_ROTATE_KEEP },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "filter", required_argument, NULL, 'f' },
	{ "rules", required_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "table", no_argument, NULL, OPT_TABLE },
	{ "checksums", required_argument, NULL, 'k' },
	{ "overlap", required_argument, NULL, OPT_OVERLAP },
	{ "flows", required_argument, NULL, OPT_FLOWS },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "alerts-per-second", required_argument, NULL, OPT_ALERTS },
	{ "unwrap", required_argument, NULL, OPT_UNWRAP },
	{ "no-tunnels", no_argument, NULL, OPT_NO_TUNNELS },
	{ "no-anomalies", no_argument, NULL, OPT_NO_ANOMALIES },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "states", no_argument, NULL, OPT_STATES },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "require-tests", no_argument, NULL, OPT_REQUIRE_TESTS },
	{ "quiet", no_argument, NULL, 'S' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

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

/* `alert` or `alert:high`: that severity and what is worse. */
static bool add_fail_on_alert(struct options *o, const char *word)
{
	const char *words[SEVERITY_INFO + 1] = { NULL };
	for (int i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		words[i - SEVERITY_HIGH] = severity_name((enum severity)i);
	const int found = *word == ':' ? choose("--fail-on alert", word + 1, words) : SEVERITY_INFO - SEVERITY_HIGH;
	for (int i = 0; i <= found; i++)
		o->fail_on_alert |= 1u << (i + SEVERITY_HIGH);
	return found >= 0;
}

static bool add_rules(struct options *o, const char *path)
{
	if (o->rules.paths == MAX_RULE_PATHS) {
		log_error("--rules: more than %d", MAX_RULE_PATHS);
		return false;
	}
	o->rules.path[o->rules.paths++] = path;
	return true;
}

static bool add_fail_on(struct options *o, const char *word)
{
	if (strncmp(word, "alert", 5) == 0 && (word[5] == '\0' || word[5] == ':'))
		return add_fail_on_alert(o, word + 5);
	const char *words[LABELS + 3] = { NULL };
	for (int i = 0; i < LABELS; i++)
		words[i] = label_name((enum label)i);
	words[LABELS] = "anomaly";
	words[LABELS + 1] = "alert";
	const int found = choose("--fail-on", word, words);
	if (found < 0)
		return false;
	if (found == LABELS)
		o->fail_on_anomaly = true;
	else
		o->fail_on |= 1u << found;
	return true;
}

static bool parse_number(const char *option, const char *word, uint32_t least, uint32_t most, uint32_t *to)
{
	uint64_t n;
	const struct slice text = { (const uint8_t *)word, strlen(word) };
	if (!slice_decimal(text, most, &n) || n < least) {
		log_error("%s: '%s' is no number from %u to %u", option, word, least, most);
		return false;
	}
	*to = (uint32_t)n;
	return true;
}

static bool parse_flows(struct options *o, const char *word)
{
	uint32_t n;
	if (!parse_number("--flows", word, 1, 1u << 28, &n))
		return false;
	o->pipeline.flows = n;
	return true;
}

static bool add_interface(struct options *o, const char *name)
{
	if (o->live.interfaces == MAX_INTERFACES) {
		log_error("--interface: more than %d", MAX_INTERFACES);
		return false;
	}
	o->live.interface[o->live.interfaces++] = name;
	return true;
}

/* 100M is 100MiB, as elsewhere. */
static bool parse_size(const char *option, const char *word, uint64_t least, const char *least_word, uint64_t *to)
{
	char text[32];
	const size_t len = strlen(word);
	const bool brief = len != 0 && strchr("KMG", word[len - 1]) != NULL;
	snprintf(text, sizeof text, "%s%s", word, brief ? "iB" : "");
	const char *why = quantity_parse(FACT_BYTES, (struct slice){ (const uint8_t *)text, strlen(text) }, to);
	if (why != NULL)
		log_error("%s: '%s' %s", option, word, why);
	else if (*to < least)
		log_error("%s: '%s' is less than %s", option, word, least_word);
	return why == NULL && *to >= least;
}

static bool parse_rotate_every(struct options *o, const char *word)
{
	uint64_t ns = 0;
	const char *why = quantity_parse(FACT_SECONDS, (struct slice){ (const uint8_t *)word, strlen(word) }, &ns);
	if (why == NULL && (ns < NS_PER_S || ns % NS_PER_S != 0))
		why = "is no number of whole seconds";
	if (why != NULL)
		log_error("--rotate-every: '%s' %s", word, why);
	o->rotation.every_s = (int64_t)(ns / NS_PER_S);
	return why == NULL;
}

/* Those that a run needs that goes on for months. */
static bool take_upkeep(struct options *o, int c, const char *value)
{
	uint32_t n = 0;
	switch (c) {
	case OPT_ROTATE_SIZE:
		return parse_size("--rotate-size", value, LEAST_ROTATE_SIZE, "64K", &o->rotation.size);
	case OPT_ROTATE_EVERY:
		return parse_rotate_every(o, value);
	case OPT_ROTATE_KEEP:
		if (!parse_number("--rotate-keep", value, 1, 100000, &n))
			return false;
		o->rotation.keep = n;
		return true;
	case OPT_METRICS:
		o->metrics = value;
		return true;
	default:
		return false;
	}
}

/* Those of live. */
static bool take_live(struct options *o, int c, const char *value)
{
	static const char *const modes[] = { "try", "require", "off", NULL };
	int n = 0;
	switch (c) {
	case 'j':
		return parse_number("--workers", value, 1, MAX_WORKERS, &o->workers);
	case OPT_WATCHDOG:
		return parse_number("--watchdog", value, 0, 3600, &o->watchdog);
	case OPT_SANDBOX:
		n = choose("--sandbox", value, modes);
		o->sandbox = (enum guard_mode)n;
		return n >= 0;
	case OPT_BUFFER:
		return parse_number("--buffer", value, 1, 2047, &o->live.buffer_mib);
	case OPT_SNAPLEN:
		return parse_number("--snaplen", value, 64, MAX_FRAME, &o->live.snaplen);
	case OPT_STATS_INTERVAL:
		return parse_number("--stats-interval", value, 0, 86400, &o->stats_interval);
	case 'Q':
		return inline_option(&o->in_line, 'q', value);
	default:
		if (c >= OPT_FAIL && c < OPT_LAST)
			return inline_option(&o->in_line, c, value);
		return take_upkeep(o, c, value);
	}
}

/* Options whose value is one of a few words, or a number. */
static bool take_value(struct options *o, int c, const char *value)
{
	static const char *const formats[] = { "json", "text", NULL };
	static const char *const checksums[] = { "auto", "all", "none", NULL };
	static const char *const overlaps[] = { "linux", "first", "last", "windows", "bsd", "acked", NULL };
	int n = 0;
	switch (c) {
	case 'k':
		n = choose("--checksums", value, checksums);
		o->pipeline.checksums = (enum checksum_policy)n;
		return n >= 0;
	case OPT_FORMAT:
		n = choose("--format", value, formats);
		o->format = (enum report_format)n;
		o->format_given = true;
		return n >= 0;
	case OPT_OVERLAP:
		n = choose("--overlap", value, overlaps);
		o->pipeline.overlaps = (enum overlap_policy)n;
		return n >= 0;
	case OPT_FLOWS:
		return parse_flows(o, value);
	case OPT_MEMORY:
		return parse_size("--memory", value, LEAST_MEMORY, "64M", &o->memory);
	case OPT_ALERTS:
		o->alerts_given = true;
		return parse_number("--alerts-per-second", value, 0, UINT32_MAX, &o->pipeline.alerts_per_s);
	case OPT_FAIL_ON:
		return add_fail_on(o, value);
	default:
		return take_live(o, c, value);
	}
}

/* What an option turns on that takes no value; NULL: it is none of these. */
static bool *switch_of(struct options *o, int c)
{
	switch (c) {
	case OPT_PROMISCUOUS:
		return &o->live.promiscuous;
	case OPT_NO_TUNNELS:
		return &o->pipeline.no_tunnels;
	case OPT_ORDERED:
		return &o->ordered;
	case OPT_STATES:
		return &o->states;
	case OPT_STRICT:
		return &o->strict;
	case OPT_REQUIRE_TESTS:
		return &o->require_tests;
	case OPT_SELFTEST:
		return &o->selftest;
	case OPT_TABLE:
		return &o->table;
	default:
		return NULL;
	}
}

/* Where the text goes that an option takes as it is; NULL: it is none of these. */
static const char **text_of(struct options *o, int c)
{
	switch (c) {
	case 'f':
		return &o->filter;
	case 'o':
		return &o->output;
	case OPT_FATES:
		return &o->fates;
	case OPT_UNWRAP:
		return &o->unwrap;
	default:
		return NULL;
	}
}

static bool take_option(struct options *o, int c, const char *value)
{
	bool *const on = switch_of(o, c);
	const char **const text = text_of(o, c);
	if (on != NULL)
		*on = true;
	if (text != NULL)
		*text = value;
	if (on != NULL || text != NULL)
		return true;
	switch (c) {
	case 'i':
		return add_interface(o, value);
	case 'r':
		return add_rules(o, value);
	case 'q':
		if (value != NULL)
			return inline_option(&o->in_line, 'q', value);
		/* fallthrough */
	case 'S':
		o->verbosity = o->verbosity > LOG_ERROR ? LOG_ERROR : LOG_QUIET;
		return true;
	case 'v':
		o->verbosity = o->verbosity < LOG_DEBUG ? o->verbosity + 1 : LOG_DEBUG;
		return true;
	case 'h':
		o->verb = "help";
		return true;
	case OPT_VERSION:
		o->verb = "version";
		return true;
	case OPT_NO_ANOMALIES:
		o->pipeline.anomalies = false;
		return true;
	default:
		return take_value(o, c, value);
	}
}

bool options_read(struct options *o, int argc, char **argv)
{
	/* There, -q is the queue; elsewhere it is quiet. */
	const bool in_line = argc > 1 && strcmp(argv[1], "inline") == 0;
	const char *const letters = in_line ? "i:j:f:r:o:k:q:vh" : "i:j:f:r:o:k:qvh";
	int c;
	while (o->verb == NULL && (c = getopt_long(argc, argv, letters, long_options, NULL)) != -1)
		if (!take_option(o, c, optarg))
			return false;
	return true;
}

#include "main/run.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include "main/share.h"
#include "main/signals.h"

int run_usage(void)
{
	fputs("culvert: see `culvert help`\n", stderr);
	return EXIT_USAGE;
}

int run_blame(const struct err *e, int otherwise)
{
	if (e->sys == EACCES || e->sys == EPERM)
		return EXIT_DENIED;
	return e->sys == EINVAL ? EXIT_USAGE : otherwise;
}

int run_refused(const struct err *e, int otherwise)
{
	log_error("%s: %s", e->where, e->what);
	return run_blame(e, otherwise);
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

static int close_unwrap(const struct options *o, uint64_t by_workers, int status)
{
	const uint64_t lost = unwrap_lost(o->pipeline.unwrap) + by_workers;
	unwrap_close(o->pipeline.unwrap);
	if (lost == 0)
		return status;
	log_error("%s: %llu bytes could not be written", o->unwrap, (unsigned long long)lost);
	return EXIT_INCOMPLETE;
}

static struct reporter *open_output(const struct options *o, bool live, struct err *e)
{
	return live ? reporter_open_live(o->output, o->format, e) : reporter_open(o->output, o->format, e);
}

bool run_open(struct run *r, struct options *o, bool live)
{
	struct err e;
	*r = (struct run){ .options = o };
	r->reporter = open_output(o, live, &e);
	if (r->reporter != NULL && live && (o->rotation.size != 0 || o->rotation.every_s != 0))
		reporter_rotate(r->reporter, &o->rotation);
	if (r->reporter != NULL && o->table)
		r->table = reporter_open(NULL, REPORT_TEXT, &e);
	if (r->reporter != NULL && (r->table != NULL || !o->table) && open_unwrap(o, &e))
		return true;
	log_error("%s: %s", e.where, e.what);
	return false;
}

/* What is taken whatever the traffic: the program with its rules, which may be read anew beside the old ones; nDPI, once it is
 * asked; what the kernel shows of an interface. */
size_t run_taken_anyway(const struct options *o)
{
	enum { NDPI = 12 << 20, FEW = 8 << 20, KIB = 1024 };
	struct rusage now;
	const size_t peak = getrusage(RUSAGE_SELF, &now) == 0 ? (size_t)now.ru_maxrss * KIB : 2 * FEW;
	const size_t rules = peak > FEW && o->rules.paths != 0 ? peak - FEW : 0;
	return peak + rules + NDPI + (size_t)o->live.interfaces * o->live.buffer_mib * KIB * KIB;
}

static bool fit_memory(struct options *o, size_t besides, struct err *e)
{
	if (o->memory == 0)
		return true;
	const size_t anyway = run_taken_anyway(o) + besides;
	const size_t flows = o->memory > anyway ? pipeline_fit(&o->pipeline, (size_t)o->memory - anyway) : 0;
	if (flows == 0)
		return err_set(e, "--memory", "%llu MiB are too little: %zu MiB are taken before the first packet",
		    (unsigned long long)(o->memory >> 20), anyway >> 20);
	o->pipeline.flows = flows;
	log_debug("--memory: %zu conversations", flows);
	return true;
}

bool run_start(struct run *r, struct err *e)
{
	struct options *o = r->options;
	if (!fit_memory(o, r->besides, e))
		return false;
	o->pipeline.key = hash_key_random();
	o->pipeline.rules = o->rules.set;
	r->pipeline = pipeline_new(&o->pipeline, r->reporter, e);
	if (r->pipeline == NULL)
		return false;
	pipeline_table(r->pipeline, r->table);
	r->counted = true;
	return true;
}

/* The one place where frames pass: with two, compilers no longer make one piece of reading, decoding and the rest, and every
 * frame costs a twentieth more. */
enum source_got run_frames(const struct run *r, struct source *s, unsigned most, struct err *e)
{
	struct frame frame[PIPELINE_FRAMES] = { 0 };
	enum source_got got = GOT_FRAME;
	for (unsigned n = 0; got == GOT_FRAME && n < most && !signals_any();) {
		size_t there = source_more(s, frame, PIPELINE_FRAMES);
		if (there == 0) {
			got = source_next(s, &frame[0], e);
			if (got != GOT_FRAME)
				break;
			there = 1;
		}
		pipeline_frames(r->pipeline, frame, there);
		n += (unsigned)there;
	}
	return got;
}

void run_counters(const struct run *r, struct report_stats *now)
{
	if (r->share != NULL)
		share_stats(r->share, now);
	else
		pipeline_stats(r->pipeline, now);
}

void run_count(struct run *r)
{
	const struct live_stats *live = r->stats.live;
	run_counters(r, &r->stats);
	r->stats.live = live;
	r->stats.rules.refused = r->options->rules.refused;
}

void run_print_counters(const struct report_stats *now, const char *name)
{
	fprintf(stderr, "culvert: %s: %llu frames, %llu conversations", name, (unsigned long long)now->frames,
	    (unsigned long long)now->flows);
}

bool run_matched(const struct run *r)
{
	const struct options *o = r->options;
	const struct report_stats *s = &r->stats;
	for (unsigned i = 0; i < LABELS; i++)
		if ((o->fail_on >> i & 1) != 0 && s->by_label[i] != 0)
			return true;
	for (unsigned i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		if ((o->fail_on_alert >> i & 1) != 0 && s->rules.by_severity[i] != 0)
			return true;
	return o->fail_on_anomaly && s->anomalies != 0;
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

int run_end(struct run *r, int status)
{
	status = close_reporter(r->reporter, close_reporter(r->table, status));
	if (r->counted)
		print_summary(&r->stats);
	pipeline_free(r->pipeline);
	return close_unwrap(r->options, r->unwrap_lost, status);
}

/* player -- plays every talk of a folder in every way and demands the same answer each time.
 *
 *   talk [-v] [-s] FOLDER [NAME...]   a line for each talk; what failed in detail; the last line counts; -s: with few cuts
 *   talk --seeds OUT FOLDER        writes each talk's two streams and its frames as seeds for the fuzz targets
 *   talk --pcap OUT PORT FOLDER NAME...   writes talks, as written and to a server on that port, to a capture
 *
 * A test is one talk in one way; the cuts of one talk, and its losses, count as one test each. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "capture.h"
#include "play.h"
#include "record.h"
#include "seeds.h"

enum { MOST_CUTS = 300, FEW_CUTS = 15, MOST_LOSSES = 40 };

struct session {
	const struct script *script;
	struct play *plays;
	unsigned play_count;
	char *lines; /* everything that was reported */
	size_t lines_len;
	struct text *records; /* its flow records */
	unsigned record_count;
	unsigned failures[PLAY_HOWS];
	bool verbose, few_cuts;
};

static void *must(void *p)
{
	if (p == NULL) {
		fputs("talk: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

static void add_play(struct session *n, enum play_how how, size_t at)
{
	n->plays = must(realloc(n->plays, (n->play_count + 1) * sizeof *n->plays));
	n->plays[n->play_count] = (struct play){ .how = how, .at = at, .client = n->play_count + 1 };
	n->play_count++;
}

static void add_plays(struct session *n)
{
	const size_t cuts = play_cuts(n->script), segments = play_segments(n->script);
	const size_t cut_step = cuts / (n->few_cuts ? FEW_CUTS : MOST_CUTS) + 1, loss_step = segments / MOST_LOSSES + 1;
	for (enum play_how how = 0; how < PLAY_HOWS; how++) {
		if (how != PLAY_CUT && how != PLAY_LOST)
			add_play(n, how, 0);
	}
	for (size_t at = 1; at < cuts; at += cut_step)
		add_play(n, PLAY_CUT, at);
	for (size_t at = 0; at < segments; at += loss_step)
		add_play(n, PLAY_LOST, at);
}

static void stop(const struct err *e)
{
	fprintf(stderr, "talk: %s: %s\n", e->where, e->what);
	exit(2);
}

static void read_back(struct session *n, int fd)
{
	const off_t size = lseek(fd, 0, SEEK_END);
	n->lines = must(malloc((size_t)size + 1));
	for (ssize_t got; n->lines_len < (size_t)size; n->lines_len += (size_t)got) {
		got = pread(fd, n->lines + n->lines_len, (size_t)size - n->lines_len, (off_t)n->lines_len);
		if (got <= 0) {
			fputs("talk: cannot read what was reported\n", stderr);
			exit(2);
		}
	}
	const char *at = n->lines, *end = n->lines + n->lines_len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			break;
		const struct text line = { at, (size_t)(newline - at) };
		at = newline + 1;
		if (!text_is(record_get(line, "event_type"), "flow"))
			continue;
		n->records = must(realloc(n->records, (n->record_count + 1) * sizeof *n->records));
		n->records[n->record_count++] = line;
	}
}

/* All plays go through one pipeline, from a client address of their own each. */
static void perform(struct session *n)
{
	struct err e = { 0 };
	char path[64];
	const int fd = memfd_create("talk", 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct reporter *r = reporter_open(path, REPORT_JSON, &e);
	if (r == NULL)
		stop(&e);
	const struct pipeline_options options = { .flows = (size_t)n->play_count * n->script->flows * 16 + 64,
		.anomalies = true,
		.overlaps = OVERLAP_ACKED,
		.key = { 1, 2 } };
	struct pipeline *p = pipeline_new(&options, r, &e);
	if (p == NULL)
		stop(&e);
	pipeline_source(p, n->script->name);
	int64_t t = INT64_C(1700000000) * 1000000000;
	uint64_t number = 0;
	for (unsigned i = 0; i < n->play_count; i++)
		play(p, n->script, &n->plays[i], &t, &number);
	pipeline_drain(p);
	pipeline_free(p);
	if (!reporter_close(r, &e))
		stop(&e);
	read_back(n, fd);
	close(fd);
}

static bool complain(
    struct session *n, const struct play *how, unsigned flow, const char *what, struct text got, const char *wanted)
{
	const bool again = n->failures[how->how]++ != 0 || (how->how != PLAY_WRITTEN && n->failures[PLAY_WRITTEN] != 0);
	if (again && !n->verbose)
		return false;
	printf("# %s, %s", n->script->name, play_name(how->how));
	if (how->how == PLAY_CUT || how->how == PLAY_LOST)
		printf(" (%zu)", how->at);
	printf(", flow %u: %s is %.*s, not %s\n", flow + 1, what, (int)got.len, got.at == NULL ? "" : got.at, wanted);
	return false;
}

static bool find_record(struct session *n, const struct play *how, unsigned flow, struct text *out)
{
	char address[46], port[8];
	play_client(how, address);
	snprintf(port, sizeof port, "%u", PLAY_PORT + flow);
	unsigned found = 0;
	for (unsigned i = 0; i < n->record_count; i++) {
		const struct text line = n->records[i];
		const bool forth =
		    text_is(record_get(line, "src_ip"), address) && text_is(record_get(line, "src_port"), port);
		const bool back =
		    text_is(record_get(line, "dest_ip"), address) && text_is(record_get(line, "dest_port"), port);
		if (!forth && !back)
			continue;
		*out = line;
		found++;
	}
	const struct text none = { found == 0 ? "0" : "2 or more", found == 0 ? 1 : 9 };
	return found == 1 || complain(n, how, flow, "number of flow records", none, "1");
}

static bool check_want(struct session *n, const struct play *how, const struct want *w, struct text line)
{
	const struct text got = record_get(line, w->path);
	switch (w->kind) {
	case WANT_IS:
		return text_is(got, w->value) || complain(n, how, w->flow, w->path, got, w->value);
	case WANT_HAS:
		return record_has(line, w->path, w->value) || complain(n, how, w->flow, w->path, got, w->value);
	case WANT_ABSENT:
		break;
	}
	return got.at == NULL || complain(n, how, w->flow, w->path, got, "absent");
}

static void check_record(struct session *n, const struct play *how, unsigned flow, struct text line)
{
	const struct expected *x = &n->script->expected[flow];
	const struct text label = record_get(line, "culvert.label");
	const bool lost = how->how == PLAY_LOST;
	const bool weaker = lost && (text_is(label, "undecided") || (x->weaker != NULL && text_is(label, x->weaker)));
	if (!text_is(label, x->label) && !weaker) {
		complain(n, how, flow, "label", label, x->label);
		return;
	}
	if (lost)
		return;
	const struct text because = record_get(line, "culvert.because");
	if (x->because != NULL && !text_is(because, x->because))
		complain(n, how, flow, "because", because, x->because);
	for (unsigned i = 0; i < n->script->want_count; i++) {
		const struct want *w = &n->script->wants[i];
		if (w->flow == flow && (!w->as_written_only || how->how == PLAY_WRITTEN))
			check_want(n, how, w, line);
	}
}

static void check_flow(struct session *n, const struct play *how, unsigned flow)
{
	const unsigned failures = n->failures[how->how];
	struct text line = { NULL, 0 };
	if (!find_record(n, how, flow, &line))
		return;
	check_record(n, how, flow, line);
	if (n->verbose && (how->how == PLAY_WRITTEN || n->failures[how->how] != failures))
		printf("# %.*s\n", (int)line.len, line.at);
}

/* Plays one talk; adds to the counts of tests. */
static void run_talk(
    const char *folder, const char *file, const struct session *wanted, unsigned *passed, unsigned *failed)
{
	struct script script;
	if (!script_load(&script, folder, file)) {
		printf("not ok %s: cannot be read\n", file);
		++*failed;
		script_free(&script);
		return;
	}
	struct session n = *wanted;
	n.script = &script;
	add_plays(&n);
	perform(&n);
	for (unsigned i = 0; i < n.play_count; i++) {
		for (unsigned flow = 0; flow < script.flows; flow++)
			check_flow(&n, &n.plays[i], flow);
	}
	unsigned bad = 0;
	for (enum play_how how = 0; how < PLAY_HOWS; how++)
		bad += n.failures[how] != 0;
	printf("%s %s (%u plays)\n", bad == 0 ? "ok" : "not ok", script.name, n.play_count);
	*failed += bad;
	*passed += PLAY_HOWS - bad;
	free(n.plays);
	free(n.lines);
	free(n.records);
	script_free(&script);
}

static int is_talk(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');
	return dot != NULL && strcmp(dot, ".talk") == 0;
}

static bool chosen(const char *file, char **names, int count)
{
	for (int i = 0; i < count; i++) {
		if (strstr(file, names[i]) != NULL)
			return true;
	}
	return count == 0;
}

int main(int argc, char **argv)
{
	struct session wanted = { .verbose = false };
	const bool seeds = argc > 3 && strcmp(argv[1], "--seeds") == 0;
	if (argc > 1 && strcmp(argv[1], "--pcap") == 0)
		return capture_write(argc - 2, argv + 2);
	argv += seeds ? 2 : 0;
	argc -= seeds ? 2 : 0;
	for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
		wanted.verbose |= strcmp(argv[1], "-v") == 0;
		wanted.few_cuts |= strcmp(argv[1], "-s") == 0;
	}
	if (argc < 2) {
		fputs("usage: talk [-v] [-s] FOLDER [NAME...] | talk --seeds OUT FOLDER | talk --pcap OUT PORT FOLDER "
		      "NAME...\n",
		    stderr);
		return 2;
	}
	struct dirent **files;
	const int count = scandir(argv[1], &files, is_talk, alphasort);
	unsigned passed = 0, failed = 0;
	for (int i = 0; i < count; i++) {
		if (seeds)
			failed += !seeds_write(argv[1], files[i]->d_name, argv[0]);
		else if (chosen(files[i]->d_name, argv + 2, argc - 2))
			run_talk(argv[1], files[i]->d_name, &wanted, &passed, &failed);
		fflush(stdout);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
	if (!seeds)
		printf("talk: %u passed, %u failed\n", passed, failed);
	return failed != 0 || count <= 0 || (!seeds && passed == 0);
}

/* Well-formed dialogues of HTTP/1, made by chance from a seed, read by culvert and by libhtp, which has nothing in common with it: the
 * same messages, methods, targets, statuses and lengths of content, or it is said what differs.
 *
 *     htp [DIALOGUES [SEED]] */
#include <htp/htp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include "base/slice.h"
#include "two_sides.h"

enum { MOST_EXCHANGES = 12, MOST_TEXT = 60000, SHOWN = 5 };

struct message {
	char method[24], target[80];
	unsigned status;
	uint64_t sent, answered; /* bytes of content */
};

struct reading {
	struct message m[MOST_EXCHANGES + 4];
	unsigned requests, responses;
};

struct text {
	char at[MOST_TEXT];
	size_t len;
};

/* One exchange: what the client says, what the server says. */
struct exchange {
	struct text say[2];
	bool ends; /* the server closes to end its content */
};

static uint32_t chance(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	t->len += (size_t)vsnprintf(t->at + t->len, sizeof t->at - t->len, format, args);
	va_end(args);
}

static void put_bytes(struct text *t, size_t n, uint32_t *seed)
{
	static const char words[] = "GET / HTTP/1.1\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
	for (size_t i = 0; i < n; i++)
		t->at[t->len++] = chance(seed, 4) == 0 ? (char)chance(seed, 256) : words[(i + n) % (sizeof words - 1)];
}

static void put_chunks(struct text *t, size_t n, uint32_t *seed)
{
	while (n != 0) {
		const size_t part = 1 + chance(seed, (uint32_t)n);
		put(t, chance(seed, 2) != 0 ? "%zx" : "%04zX", part);
		put(t, "%s\r\n", chance(seed, 5) == 0 ? ";name=value" : "");
		put_bytes(t, part, seed);
		put(t, "\r\n");
		n -= part;
	}
	put(t, "0\r\n%s\r\n", chance(seed, 4) == 0 ? "X-Trailer: yes\r\n" : "");
}

static void put_fields(struct text *t, uint32_t *seed)
{
	static const char *const fields[] = { "Accept: */*\r\n", "User-Agent: one/1.0 (two; three)\r\n", "X-Empty:\r\n",
		"Cookie: a=b; c=\"d,e\"\r\n", "Cache-Control: no-cache\r\n", "x-tight:value\r\n",
		"X-Wide:   value  \r\n", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n" };
	for (uint32_t n = chance(seed, 5); n != 0; n--)
		put(t, "%s", fields[chance(seed, sizeof fields / sizeof *fields)]);
}

/* The fields of framing, the end of the head, the content. */
static void put_content(struct text *t, size_t n, bool in_chunks, uint32_t *seed)
{
	put_fields(t, seed);
	if (in_chunks)
		put(t, "Transfer-Encoding: chunked\r\n\r\n");
	else
		put(t, "Content-Length: %zu\r\n\r\n", n);
	if (in_chunks)
		put_chunks(t, n, seed);
	else
		put_bytes(t, n, seed);
}

static size_t some_length(uint32_t *seed)
{
	static const uint32_t most[] = { 1, 10, 300, 5000 };
	return chance(seed, most[chance(seed, 4)]);
}

static const char *make_request(struct text *t, uint32_t *seed)
{
	static const char *const methods[] = { "GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH", "PROPFIND" };
	static const char *const targets[] = { "/", "/index.html?a=b&c=%20d", "http://www.example/one", "/a/b/../c;d=e",
		"/?", "/%2e%2e/" };
	const char *const method = methods[chance(seed, 8)];
	put(t, "%s %s HTTP/1.1\r\nHost: www.example\r\n", method, targets[chance(seed, 6)]);
	put_fields(t, seed);
	if (strchr("POU", method[0]) != NULL && strcmp(method, "OPTIONS") != 0)
		put_content(t, some_length(seed), chance(seed, 3) == 0, seed);
	else
		put(t, "\r\n");
	return method;
}

static bool make_response(struct text *t, const char *method, bool last, uint32_t *seed)
{
	static const unsigned statuses[] = { 200, 200, 200, 201, 204, 206, 301, 304, 400, 403, 404, 500, 503 };
	const unsigned status = statuses[chance(seed, sizeof statuses / sizeof *statuses)];
	if (chance(seed, 12) == 0)
		put(t, "HTTP/1.1 100 Continue\r\n\r\n");
	put(t, "HTTP/1.1 %u %s\r\n", status, chance(seed, 3) != 0 ? "Because of it" : "OK");
	if (status == 204 || status == 304) {
		put_fields(t, seed);
		put(t, "\r\n");
	} else if (strcmp(method, "HEAD") == 0) {
		put(t, "Content-Length: %u\r\n\r\n", chance(seed, 9000));
	} else if (last && chance(seed, 2) == 0) {
		put(t, "Connection: close\r\n\r\n");
		put_bytes(t, some_length(seed), seed);
		return true;
	} else {
		put_content(t, some_length(seed), chance(seed, 2) == 0, seed);
	}
	return false;
}

static unsigned make(struct exchange *all, uint32_t seed)
{
	const unsigned count = 1 + chance(&seed, MOST_EXCHANGES);
	for (unsigned i = 0; i < count; i++) {
		all[i].say[CLIENT].len = all[i].say[SERVER].len = 0;
		const char *method = make_request(&all[i].say[CLIENT], &seed);
		all[i].ends = make_response(&all[i].say[SERVER], method, i + 1 == count, &seed);
	}
	return count;
}

/* --- culvert */

static bool hear(void *whom, const struct http_event *ev)
{
	struct reading *r = whom;
	const unsigned i = ev->kind == HTTP_REQUEST ? r->requests++ : ev->ask.ordinal;
	if (i >= MOST_EXCHANGES)
		return true;
	struct message *m = &r->m[i];
	if (ev->kind == HTTP_REQUEST) {
		slice_copy(ev->head->method_text, m->method, sizeof m->method);
		slice_copy(ev->head->target, m->target, sizeof m->target);
	} else if (ev->kind == HTTP_RESPONSE && !ev->interim) {
		m->status = ev->head->status;
		r->responses++;
	} else if (ev->kind == HTTP_BODY) {
		*(ev->from == CLIENT ? &m->sent : &m->answered) += ev->bytes.len;
	}
	return true;
}

/* --- libhtp */

static struct reading *reading_of(htp_tx_t *tx)
{
	return htp_connp_get_user_data(tx->connp);
}

static struct message *message_of(htp_tx_t *tx)
{
	const size_t i = tx->index < MOST_EXCHANGES ? tx->index : MOST_EXCHANGES;
	return &reading_of(tx)->m[i];
}

static void copy(char *to, size_t room, const bstr *from)
{
	if (from != NULL)
		slice_copy((struct slice){ (const uint8_t *)bstr_ptr(from), bstr_len(from) }, to, room);
}

static int on_request_line(htp_tx_t *tx)
{
	struct message *m = message_of(tx);
	copy(m->method, sizeof m->method, tx->request_method);
	copy(m->target, sizeof m->target, tx->request_uri);
	reading_of(tx)->requests++;
	return HTP_OK;
}

static int on_response_headers(htp_tx_t *tx)
{
	message_of(tx)->status = (unsigned)tx->response_status_number;
	reading_of(tx)->responses++;
	return HTP_OK;
}

static int on_request_body(htp_tx_data_t *d)
{
	message_of(d->tx)->sent += d->data != NULL ? d->len : 0;
	return HTP_OK;
}

static int on_response_body(htp_tx_data_t *d)
{
	message_of(d->tx)->answered += d->data != NULL ? d->len : 0;
	return HTP_OK;
}

/* --- both */

struct readers {
	struct two_sides *sides;
	htp_cfg_t *config;
	htp_connp_t *htp;
	struct reading ours, theirs;
};

/* To culvert in pieces, to libhtp at once: it takes size lines of chunks that come in pieces for no chunks, among other things. */
static void say(struct readers *r, enum side side, struct slice whole, uint32_t most, uint32_t *seed)
{
	const struct timeval now = { 1, 0 };
	for (size_t at = 0; at < whole.len;) {
		const size_t n = 1 + chance(seed, most);
		sides_send(r->sides, side, slice_head(slice_from(whole, at), n));
		at += n;
	}
	if (side == CLIENT)
		htp_connp_req_data(r->htp, &now, whole.at, whole.len);
	else
		htp_connp_res_data(r->htp, &now, whole.at, whole.len);
}

static void play(struct readers *r, const struct exchange *all, unsigned count, uint32_t seed)
{
	const uint32_t most = chance(&seed, 3) == 0 ? 3 : chance(&seed, 2) == 0 ? 200 : MOST_TEXT;
	for (unsigned i = 0; i < count; i++)
		for (enum side side = CLIENT; side <= SERVER; side++) {
			const struct text *t = &all[i].say[side];
			say(r, side, (struct slice){ (const uint8_t *)t->at, t->len }, most, &seed);
		}
	const struct timeval now = { 1, 0 };
	htp_connp_close(r->htp, &now);
	sides_end(r->sides, CLIENT);
	sides_end(r->sides, SERVER);
}

static bool same(const struct reading *a, const struct reading *b, unsigned count)
{
	if (a->requests != b->requests || a->responses != b->responses)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct message *x = &a->m[i], *y = &b->m[i];
		if (strcmp(x->method, y->method) != 0 || strcmp(x->target, y->target) != 0 || x->status != y->status ||
		    x->sent != y->sent || x->answered != y->answered)
			return false;
	}
	return true;
}

static void print(const char *who, const struct reading *r, unsigned count)
{
	printf("  %s: %u requests, %u responses\n", who, r->requests, r->responses);
	for (unsigned i = 0; i < count; i++)
		printf("    %s %s %u: %" PRIu64 " sent, %" PRIu64 " answered\n", r->m[i].method, r->m[i].target,
		    r->m[i].status, r->m[i].sent, r->m[i].answered);
}

static bool compare(struct readers *r, struct exchange *all, uint32_t seed)
{
	const unsigned count = make(all, seed);
	memset(&r->ours, 0, sizeof r->ours);
	memset(&r->theirs, 0, sizeof r->theirs);
	sides_begin(r->sides, false);
	r->sides->show = hear;
	r->sides->whom = &r->ours;
	r->htp = htp_connp_create(r->config);
	if (r->htp == NULL)
		abort();
	htp_connp_set_user_data(r->htp, &r->theirs);
	struct timeval now = { 1, 0 };
	htp_connp_open(r->htp, "10.0.0.1", 40000, "10.0.0.2", 80, &now);
	play(r, all, count, seed * 7919);
	htp_connp_destroy_all(r->htp);
	/* And what was made is what was read. */
	return same(&r->ours, &r->theirs, count) && r->ours.requests == count && r->ours.responses == count;
}

int main(int argc, char **argv)
{
	const unsigned dialogues = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;
	const uint32_t first = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
	struct readers r = { .sides = calloc(1, sizeof *r.sides), .config = htp_config_create() };
	struct exchange *all = calloc(MOST_EXCHANGES, sizeof *all);
	if (r.sides == NULL || r.config == NULL || all == NULL)
		return 2;
	r.sides->edge = edge_new(SIDES_MOST);
	htp_config_set_server_personality(r.config, HTP_SERVER_GENERIC);
	htp_config_register_request_line(r.config, on_request_line);
	htp_config_register_response_headers(r.config, on_response_headers);
	htp_config_register_request_body_data(r.config, on_request_body);
	htp_config_register_response_body_data(r.config, on_response_body);
	unsigned failed = 0, messages = 0;
	for (unsigned i = 0; i < dialogues; i++) {
		const bool fine = compare(&r, all, first + i);
		messages += r.ours.requests + r.ours.responses;
		if (fine)
			continue;
		if (failed++ < SHOWN) {
			printf("dialogue %" PRIu32 " differs:\n", first + i);
			const unsigned most = r.ours.requests > r.theirs.requests ? r.ours.requests : r.theirs.requests;
			print("culvert", &r.ours, most < MOST_EXCHANGES ? most : MOST_EXCHANGES);
			print("libhtp", &r.theirs, most < MOST_EXCHANGES ? most : MOST_EXCHANGES);
		}
	}
	printf("differ-htp: %u passed, %u failed\n", dialogues - failed, failed);
	fprintf(stderr, "differ-htp: %u messages\n", messages);
	free(all);
	free(r.sides);
	htp_config_destroy(r.config);
	return failed != 0 || dialogues == 0;
}

/* V2Ray's and Xray's TCP transport with the header type `http`: one head each way, then raw bytes.  That it is a disguise is
 * seen from the bytes (engine); here is only told whose.
 *
 * Both heads are the operator's to write, but they are kept by name and written in the order of the names: Host stands
 * among the others, which no client of HTTP does, and the server adds Date behind them all.  The name is given when both heads
 * are of that order and the client goes on with what is no request. */
#include "tunnel/sight.h"

enum { FEWEST_FIELDS = 4 };

struct mine {
	bool asked, answered, lost;
};

static const struct sign heads_sign = { "v2ray-http-header", "heads-in-order", FOR_RELAY, WEAK };

static int compare_names(struct slice a, struct slice b)
{
	const size_t n = a.len < b.len ? a.len : b.len;
	const int order = n != 0 ? memcmp(a.at, b.at, n) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* How many fields from the first on are in the order of their names. */
static unsigned count_in_order(const struct head *h)
{
	unsigned n = h->field_count != 0 ? 1 : 0;
	while (n > 0 && n < h->field_count && compare_names(h->fields[n - 1].name, h->fields[n].name) <= 0)
		n++;
	return n;
}

static bool is_request(const struct http_event *ev)
{
	const struct head *h = ev->head;
	return ev->ask.ordinal == 0 && ev->rule == BODY_NONE && h->odd == 0 && h->field_count >= FEWEST_FIELDS &&
	       !slice_eq(h->fields[0].name, SLICE("Host")) && head_has(h, SLICE("Host")) &&
	       count_in_order(h) == h->field_count;
}

static bool is_response(const struct http_event *ev)
{
	const struct head *h = ev->head;
	return h->status / 100 == 2 && h->field_count >= FEWEST_FIELDS - 1 &&
	       slice_eq(h->fields[h->field_count - 1].name, SLICE("Date")) && count_in_order(h) == h->field_count - 1;
}

static enum interest v2ray_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	switch (ev->kind) {
	case HTTP_REQUEST:
		if (m->asked || !is_request(ev))
			return NEVER;
		m->asked = true;
		break;
	case HTTP_RESPONSE:
		if (!m->asked || m->answered || !is_response(ev))
			return NEVER;
		m->answered = true;
		break;
	case HTTP_LOST:
		m->lost |= ev->from == CLIENT && ev->bare;
		break;
	default:
		break;
	}
	if (!m->answered || !m->lost)
		return DULL;
	dossier_add(s->dossier, &heads_sign, CLIENT, 0, s->t);
	struct finding *f = tunnel_lend_finding(s);
	if (f == NULL)
		return NEVER;
	f->tool = "v2ray-http-header";
	f->kind = KIND_CARRIER;
	return NEVER;
}

static bool v2ray_idle(const void *mine)
{
	return !((const struct mine *)mine)->asked;
}

const struct detector detector_v2ray_http_header = {
	.name = "v2ray-http-header",
	.source = "measured on V2Ray 5; its source",
	.proof = 'B',
	.kind = KIND_CARRIER,
	.catches =
	    "V2Ray and Xray, TCP with a head of HTTP: raw bytes behind two heads written in the order of their names",
	.memory = sizeof(struct mine),
	.brief = sizeof(struct mine),
	.see = v2ray_see,
	.idle = v2ray_idle,
};

/* A whole exchange proves HTTP: a request, and a response that answers it.  One half is what a peer of another protocol
 * may say by chance or on purpose, so it is a strong sign at most.  HTTP/0.9 has no response that could be told from
 * anything else: its request alone counts. */
#include "http/witness.h"

static const struct sign exchange = { "http", "exchange", FOR_HTTP, PROOF };
static const struct sign request = { "http", "request", FOR_HTTP, STRONG };
static const struct sign response = { "http", "response", FOR_HTTP, STRONG };
static const struct sign response_unasked = { "http", "response-unasked", FOR_HTTP, WEAK };
static const struct sign request_begun = { "http", "request-begun", FOR_HTTP, STRONG };
static const struct sign response_begun = { "http", "response-begun", FOR_HTTP, STRONG };
static const struct sign h2_preface = { "http", "h2-preface", FOR_HTTP, PROOF };
static const struct sign not_http = { "http", "not-http", AGAINST_HTTP, STRONG };
static const struct sign server_not_http = { "http", "server-not-http", AGAINST_HTTP, STRONG };

static unsigned doubt_of(uint8_t why)
{
	switch ((enum http_lost)why) {
	case LOST_HOLE:
		return DOUBT_GAP;
	case LOST_TOO_LONG:
		return DOUBT_CAP;
	case LOST_END:
		return 0;
	case LOST_DESYNC:
	case LOST_CHUNK:
		break;
	}
	return DOUBT_DESYNC;
}

/* What answers a CONNECT has no content and says nothing of any (RFC 9110, 9.3.6 and 8). */
static bool has_content(const struct http_event *ev)
{
	for (unsigned i = 0; i < ev->head->field_count; i++)
		if (slice_starts_nocase(ev->head->fields[i].name, SLICE("Content-")))
			return true;
	return ev->rule == BODY_LENGTH || ev->rule == BODY_CHUNKED;
}

static const struct sign *sign_of_response(const struct http_event *ev)
{
	if (ev->odd & ODD_BIT(HTTP09))
		return NULL;
	/* That the server goes on proves nothing of a request that may end HTTP. */
	if (ev->interim && (ev->ask.connect || ev->ask.upgrade))
		return NULL;
	if (ev->ask.known)
		return &exchange;
	/* Nobody is known to have asked: what was lost may have been any request, a CONNECT too, or none. */
	const bool fair = ev->alone || (ev->odd & ODD_BIT(RESPONSE_UNASKED)) == 0;
	const bool opens = ev->may_switch || ev->head->status / 100 == 2;
	return fair && (has_content(ev) || !opens) ? &response : &response_unasked;
}

static const struct sign *sign_of(const struct http_event *ev)
{
	switch (ev->kind) {
	case HTTP_REQUEST:
		return &request;
	case HTTP_RESPONSE:
		return sign_of_response(ev);
	case HTTP_H2:
		return &h2_preface;
	case HTTP_LOST:
		if (!ev->begun)
			return NULL;
		return ev->from == CLIENT ? &request_begun : &response_begun;
	case HTTP_NOT:
		return ev->from == CLIENT ? &not_http : &server_not_http;
	default:
		return NULL;
	}
}

void http_witness(const struct http_event *ev, struct dossier *d)
{
	const struct sign *sign = sign_of(ev);
	if (sign != NULL)
		dossier_add(d, sign, ev->from, ev->offset, ev->t);
	if (ev->kind == HTTP_LOST)
		d->doubts = (d->doubts | doubt_of(ev->why_lost)) & ALL_DOUBTS;
}

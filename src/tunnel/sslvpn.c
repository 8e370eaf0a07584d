/* sslvpn -- VPNs that begin as HTTP and leave it, once the TLS is taken off.  They wrap nothing: the label is
 * blind-relay, these detectors only name the tool.
 *
 * AnyConnect and openconnect: a CONNECT to a path, answered 200 with X-CSTP fields; the handshake itself makes it a relay.
 * Pulse: an accepted Upgrade to IF-T/TLS.  Fortinet, GlobalProtect and F5: a GET of a fixed path with the session's cookie,
 * and then packets at once, without an answer or behind one that has no end.  There is no handshake in that, so the
 * client's bytes that are no HTTP any more are what shows it. */
#include "tunnel/sight.h"

static const struct sign cstp_sign = { "anyconnect", "cstp-fields", FOR_RELAY, WEAK };
static const struct sign pulse_sign = { "pulse", "ift-tls", FOR_RELAY, WEAK };
static const struct sign silent_sign = { "sslvpn", "packets-behind-its-request", FOR_RELAY, STRONG };

struct mine {
	uint8_t asked; /* 1 + the row of the table; 1 for the others */
	bool lost;     /* the client went on in something else */
	uint64_t at;
	bool found;
};

static uint64_t own_key(const struct sight *s)
{
	return tunnel_own_id(s);
}

static void name_it(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, s->ev->from, s->ev->offset, own_key(s));
}

/* A CONNECT to a path is nobody else's. */
static enum interest anyconnect_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->kind == HTTP_REQUEST)
		m->asked = ev->head->method == METHOD_CONNECT && slice_starts(ev->head->target, SLICE("/")) &&
			   head_has(ev->head, SLICE("X-CSTP-Version"));
	if (ev->kind != HTTP_RESPONSE || !m->asked || ev->interim)
		return DULL;
	m->asked = 0;
	if (ev->head->status == 200 && head_has(ev->head, SLICE("X-CSTP-Version")))
		name_it(s, &cstp_sign);
	return DULL;
}

static bool is_ift(const struct head *h)
{
	return slice_starts_nocase(head_field(h, SLICE("Upgrade")), SLICE("IF-T/TLS"));
}

static enum interest pulse_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->kind == HTTP_REQUEST)
		m->asked = is_ift(ev->head);
	if (ev->kind != HTTP_RESPONSE || !m->asked || ev->interim)
		return DULL;
	m->asked = 0;
	if (ev->head->status == 101 && is_ift(ev->head))
		name_it(s, &pulse_sign);
	return DULL;
}

/* The path, and what the target or the cookie must have. */
struct row {
	const char *tool, *path, *needs;
};

static const struct row rows[] = {
	{ "fortinet", "/remote/sslvpn-tunnel", "SVPNCOOKIE=" },
	{ "globalprotect", "/ssl-tunnel-connect.sslvpn", "authcookie=" },
	{ "f5", "/myvpn", "sess=" },
};

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

/* 1 + the row; 0 when there is none. */
static uint8_t row_of(const struct head *h)
{
	const struct slice cookie = head_field(h, SLICE("Cookie"));
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct slice needs = text(rows[i].needs);
		if (slice_eq(slice_head(h->target, slice_find(h->target, '?')), text(rows[i].path)) &&
		    (slice_search(h->target, needs) < h->target.len || slice_search(cookie, needs) < cookie.len))
			return (uint8_t)(i + 1);
	}
	return 0;
}

static enum interest sslvpn_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (m->lost)
		return DULL;
	if (ev->kind == HTTP_REQUEST)
		m->asked = ev->head->method == METHOD_GET ? row_of(ev->head) : 0;
	/* An answer with a length was an answer. */
	if (ev->kind == HTTP_RESPONSE && (ev->head->status != 200 || ev->rule != BODY_UNTIL_CLOSE))
		m->asked = 0;
	if (ev->kind == HTTP_LOST && ev->from == CLIENT && ev->why_lost == LOST_DESYNC && m->asked != 0) {
		m->lost = true;
		m->at = ev->offset;
	}
	return DULL;
}

/* Where bytes are missing, the answer may be among them. */
static void sslvpn_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->lost || m->found || (s->dossier->doubts & DOUBT_GAP) != 0)
		return;
	m->found = true;
	struct finding *f = tunnel_found(s, &silent_sign, CLIENT, m->at, own_key(s));
	if (f != NULL)
		f->tool = rows[m->asked - 1].tool;
}

static bool nothing_asked(const void *mine)
{
	const struct mine *m = mine;
	return m->asked == 0 && !m->found;
}

static const char *const anyconnect_fields[] = { "x-cstp-version", NULL };
static const char *const pulse_fields[] = { "upgrade", NULL };

const struct detector detector_anyconnect = {
	.name = "anyconnect",
	.source = "source of openconnect 9 and ocserv 1",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "AnyConnect and openconnect: a CONNECT to a path, accepted with X-CSTP fields",
	.fields = anyconnect_fields,
	.memory = sizeof(struct mine),
	.see = anyconnect_see,
	.idle = nothing_asked,
};

const struct detector detector_pulse = {
	.name = "pulse",
	.source = "source of openconnect 9; TCG IF-T for TLS",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "Pulse Connect Secure: an accepted Upgrade to IF-T/TLS",
	.fields = pulse_fields,
	.memory = sizeof(struct mine),
	.see = pulse_see,
	.idle = nothing_asked,
};

static const char *const sslvpn_fields[] = { "cookie", NULL };

const struct detector detector_sslvpn = {
	.name = "sslvpn",
	.source = "source of openfortivpn 1 and openconnect 9",
	.proof = 'B',
	.kind = KIND_CARRIER,
	.catches = "Fortinet, GlobalProtect, F5: packets right behind the request that opens their tunnel",
	.fields = sslvpn_fields,
	.when = WHEN_QUERY,
	.memory = sizeof(struct mine),
	.see = sslvpn_see,
	.end = sslvpn_end,
	.idle = nothing_asked,
};

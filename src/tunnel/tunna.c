/* tunna -- Tunna: a web shell asked with ?proxy, one connection for each request.
 *
 * The first request makes a session, the second names the port and host to connect to (a shell in PHP never answers it),
 * then bytes go raw in POSTs and come in the answers to them and to empty GETs.  The query is all the framing there is, so
 * it needs a second witness: the client states a type, application/octet-stream, for GETs that have no content, and nothing
 * that browsers and libraries say of themselves; or the path is that of a tunnel already known. */
#include "tunnel/carry.h"
#include "tunnel/sight.h"

static const struct sign query_sign = { "tunna", "proxy-query", FOR_TUNNEL, STRONG };
static const struct sign typed_sign = { "tunna", "type-without-content", FOR_TUNNEL, STRONG };
static const struct sign path_sign = { "tunna", "path-of-sibling", FOR_TUNNEL, STRONG };

struct query {
	bool close, file;
	struct slice ip, port;
};

struct mine {
	uint64_t key; /* of the path */
	uint32_t ordinal;
	bool found;
	bool asked; /* the latest request was one for bytes, and is not answered */
	struct carry carry[2];
};

static bool read_parameter(struct slice part, struct query *q)
{
	uint64_t port;
	if (slice_starts(part, SLICE("ip="))) {
		q->ip = slice_from(part, 3);
		return q->ip.len != 0;
	}
	if (slice_starts(part, SLICE("port="))) {
		q->port = slice_from(part, 5);
		return slice_decimal(q->port, UINT16_MAX, &port) && port != 0;
	}
	q->close |= slice_eq(part, SLICE("close"));
	q->file |= slice_eq(part, SLICE("file"));
	return slice_eq(part, SLICE("close")) || slice_eq(part, SLICE("file")) || slice_eq(part, SLICE("upload")) ||
	       slice_eq(part, SLICE("socks"));
}

/* ?proxy, ?proxy&port=N&ip=H&socks, ?proxy&close, ?proxy&file&upload, and nothing else. */
static bool read_query(struct slice target, size_t at, struct query *q)
{
	struct slice rest = slice_from(target, at + 1), part;
	*q = (struct query){ 0 };
	if (at >= target.len || !slice_cut(&rest, '&', &part) || !slice_eq(part, SLICE("proxy")))
		return false;
	while (slice_cut(&rest, '&', &part))
		if (!read_parameter(part, q))
			return false;
	return q->ip.len == 0 || q->port.len != 0;
}

static bool types_nothing(const struct http_event *ev)
{
	const struct head *h = ev->head;
	return h->method == METHOD_GET && !carry_any(ev) &&
	       slice_eq_nocase(head_field(h, SLICE("Content-Type")), SLICE("application/octet-stream")) &&
	       slice_eq_nocase(head_field(h, SLICE("Accept-Encoding")), SLICE("gzip")) &&
	       !head_has(h, SLICE("User-Agent")) && !head_has(h, SLICE("Accept"));
}

static bool posts_bytes(const struct http_event *ev, const struct query *q)
{
	const struct slice type = head_field(ev->head, SLICE("Content-Type"));
	return ev->head->method == METHOD_POST &&
	       (q->file ? slice_starts_nocase(type, SLICE("multipart/form-data"))
			: slice_eq_nocase(type, SLICE("application/octet-stream")) && carry_any(ev));
}

/* The second witness, or NULL. */
static const struct sign *witness(const struct sight *s, const struct query *q)
{
	const struct mine *m = s->mine;
	if (types_nothing(s->ev))
		return &typed_sign;
	return posts_bytes(s->ev, q) && tunnel_known(s, m->key) ? &path_sign : NULL;
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	const struct slice target = ev->head->target;
	struct mine *m = s->mine;
	struct query q;
	const size_t at = slice_find(target, '?');
	m->asked = false;
	if (!read_query(target, at, &q))
		return DULL;
	m->key = tunnel_key(slice_head(target, at));
	const struct sign *sign = witness(s, &q);
	if (sign == NULL)
		return DULL;
	dossier_add(s->dossier, &query_sign, CLIENT, ev->offset, s->t);
	tunnel_found(s, sign, CLIENT, ev->offset, m->key);
	tunnel_target(s, q.ip, q.port);
	m->found = true;
	m->asked = q.port.len == 0 && !q.close && !q.file;
	m->ordinal = ev->ask.ordinal;
	carry_begin(&m->carry[CLIENT], ev);
	return m->asked && carry_any(ev) ? LISTENING : DULL;
}

/* The shell speaks for itself in text, and for the other end in octets. */
static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || !m->asked || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->asked = false;
	carry_begin(&m->carry[SERVER], ev);
	if (ev->head->status != 200 || !carry_any(ev) || head_has(ev->head, SLICE("Content-Encoding")) ||
	    slice_starts_nocase(head_field(ev->head, SLICE("Content-Type")), SLICE("text/")))
		return DULL;
	return LISTENING;
}

static enum interest tunna_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		if (!carry_on(&m->carry[s->ev->from], s->ev))
			return DULL;
		tunnel_inner(s, s->ev->from, s->ev->bytes);
		return LISTENING;
	default:
		return DULL;
	}
}

static bool tunna_idle(const void *mine)
{
	return !((const struct mine *)mine)->found;
}

const struct detector detector_tunna = {
	.name = "tunna",
	.source = "source of Tunna 1.1a; measured on a public capture",
	.proof = 'B',
	.kind = KIND_COVERT,
	.catches = "Tunna: a web shell asked with ?proxy by GETs that state a type and have no content",
	.when = WHEN_QUERY,
	.memory = sizeof(struct mine),
	.see = tunna_see,
	.idle = tunna_idle,
};

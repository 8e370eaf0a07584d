/* pivotnacci -- a web shell that is told in header fields what to do, and carries bytes raw; a connection of its own for
 * nearly every request.
 *
 * X-OPERATION says INIT or CONNECT (with X-IP and X-PORT), RECV, SEND or DISCONNECT (with X-ID and X-SVC, which the shell
 * gave out), and X-STATUS in the answer how it went.  One exchange with all of them is the tool. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum operation { NONE, INIT, CONNECT, RECV, SEND, DISCONNECT };
enum { HOST = 80, PORT = 6 };

static const struct sign exchange_sign = { "pivotnacci", "operation-and-status", FOR_TUNNEL, PROOF };
static const struct sign request_sign = { "pivotnacci", "operation-with-its-fields", FOR_TUNNEL, STRONG };
static const struct sign sibling_sign = { "pivotnacci", "id-of-sibling", FOR_TUNNEL, STRONG };

struct mine {
	uint64_t key;     /* of X-ID; 0: not known */
	uint64_t at;      /* offset of the latest operation */
	uint32_t ordinal; /* of its request */
	uint8_t operation;
	bool found;
	struct cargo cargo[2];
	char host[HOST], port[PORT];
};

static const char *const words[] = { "", "INIT", "CONNECT", "RECV", "SEND", "DISCONNECT" };

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static bool names_target(const struct head *h)
{
	uint64_t port;
	return head_field(h, SLICE("X-IP")).len != 0 &&
	       slice_decimal(head_field(h, SLICE("X-PORT")), UINT16_MAX, &port) && port != 0;
}

static bool names_session(const struct head *h)
{
	return head_field(h, SLICE("X-ID")).len != 0 && head_field(h, SLICE("X-SVC")).len != 0;
}

/* An operation with the fields and the method that belong to it, or NONE. */
static enum operation operation_of(const struct http_event *ev)
{
	const struct slice value = head_field(ev->head, SLICE("X-OPERATION"));
	unsigned o = DISCONNECT;
	while (o != NONE && !slice_eq(value, text(words[o])))
		o--;
	const bool target = names_target(ev->head), session = names_session(ev->head);
	if (o == NONE || cargo_any(ev) != (o == SEND) || ev->head->method != (o == SEND ? METHOD_POST : METHOD_GET))
		return NONE;
	if (o == INIT)
		return target ? INIT : NONE;
	return session || (o == CONNECT && target) ? (enum operation)o : NONE;
}

static void learn_session(struct mine *m, const struct head *h)
{
	const struct slice id = head_field(h, SLICE("X-ID"));
	if (id.len != 0)
		m->key = tunnel_key(id);
}

static void found(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, CLIENT, m->at, m->key);
	tunnel_target(s, text(m->host), text(m->port));
}

/* Another connection told of this id; so a CONNECT that a shell in PHP never answers is known too. */
static void consider_sibling(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->key == 0 || !tunnel_known(s, m->key))
		return;
	dossier_add(s->dossier, &request_sign, CLIENT, m->at, s->t);
	found(s, &sibling_sign);
}

static enum interest see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	m->operation = (uint8_t)operation_of(s->ev);
	if (m->operation == NONE)
		return DULL;
	m->at = s->ev->offset;
	m->ordinal = s->ev->ask.ordinal;
	cargo_follow(&m->cargo[CLIENT], s->ev);
	learn_session(m, h);
	if (names_target(h)) {
		slice_copy(head_field(h, SLICE("X-IP")), m->host, sizeof m->host);
		slice_copy(head_field(h, SLICE("X-PORT")), m->port, sizeof m->port);
	}
	consider_sibling(s);
	return m->operation == SEND ? LISTENING : DULL;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->operation == NONE || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	const struct slice status = head_field(ev->head, SLICE("X-STATUS"));
	const bool ok = slice_eq(status, SLICE("OK")), received = ok && m->operation == RECV;
	m->operation = NONE;
	cargo_follow(&m->cargo[SERVER], ev);
	if (ok || slice_eq(status, SLICE("FAIL")) || slice_eq(status, SLICE("INCORRECT"))) {
		learn_session(m, ev->head);
		found(s, &exchange_sign);
	} else if (!m->found) {
		tunnel_return_finding(s);
	}
	return received && cargo_any(ev) ? LISTENING : DULL;
}

static enum interest pivotnacci_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		if (!cargo_goes_on(&m->cargo[s->ev->from], s->ev))
			return DULL;
		tunnel_inner(s, s->ev->from, s->ev->bytes);
		return LISTENING;
	default:
		return DULL;
	}
}

static bool pivotnacci_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && m->operation == NONE;
}

static const char *const wakers[] = { "x-operation", NULL };

const struct detector detector_pivotnacci = {
	.name = "pivotnacci",
	.source = "source of pivotnacci 0.0.1",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "pivotnacci: X-OPERATION, X-ID and X-SVC tell a web shell to connect, receive and send",
	.fields = wakers,
	.memory = sizeof(struct mine),
	.see = pivotnacci_see,
	.idle = pivotnacci_idle,
};

/* suo5 -- a web shell that carries frames in the bodies of requests and answers.
 *
 * Headers, method and path can all be set; the frames cannot, so they are the proof (suo5frames.h), each for itself.  Full
 * duplex: one request and its answer stream frames at once; half: one long answer and a short request for each write;
 * classic: short requests and short answers.  The connections of one stream share its id. */
#include "tunnel/carry.h"
#include "tunnel/sight.h"
#include "tunnel/suo5frames.h"

enum { HOST = 64, PORT = 6, PIECE = 512 };

static const struct sign frame_sign = { "suo5", "frame", FOR_TUNNEL, PROOF };

struct mine {
	struct suo5_frames frames[2];
	struct carry carry[2];
	uint64_t at; /* offset of the body at hand */
	bool found;
	bool check; /* this connection only tried the server out: what it says is nobody's */
	uint8_t host_len, port_len;
	char host[HOST], port[PORT]; /* of the frame at hand */
};

static void keep(char *to, size_t size, uint8_t *len, const struct suo5_piece *p)
{
	if (p->first)
		*len = 0;
	const struct slice part = slice_head(p->bytes, size - *len);
	memcpy(to + *len, part.at, part.len);
	*len = (uint8_t)(*len + part.len);
}

static void take_value(const struct sight *s, const struct suo5_piece *p)
{
	struct mine *m = s->mine;
	if (strcmp(p->name, "dt") == 0 && !m->check)
		tunnel_inner(s, s->ev->from, p->bytes);
	else if (strcmp(p->name, "h") == 0)
		keep(m->host, sizeof m->host, &m->host_len, p);
	else if (strcmp(p->name, "p") == 0)
		keep(m->port, sizeof m->port, &m->port_len, p);
}

static void take_frame(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct suo5_frames *f = &m->frames[s->ev->from];
	if (f->check && s->ev->from == CLIENT) {
		m->check = true;
		if (!m->found)
			tunnel_return_finding(s);
	}
	if (!m->found)
		tunnel_found(s, &frame_sign, s->ev->from, m->at, f->id);
	m->found = true;
	if (f->action == SUO5_CREATE && s->ev->from == CLIENT)
		tunnel_target(s, (struct slice){ (const uint8_t *)m->host, m->host_len },
		    (struct slice){ (const uint8_t *)m->port, m->port_len });
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	struct suo5_frames *f = &m->frames[ev->from];
	*f = (struct suo5_frames){ .at = SUO5_OFF };
	m->carry[ev->from].torn = false;
	carry_begin(&m->carry[ev->from], ev);
	if (!carry_any(ev) || head_has(ev->head, SLICE("Content-Encoding")) || (ev->from == SERVER && !m->found))
		return DULL;
	m->at = m->carry[ev->from].next;
	suo5_begin(f);
	return LISTENING;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct suo5_frames *f = &m->frames[s->ev->from];
	uint8_t out[PIECE];
	if (!carry_on(&m->carry[s->ev->from], s->ev))
		f->at = SUO5_BROKEN;
	for (struct slice in = s->ev->bytes;;) {
		const struct suo5_piece p = suo5_read(f, &in, out, sizeof out);
		if (p.what == SUO5_NOTHING)
			break;
		if (p.what == SUO5_VALUE)
			take_value(s, &p);
		else
			take_frame(s);
	}
	if (f->at != SUO5_BROKEN)
		return LISTENING;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

static enum interest suo5_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		m->frames[s->ev->from].at = SUO5_OFF;
		if (!m->found)
			tunnel_return_finding(s);
		return DULL;
	}
}

static bool suo5_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && m->frames[CLIENT].at != SUO5_HEAD && m->frames[CLIENT].at != SUO5_ROW;
}

const struct detector detector_suo5 = {
	.name = "suo5",
	.source = "source of suo5 0.1 to 2.0",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "suo5: frames of names and values under a key of one or two bytes, binary or in base64url",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = suo5_see,
	.idle = suo5_idle,
};

/* bayeux -- CometD's long polls: JSON messages on channels, of which those below /meta/ make the session.
 *
 * The proof is a message on /meta/handshake or the like in a request, and one on the same channel in the answer with a
 * `successful` of its own, which the request has not: a log of such messages is answered otherwise, and an echo lacks it. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum { TEXT_MOST = 20, LOOK_MOST = 8192 };

static const struct sign request_sign = { "bayeux", "meta-message", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "bayeux", "meta-answer", FOR_TUNNEL, PROOF };

enum meta { META_NONE, META_HANDSHAKE, META_CONNECT, META_SUBSCRIBE, META_UNSUBSCRIBE, META_DISCONNECT };

/* Members of the messages, as they come; one level of a message is read, what is deeper is passed over. */
struct messages {
	uint8_t depth, level;      /* level: the depth of a message's members; 0: not known yet */
	bool string, escaped, key; /* key: the next string is a member's name */
	char text[TEXT_MOST];
	uint8_t len;
	uint8_t member; /* 'c': the value to come is the channel's */
	uint8_t meta;   /* enum meta: the first such channel */
	bool successful, client, version;
	bool bad;
	uint16_t seen;
};

struct mine {
	struct cargo cargo[2];
	struct messages messages[2];
	uint8_t asked; /* enum meta */
	bool found;
};

static bool text_is(const struct messages *j, const char *what)
{
	return j->len == strlen(what) && memcmp(j->text, what, j->len) == 0;
}

static enum meta channel_of(const struct messages *j)
{
	static const char *const names[] = { [META_HANDSHAKE] = "/meta/handshake",
		[META_CONNECT] = "/meta/connect",
		[META_SUBSCRIBE] = "/meta/subscribe",
		[META_UNSUBSCRIBE] = "/meta/unsubscribe",
		[META_DISCONNECT] = "/meta/disconnect" };
	for (unsigned i = META_HANDSHAKE; i <= META_DISCONNECT; i++)
		if (text_is(j, names[i]))
			return (enum meta)i;
	return META_NONE;
}

static void end_string(struct messages *j)
{
	j->string = false;
	if (j->depth != j->level)
		return;
	if (!j->key) {
		if (j->member == 'c' && j->meta == META_NONE)
			j->meta = (uint8_t)channel_of(j);
		return;
	}
	j->key = false;
	j->member = text_is(j, "channel") ? 'c' : 0;
	j->successful |= text_is(j, "successful");
	j->client |= text_is(j, "clientId");
	j->version |= text_is(j, "version") || text_is(j, "supportedConnectio");
}

static void take_string(struct messages *j, uint8_t b)
{
	if (b == '"' && !j->escaped) {
		end_string(j);
		return;
	}
	j->escaped = b == '\\' && !j->escaped;
	if (!j->escaped && j->len < TEXT_MOST)
		j->text[j->len++] = (char)b;
}

static void open_container(struct messages *j, uint8_t b)
{
	if (j->depth == UINT8_MAX) {
		j->bad = true;
		return;
	}
	j->depth++;
	if (b == '{' && j->level == 0)
		j->level = j->depth;
	if (j->depth == j->level)
		j->key = b == '{';
}

static void take_byte(struct messages *j, uint8_t b)
{
	if (j->string) {
		take_string(j, b);
		return;
	}
	if (b == ' ' || b == '\t' || b == '\r' || b == '\n')
		return;
	if (j->depth == 0 && b != '[' && b != '{') {
		j->bad = true;
		return;
	}
	if (b == '"') {
		j->string = true;
		j->len = 0;
	} else if (b == '[' || b == '{') {
		open_container(j, b);
	} else if (b == ']' || b == '}') {
		j->depth--;
	} else if (b == ',' && j->depth == j->level) {
		j->key = true;
		j->member = 0;
	}
}

/* A message may stand alone or in a list, no deeper. */
static bool read_messages(struct messages *j, struct slice in)
{
	for (size_t i = 0; i < in.len && !j->bad; i++) {
		take_byte(j, in.at[i]);
		if (++j->seen > LOOK_MOST || j->level > 2 || (j->level == 0 && j->depth > 1))
			j->bad = true;
	}
	return !j->bad;
}

static bool request_is_meta(const struct messages *j)
{
	return j->meta != META_NONE && !j->successful && (j->meta == META_HANDSHAKE ? j->version : j->client);
}

static void judge_request(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct messages *j = &m->messages[CLIENT];
	if (m->asked != META_NONE || !request_is_meta(j))
		return;
	m->asked = j->meta;
	dossier_add(s->dossier, &request_sign, CLIENT, s->ev->offset, s->t);
}

static void judge_answer(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct messages *j = &m->messages[SERVER];
	if (m->found || j->meta != m->asked || !j->successful)
		return;
	m->found = true;
	struct finding *f = tunnel_found(s, &answer_sign, SERVER, s->ev->offset, tunnel_own_id(s));
	if (f != NULL)
		f->wrapped = "bayeux";
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	struct cargo *cargo = &m->cargo[side];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev) && read_messages(&m->messages[side], s->ev->bytes);
	return cargo->on ? LISTENING : DULL;
}

static bool is_json(const struct head *h)
{
	const struct slice type = head_field(h, SLICE("Content-Type"));
	return slice_search(type, SLICE("json")) < type.len || slice_search(type, SLICE("javascript")) < type.len;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	if (ev->kind == HTTP_REQUEST)
		m->asked = META_NONE;
	const bool answers = ev->kind == HTTP_RESPONSE && m->asked != META_NONE && ev->head->status == 200;
	const bool wanted = answers || (ev->kind == HTTP_REQUEST && ev->head->method == METHOD_POST);
	if (m->found || !wanted || ev->rule == BODY_NONE || !is_json(ev->head) || !cargo_uncoded(ev->head))
		return DULL;
	cargo_begin(&m->cargo[ev->from], ev);
	m->messages[ev->from] = (struct messages){ 0 };
	return LISTENING;
}

/* The members may come in any order, so a message is judged when it is over. */
static void see_end(const struct sight *s)
{
	struct mine *m = s->mine;
	struct cargo *cargo = &m->cargo[s->ev->from];
	if (cargo->on && s->ev->kind == HTTP_MESSAGE_END && s->ev->complete) {
		if (s->ev->from == CLIENT)
			judge_request(s);
		else
			judge_answer(s);
	}
	cargo->on = false;
}

static enum interest bayeux_see(const struct sight *s)
{
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		see_end(s);
		return DULL;
	}
}

static bool bayeux_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->asked == META_NONE && !m->found && !m->cargo[CLIENT].on;
}

const struct detector detector_bayeux = {
	.name = "bayeux",
	.source = "the Bayeux specification 1.0",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "Bayeux (CometD): a /meta/ message in a request, and its answer on the same channel",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = bayeux_see,
	.idle = bayeux_idle,
};

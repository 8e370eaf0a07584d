#include "tunnel/carrier.h"

#include "base/digit.h"
#include "tunnel/tunnel.h"

static void take_request(const struct sight *s, const struct carrier_tool *c)
{
	const struct http_event *ev = s->ev;
	struct carrier_mine *m = s->mine;
	tunnel_return_finding(s);
	m->asked = ev->ask.upgrade && c->asks(ev->head);
	m->ordinal = ev->ask.ordinal;
	struct finding *f = m->asked && c->aims != NULL ? tunnel_try_finding(s) : NULL;
	if (f != NULL && c->aims(ev->head, f->target, sizeof f->target) == 0)
		tunnel_return_finding(s);
}

static enum interest take_response(const struct sight *s, const struct carrier_tool *c)
{
	const struct http_event *ev = s->ev;
	struct carrier_mine *m = s->mine;
	if (!m->asked || ev->interim || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->asked = false;
	if (ev->head->status != 101 || (c->answers != NULL && !c->answers(ev->head))) {
		tunnel_return_finding(s);
		return DULL;
	}
	dossier_add(s->dossier, &c->sign, CLIENT, 0, s->t);
	struct finding *f = tunnel_lend_finding(s);
	if (f == NULL)
		return NEVER;
	f->tool = tunnel_detector(s->which)->name;
	f->kind = KIND_CARRIER;
	return NEVER;
}

enum interest carrier_see(const struct sight *s, const struct carrier_tool *c)
{
	if (s->ev->kind == HTTP_REQUEST)
		take_request(s, c);
	else if (s->ev->kind == HTTP_RESPONSE)
		return take_response(s, c);
	return DULL;
}

bool carrier_idle(const void *mine)
{
	return !((const struct carrier_mine *)mine)->asked;
}

bool carrier_lists(const struct head *h, struct slice field, struct slice prefix)
{
	unsigned at_field = 0;
	size_t at_byte = 0;
	struct slice element;
	while (head_next_element(h, field, &at_field, &at_byte, &element))
		if (slice_starts_nocase(element, prefix))
			return true;
	return false;
}

size_t carrier_decode(struct slice s, char *to, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len && n + 1 < size; i++) {
		uint8_t c = s.at[i];
		if (c == '%' && s.len - i > 2 && hex_value(s.at[i + 1]) >= 0 && hex_value(s.at[i + 2]) >= 0) {
			c = (uint8_t)(hex_value(s.at[i + 1]) << 4 | hex_value(s.at[i + 2]));
			i += 2;
		}
		if (c > ' ' && c < 0x7f)
			to[n++] = (char)c;
	}
	to[n] = '\0';
	return n;
}

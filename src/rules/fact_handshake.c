/* What is known of one handshake: the one in question, or the decisive one.  The same as its record shows. */
#include "rules/readers.h"

static struct slice kept(const char *text, size_t len, size_t room)
{
	return slice_head((struct slice){ (const uint8_t *)text, room }, len);
}

static struct slice kept_line(const char *text, size_t room)
{
	return (struct slice){ (const uint8_t *)text, strnlen(text, room) };
}

static struct slice target_of(const struct handshake_record *h)
{
	return kept(h->target, h->target_len, sizeof h->target);
}

int see_kind(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_word(out, hs_kind_name((enum hs_kind)h->kind)) : FACT_UNKNOWN;
}

int see_protocol(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL)
		return FACT_UNKNOWN;
	return value_text(out, FACT_NAME, kept(h->protocol, h->protocol_len, sizeof h->protocol));
}

/* Before the target of a request to upgrade stands its method. */
int see_target(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL)
		return FACT_UNKNOWN;
	const struct slice target = target_of(h);
	if (h->kind == HS_KIND_UPGRADE)
		return value_text(out, FACT_TEXT, slice_from(target, slice_find(target, ' ') + 1));
	return value_text(out, FACT_TEXT, target);
}

int see_host(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL || h->kind == HS_KIND_UPGRADE || h->port == 0)
		return FACT_UNKNOWN;
	return value_text(out, FACT_HOST, slice_head(slice_from(target_of(h), h->host_at), h->host_len));
}

int see_port(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL || h->kind == HS_KIND_UPGRADE || h->port == 0)
		return FACT_UNKNOWN;
	return value_number(out, FACT_PORT, h->port);
}

int see_method(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL || h->kind != HS_KIND_UPGRADE)
		return FACT_UNKNOWN;
	const struct slice target = target_of(h);
	return value_text(out, FACT_TEXT, slice_head(target, slice_find(target, ' ')));
}

int see_result(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_word(out, hs_result_name((enum hs_result)h->result)) : FACT_UNKNOWN;
}

int see_status(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL && h->status != 0 ? value_number(out, FACT_NUMBER, h->status) : FACT_UNKNOWN;
}

int see_tries(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_number(out, FACT_NUMBER, h->tries) : FACT_UNKNOWN;
}

int see_offered(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL)
		return FACT_UNKNOWN;
	struct slice rest = kept(h->offered, h->offered_len8, sizeof h->offered), token;
	int count = 0;
	while (count < MAX_VALUES && slice_cut(&rest, ',', &token)) {
		token = slice_trim(token);
		if (token.len != 0)
			count += value_text(&out[count], FACT_NAME, token);
	}
	return count;
}

int see_chosen(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_text(out, FACT_NAME, kept_line(h->chosen, sizeof h->chosen)) : FACT_UNKNOWN;
}

int see_accept(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	if (h == NULL || h->websocket_accept == 0)
		return FACT_UNKNOWN;
	return value_word(out, h->websocket_accept == 1 ? "right" : "wrong");
}

int see_proxy_user(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_text(out, FACT_TEXT, kept(h->user, h->user_len, sizeof h->user)) : FACT_UNKNOWN;
}

int see_proxy_scheme(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_text(out, FACT_NAME, kept_line(h->scheme, sizeof h->scheme)) : FACT_UNKNOWN;
}

int see_shake_alpn(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)f;
	return h != NULL ? value_text(out, FACT_TEXT, kept(h->alpn, h->alpn_len, sizeof h->alpn)) : FACT_UNKNOWN;
}

int see_level(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	if (h == NULL)
		return FACT_UNKNOWN;
	for (unsigned i = 0; i < f->levels && i <= MAX_NESTING; i++) {
		const struct handshake *all = f->level[i].handshake;
		for (unsigned n = 0; all != NULL && all->records != NULL && n < all->count; n++)
			if (&all->records[n] == h)
				return value_number(out, FACT_NUMBER, i);
	}
	return FACT_UNKNOWN;
}

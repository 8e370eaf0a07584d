/* What is known of a conversation as a whole: its label, its addresses, its own HTTP, its counters. */
#include "rules/readers.h"

int see_label(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->verdict->label == LABEL_UNDECIDED && !is_over(f))
		return FACT_UNKNOWN;
	return value_word(out, label_name((enum label)f->verdict->label));
}

int see_certainty(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->verdict->label == LABEL_UNDECIDED && !is_over(f))
		return FACT_UNKNOWN;
	return value_word(out, certainty_name((enum certainty)f->verdict->certainty));
}

/* As records print a note: who/what. */
static int value_sign(struct value *out, const struct sign *s)
{
	const int n = snprintf(out->made, sizeof out->made, "%s/%s", s->who, s->what);
	const size_t len = n < 0 ? 0 : (size_t)n < sizeof out->made ? (size_t)n : sizeof out->made - 1;
	return value_text(out, FACT_NAME, (struct slice){ (const uint8_t *)out->made, len });
}

int see_because(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return f->verdict->because != NULL ? value_sign(out, f->verdict->because) : FACT_UNKNOWN;
}

int see_undecided(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->verdict->lack == LACKS_NOTHING || !is_over(f))
		return FACT_UNKNOWN;
	return value_word(out, lack_name((enum lack)f->verdict->lack));
}

int see_doubt(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	int count = 0;
	(void)h;
	for (unsigned i = 0; i < DOUBTS; i++)
		if ((f->dossier->doubts >> i & 1) != 0)
			count += value_word(&out[count], doubt_name(i));
	return count;
}

int see_evidence(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	int count = 0;
	(void)h;
	for (unsigned i = 0; i < f->dossier->count && i < MAX_NOTES; i++)
		count += value_sign(&out[count], dossier_sign(f->dossier, i));
	return count;
}

int see_anomalies(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	int count = 0;
	(void)h;
	for (uint64_t odd = f->dossier->odd; odd != 0; odd &= odd - 1)
		count += value_word(&out[count], odd_name((enum odd)__builtin_ctzll(odd)));
	return count;
}

int see_suspicion(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_number(out, FACT_NUMBER, dossier_score(f->dossier));
}

int see_encapsulation(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	int count = 0;
	(void)h;
	for (unsigned i = 0; f->encap != NULL && i < f->encap->count && i < MAX_ENCAPSULATION; i++)
		count += value_word(&out[count], carrier_name((enum carrier)f->encap->kind[i]));
	return count;
}

int see_vlan(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	int count = 0;
	(void)h;
	for (unsigned i = 0; f->encap != NULL && i < f->encap->count && i < MAX_ENCAPSULATION; i++)
		if (f->encap->kind[i] == CARRIER_VLAN)
			count += value_number(&out[count], FACT_NUMBER, f->encap->id[i]);
	return count;
}

static int value_address(struct value *out, const struct endpoint *e, bool ipv6)
{
	out->kind = FACT_ADDRESS;
	out->ipv6 = ipv6;
	memcpy(out->addr, e->addr, sizeof out->addr);
	return 1;
}

int see_src_ip(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_address(out, facts_client(f), f->key->ipv6);
}

int see_src_port(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_number(out, FACT_PORT, facts_client(f)->port);
}

int see_dest_ip(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_address(out, facts_server(f), f->key->ipv6);
}

int see_dest_port(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_number(out, FACT_PORT, facts_server(f)->port);
}

/* The conversation's own HTTP; NULL when it had none. */
static const struct facts_level *own_http(const struct facts *f)
{
	if (f->levels == 0)
		return NULL;
	const struct facts_level *own = &f->level[0];
	return own->requests != 0 || own->responses != 0 || own->http2 ? own : NULL;
}

int see_http_version(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *own = own_http(f);
	(void)h;
	return own != NULL ? value_word(out, own->http2 ? "2" : "1") : FACT_UNKNOWN;
}

int see_requests(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *own = own_http(f);
	(void)h;
	return own != NULL && is_over(f) ? value_number(out, FACT_NUMBER, own->requests) : FACT_UNKNOWN;
}

int see_responses(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *own = own_http(f);
	(void)h;
	return own != NULL && is_over(f) ? value_number(out, FACT_NUMBER, own->responses) : FACT_UNKNOWN;
}

static int value_kept(struct value *out, enum fact_kind kind, const char *text, size_t len, size_t room)
{
	return value_text(out, kind, slice_head((struct slice){ (const uint8_t *)text, room }, len));
}

int see_request_method(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_request *r = f->request;
	(void)h;
	return r != NULL ? value_kept(out, FACT_TEXT, r->method, r->method_len, sizeof r->method) : FACT_UNKNOWN;
}

int see_request_host(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_request *r = f->request;
	(void)h;
	return r != NULL ? value_kept(out, FACT_HOST, r->host, r->host_len, sizeof r->host) : FACT_UNKNOWN;
}

int see_request_path(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_request *r = f->request;
	(void)h;
	return r != NULL ? value_kept(out, FACT_TEXT, r->path, r->path_len, sizeof r->path) : FACT_UNKNOWN;
}

int see_response_status(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_request *r = f->request;
	(void)h;
	return r != NULL && r->status != 0 ? value_number(out, FACT_NUMBER, r->status) : FACT_UNKNOWN;
}

static int value_final(const struct facts *f, struct value *out, enum fact_kind kind, uint64_t n)
{
	return is_over(f) ? value_number(out, kind, n) : FACT_UNKNOWN;
}

int see_bytes_up(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_final(f, out, FACT_BYTES, f->bytes[CLIENT]);
}

int see_bytes_down(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_final(f, out, FACT_BYTES, f->bytes[SERVER]);
}

int see_packets_up(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_final(f, out, FACT_NUMBER, f->packets[CLIENT]);
}

int see_packets_down(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_final(f, out, FACT_NUMBER, f->packets[SERVER]);
}

int see_age(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_final(f, out, FACT_SECONDS, f->last > f->first ? (uint64_t)f->last - (uint64_t)f->first : 0);
}

int see_state(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return is_over(f) && f->state != NULL ? value_word(out, f->state) : FACT_UNKNOWN;
}

int see_reason(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return is_over(f) ? value_word(out, ended_name(f->ended)) : FACT_UNKNOWN;
}

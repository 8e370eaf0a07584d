#include "report/text.h"

#include <stdarg.h>
#include "base/utf8.h"
#include "decode/decode.h"
#include "facts/layers.h"

struct text {
	char *out;
	size_t size, len; /* one byte is kept for the newline */
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
	va_list args;
	const size_t room = t->size - t->len;
	va_start(args, format);
	const int n = vsnprintf(t->out + t->len, room, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* The spelling of JSON: what is harmless as it is, escapes for the rest, U+FFFD for what is no character. */
static void add_wire(struct text *t, struct slice s)
{
	while (s.len != 0) {
		uint32_t point = 0;
		const size_t n = utf8_decode(s, &point);
		if (n == 0)
			add(t, "\xef\xbf\xbd");
		else if (!utf8_is_harmless(point))
			add(t, "\\u%04x", (unsigned)point);
		else if (point == '\\')
			add(t, "\\\\");
		else
			add(t, "%.*s", (int)n, (const char *)s.at);
		s = slice_from(s, n != 0 ? n : 1);
	}
}

static void add_endpoint(struct text *t, const struct endpoint *e, bool ipv6)
{
	char address[46], both[56];
	endpoint_text(e, ipv6, address);
	snprintf(both, sizeof both, ipv6 ? "[%s]:%u" : "%s:%u", address, (unsigned)e->port);
	add(t, "%-21s", both);
}

static const char *colour_of(enum label l)
{
	static const char *const colours[LABELS] = {
		[LABEL_UNDECIDED] = "\033[2m",
		[LABEL_NOT_HTTP] = "",
		[LABEL_PLAIN_HTTP] = "\033[32m",
		[LABEL_BLIND_RELAY] = "\033[33m",
		[LABEL_HTTP_TUNNEL] = "\033[31m",
	};
	return l < LABELS ? colours[l] : "";
}

static void add_verdict(struct text *t, const struct verdict *v, bool colours)
{
	const char *colour = colours ? colour_of((enum label)v->label) : "";
	char why[64] = "-";
	if (v->because != NULL)
		snprintf(why, sizeof why, "%s/%s", v->because->who, v->because->what);
	else if (v->lack != LACKS_NOTHING)
		snprintf(why, sizeof why, "%s", lack_name((enum lack)v->lack));
	add(t, "  %s%-11s%s  %-9s  %-30s", colour, label_name((enum label)v->label), *colour != '\0' ? "\033[0m" : "",
	    certainty_name((enum certainty)v->certainty), why);
}

static void add_handshake(struct text *t, const struct handshake_record *h)
{
	add(t, "  %s ", hs_kind_name((enum hs_kind)h->kind));
	if (h->kind == HS_KIND_UPGRADE) {
		const size_t len = strnlen(h->protocol, sizeof h->protocol);
		add_wire(
		    t, (struct slice){ (const uint8_t *)h->protocol, len < h->protocol_len ? len : h->protocol_len });
	} else {
		add_wire(t, slice_head((struct slice){ (const uint8_t *)h->target, sizeof h->target }, h->target_len));
	}
	add(t, " %s", hs_result_name((enum hs_result)h->result));
}

static void add_relay(struct text *t, const struct facts *f)
{
	struct slice inner[MAX_LAYERS];
	const unsigned count = layers_inner(f, inner);
	for (unsigned i = 0; i < count; i++) {
		add(t, i == 0 ? ", inside " : " > ");
		add_wire(t, inner[i]);
	}
	const struct facts_level *last = layers_innermost(f);
	if (last == NULL || last->channel->sni[0] == '\0')
		return;
	add(t, " for ");
	add_wire(t, (struct slice){
			(const uint8_t *)last->channel->sni, strnlen(last->channel->sni, sizeof last->channel->sni) });
}

static void add_target(struct text *t, const struct finding *found)
{
	if (found == NULL || found->target[0] == '\0')
		return;
	add(t, " to ");
	add_wire(t, (struct slice){ (const uint8_t *)found->target, strnlen(found->target, sizeof found->target) });
}

static void add_carrier(struct text *t, const struct finding *carrier)
{
	if (carrier == NULL)
		return;
	add(t, " by %s", carrier->tool);
	add_target(t, carrier);
}

static void add_tunnel(struct text *t, const struct facts *f)
{
	const struct finding *found = f->finding;
	add(t, "  %s", found != NULL && found->tool != NULL ? found->tool : "unknown");
	if (layers_wrapped(f).len != 0) {
		add(t, " carries ");
		add_wire(t, layers_wrapped(f));
	}
	add_target(t, found);
}

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void add_details(struct text *t, const struct facts *f)
{
	const struct handshake_record *h = f->levels != 0 ? layers_handshake(&f->level[0]) : NULL;
	if (h != NULL)
		add_handshake(t, h);
	if (layers_relayed(f)) {
		add_relay(t, f);
		add_carrier(t, f->carrier);
	}
	if (f->finding != NULL || f->verdict->label == LABEL_HTTP_TUNNEL)
		add_tunnel(t, f);
	if (f->verdict->label == LABEL_PLAIN_HTTP)
		add(t, "  %u request%s, %u response%s", f->level[0].requests, plural(f->level[0].requests),
		    f->level[0].responses, plural(f->level[0].responses));
}

/* When, and between whom. */
static void add_head(struct text *t, const struct facts *f, int64_t when, struct clock_text *clock)
{
	char time[TIME_TEXT];
	clock_write(clock, when, time);
	time[10] = ' ';
	add(t, "%.26s  ", time);
	add_endpoint(t, facts_client(f), f->key->ipv6);
	add(t, " -> ");
	add_endpoint(t, facts_server(f), f->key->ipv6);
}

static size_t end_line(struct text *t)
{
	while (t->len != 0 && t->out[t->len - 1] == ' ')
		t->len--;
	t->out[t->len] = '\n';
	return t->len + 1;
}

size_t text_flow(const struct facts *f, struct clock_text *clock, bool colours, char *out, size_t size)
{
	struct text t = { .out = out, .size = size - 1, .len = 0 };
	add_head(&t, f, f->first, clock);
	add_verdict(&t, f->verdict, colours);
	add_details(&t, f);
	return end_line(&t);
}

/* Only a program in the traffic's way could do more than tell. */
size_t text_alert(
    const struct facts *f, const struct alert *a, struct clock_text *clock, bool colours, char *out, size_t size)
{
	struct text t = { .out = out, .size = size - 1, .len = 0 };
	const struct rule_info *rule = a->rule;
	const char *colour = !colours ? "" : rule->severity == SEVERITY_HIGH ? "\033[1;31m" : "\033[1m";
	add_head(&t, f, f->now, clock);
	add(&t, "  %s%-11s%s  %-9s  rule %u: ", colour, "ALERT", *colour != '\0' ? "\033[0m" : "",
	    severity_name(rule->severity), rule->id);
	add_wire(&t, (struct slice){ (const uint8_t *)rule->title, strlen(rule->title) });
	if (rule->act != ACT_ALERT)
		add(&t, " (would %s)", act_name(rule->act));
	if (a->suppressed != 0)
		add(&t, " (%llu held back before)", (unsigned long long)a->suppressed);
	return end_line(&t);
}

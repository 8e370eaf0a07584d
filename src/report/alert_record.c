/* The record of a rule that has spoken: EVE's `alert`, and under `culvert` the rule, and what was known at that moment.
 *
 * Where the program only listens, whatever a rule wants done, the action told is "allowed"; what it wanted stands in
 * `culvert.rule`.  Inline, it is "blocked" from the moment on at which the conversation was forbidden. */
#include "report/record.h"

static const char *category_of(const struct verdict *v)
{
	static const char *const names[LABELS] = {
		[LABEL_UNDECIDED] = "Undecided",
		[LABEL_NOT_HTTP] = "Not HTTP",
		[LABEL_PLAIN_HTTP] = "Plain HTTP",
		[LABEL_BLIND_RELAY] = "Blind relay",
		[LABEL_HTTP_TUNNEL] = "HTTP tunnel",
	};
	return v->label < LABELS ? names[v->label] : "";
}

/* T1572, T1071.001 */
static bool is_technique(const char *tag)
{
	return tag[0] == 'T' && tag[1] >= '0' && tag[1] <= '9';
}

static void write_tags(struct json *j, const char *key, const struct rule_info *rule, bool techniques)
{
	bool any = false;
	for (unsigned i = 0; i < rule->tag_count; i++) {
		if (is_technique(rule->tags[i]) != techniques)
			continue;
		if (!any)
			json_array(j, key);
		any = true;
		json_string(j, NULL, rule->tags[i]);
	}
	if (any)
		json_array_end(j);
}

/* The names that rules of Suricata have for it. */
static void write_metadata(struct json *j, const struct rule_info *rule)
{
	if (rule->tag_count == 0)
		return;
	json_object(j, "metadata");
	write_tags(j, "mitre_technique_id", rule, true);
	write_tags(j, "tag", rule, false);
	json_object_end(j);
}

static void write_alert(struct record *r, const struct facts *f, const struct rule_info *rule)
{
	struct json *j = &r->json;
	json_object(j, "alert");
	json_word(j, "action", f->fate != NULL && fate_forbidden(f->fate) ? "blocked" : "allowed");
	json_uint(j, "gid", 1);
	json_uint(j, "signature_id", rule->id);
	json_uint(j, "rev", rule->rev);
	json_string(j, "signature", rule->title);
	json_word(j, "category", category_of(f->verdict));
	json_uint(j, "severity", (uint64_t)rule->severity);
	write_metadata(j, rule);
	json_object_end(j);
}

/* EVE's words for the latest request of the conversation's own HTTP. */
static void write_request(struct record *r, const struct facts_request *q)
{
	struct json *j = &r->json;
	if (q == NULL)
		return;
	json_object(j, "http");
	record_wire(r, "hostname", (struct slice){ (const uint8_t *)q->host, q->host_len });
	record_wire(r, "url", (struct slice){ (const uint8_t *)q->path, q->path_len });
	record_wire(r, "http_method", (struct slice){ (const uint8_t *)q->method, q->method_len });
	if (q->status != 0)
		json_uint(j, "status", q->status);
	json_object_end(j);
}

static bool is_done(const struct facts *f, const struct alert *a)
{
	if (f->fate == NULL || a->moment == MOMENT_END)
		return false;
	return a->rule->act == ACT_MARK || (a->rule->act != ACT_ALERT && fate_forbidden(f->fate));
}

static void write_rule(struct record *r, const struct facts *f, const struct alert *a)
{
	struct json *j = &r->json;
	const struct rule_info *rule = a->rule;
	json_object(j, "rule");
	json_word(j, "action", act_name(rule->act));
	json_bool(j, "done", is_done(f, a));
	if (rule->act == ACT_MARK)
		json_uint(j, "mark", rule->mark);
	json_word(j, "moment", moment_name(a->moment));
	if (rule->why[0] != '\0')
		r->cut |= json_slice(j, "why", (struct slice){ (const uint8_t *)rule->why, strlen(rule->why) });
	if (rule->file != NULL) {
		json_string(j, "file", record_base_name(rule->file));
		json_uint(j, "line", rule->line);
	}
	json_array(j, "tags");
	for (unsigned i = 0; i < rule->tag_count; i++)
		json_string(j, NULL, rule->tags[i]);
	json_array_end(j);
	json_object_end(j);
	if (a->suppressed == 0)
		return;
	json_object(j, "limit");
	json_uint(j, "suppressed", a->suppressed);
	json_object_end(j);
}

size_t record_alert(
    struct record *r, const struct facts *f, const struct alert *a, unsigned level, const struct handshake_record *h)
{
	struct json *j = &r->json;
	record_head(r, "alert", f);
	write_alert(r, f, a->rule);
	write_request(r, f->request);
	record_counters(r, f);
	json_object(j, "culvert");
	write_rule(r, f, a);
	/* What is lacking for a label is told when nothing more can come. */
	struct verdict v = *f->verdict;
	if (f->ended == ENDED_NOT)
		v.lack = LACKS_NOTHING;
	record_verdict(r, &v);
	record_http(r, f);
	if (h != NULL)
		record_one_handshake(r, "handshake", level, h);
	else
		record_handshakes(r, f);
	record_what_is_known(r, f);
	return record_end(r);
}

void record_rule_stats(struct json *j, const struct rule_stats *s)
{
	if (!s->used)
		return;
	json_object(j, "rules");
	json_uint(j, "count", s->rules);
	json_uint(j, "sets_loaded", s->loaded);
	json_uint(j, "sets_refused", s->refused);
	json_uint(j, "judged", s->judge.judged);
	json_uint(j, "matched", s->judge.matched);
	json_uint(j, "alerts", s->judge.alerts);
	json_uint(j, "suppressed", s->judge.suppressed);
	json_uint(j, "passed", s->judge.passed);
	json_uint(j, "lost", s->judge.fired_lost);
	json_uint(j, "limits_evicted", s->judge.limits_evicted);
	json_uint(j, "regex_limit", s->judge.regex_limit);
	json_object_end(j);
}

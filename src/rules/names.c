/* The words of the language. */
#include "rules/words.h"

static const char *const acts[] = {
	[ACT_NONE] = "none",
	[ACT_ALERT] = "alert",
	[ACT_MARK] = "mark",
	[ACT_REJECT] = "reject",
	[ACT_DROP] = "drop",
	[ACT_PASS] = "pass",
};

static const char *const severities[] = {
	[SEVERITY_HIGH] = "high",
	[SEVERITY_MEDIUM] = "medium",
	[SEVERITY_LOW] = "low",
	[SEVERITY_INFO] = "info",
};

static const char *const moments[] = {
	[MOMENT_BEGIN] = "begin",
	[MOMENT_ASKED] = "asked",
	[MOMENT_ANSWERED] = "answered",
	[MOMENT_LABEL] = "label",
	[MOMENT_CHANNEL] = "channel",
	[MOMENT_TUNNEL] = "tunnel",
	[MOMENT_ODD] = "odd",
	[MOMENT_REQUEST] = "request",
	[MOMENT_RESPONSE] = "response",
	[MOMENT_END] = "end",
};

static const char *const pers[] = {
	[PER_RULE] = "rule",
	[PER_FLOW] = "flow",
	[PER_CLIENT] = "client",
	[PER_SERVER] = "server",
	[PER_PAIR] = "pair",
};

static const char *const ops[] = {
	[OP_SUFFIX] = "suffix",
	[OP_PREFIX] = "prefix",
	[OP_GLOB] = "glob",
	[OP_REGEX] = "regex",
	[OP_FACT] = "same_as",
	[OP_PRESENT] = "present",
};

static const char *const set_kinds[] = {
	[SET_HOSTS] = "hosts",
	[SET_NETWORKS] = "networks",
	[SET_PORTS] = "ports",
	[SET_NAMES] = "tools",
	[SET_TEXTS] = "texts",
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *word_of(const char *const *list, size_t count, unsigned i)
{
	return i < count ? list[i] : NULL;
}

const char *act_name(enum act a)
{
	return word_of(acts, COUNT(acts), (unsigned)a);
}

const char *severity_name(enum severity s)
{
	return word_of(severities, COUNT(severities), (unsigned)s);
}

const char *moment_name(enum moment m)
{
	return word_of(moments, COUNT(moments), (unsigned)m);
}

const char *per_name(enum per p)
{
	return word_of(pers, COUNT(pers), (unsigned)p);
}

const char *op_name(enum op op)
{
	return word_of(ops, COUNT(ops), (unsigned)op);
}

const char *set_kind_name(enum set_kind k)
{
	return word_of(set_kinds, COUNT(set_kinds), (unsigned)k);
}

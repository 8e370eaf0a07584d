/* Whether to fail open or closed has no default: both are wrong somewhere, and only the operator knows where. */
#include "main/inline_options.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"

/* Closed lets nothing pass that could not be judged.  Who began before the start hears of it, and may begin anew; so do those
 * whose framing is lost, where a silent end would look like a fault of the network. */
static const uint8_t when_closed[EXCEPTIONS] = {
	[EXCEPTION_FLOW_TABLE] = POLICY_DROP,
	[EXCEPTION_REASSEMBLY] = POLICY_DROP,
	[EXCEPTION_MIDSTREAM] = POLICY_REJECT,
	[EXCEPTION_RESTART] = POLICY_REJECT,
	[EXCEPTION_PARSER] = POLICY_REJECT,
	[EXCEPTION_HELD] = POLICY_DROP,
	[EXCEPTION_QUEUE] = POLICY_DROP,
};

static bool number(const char *option, const char *word, uint32_t least, uint32_t most, uint32_t *to)
{
	char *end = NULL;
	const unsigned long n = word[0] >= '0' && word[0] <= '9' ? strtoul(word, &end, 0) : 0;
	if (end == NULL || *end != '\0' || n < least || n > most) {
		log_error("%s: '%s' is no number from %u to %u", option, word, least, most);
		return false;
	}
	*to = (uint32_t)n;
	return true;
}

/* "0x1" or "0x1/0xf". */
static bool set_mark(const char *option, const char *word, uint32_t *mark, uint32_t *mask)
{
	char value[32] = "";
	const char *slash = strchr(word, '/');
	const size_t len = slash != NULL ? (size_t)(slash - word) : strlen(word);
	if (len < sizeof value)
		memcpy(value, word, len);
	if (!number(option, value, 1, UINT32_MAX, mark))
		return false;
	*mask = *mark;
	if (slash != NULL && !number(option, slash + 1, 1, UINT32_MAX, mask))
		return false;
	if ((*mark & ~*mask) == 0)
		return true;
	log_error("%s: %s has bits that its mask has not", option, word);
	return false;
}

static bool set_policy(struct inline_options *o, const char *word, size_t len)
{
	for (unsigned x = 0; x < EXCEPTIONS; x++) {
		const char *const name = exception_name((enum exception)x);
		const size_t n = strlen(name);
		if (len <= n || strncmp(word, name, n) != 0 || word[n] != '=')
			continue;
		for (unsigned p = 0; p < POLICIES; p++) {
			const char *const policy = policy_name((enum policy)p);
			if (strlen(policy) != len - n - 1 || strncmp(word + n + 1, policy, len - n - 1) != 0)
				continue;
			if (x == EXCEPTION_QUEUE && p == POLICY_REJECT)
				break;
			o->said[x] = (uint8_t)(p + 1);
			return true;
		}
	}
	log_error(
	    "--exceptions: '%.*s' is no CONDITION=pass|drop|reject; conditions: flow-table, reassembly, midstream, "
	    "restart, parser, held, queue (pass or drop only)",
	    (int)len, word);
	return false;
}

static bool set_policies(struct inline_options *o, const char *words)
{
	for (;;) {
		const size_t len = strcspn(words, ",");
		if (!set_policy(o, words, len))
			return false;
		if (words[len] == '\0')
			return true;
		words += len + 1;
	}
}

/* Which of three words; -1, after saying so, when it is none. */
static int one_of(const char *option, const char *word, const char *first, const char *second)
{
	if (strcmp(word, first) == 0)
		return 0;
	if (strcmp(word, second) == 0)
		return 1;
	log_error("%s: '%s' is none of: %s, %s", option, word, first, second);
	return -1;
}

/* "5" or "5-8". */
static bool set_queues(struct inline_options *o, const char *word)
{
	char first[16] = "";
	const char *dash = strchr(word, '-');
	const size_t len = dash != NULL ? (size_t)(dash - word) : strlen(word);
	if (len < sizeof first)
		memcpy(first, word, len);
	o->numbered = number("--queue", first, 0, UINT16_MAX, &o->queue.number);
	o->last = o->queue.number;
	if (o->numbered && dash != NULL)
		o->numbered = number("--queue", dash + 1, o->queue.number, UINT16_MAX, &o->last);
	return o->numbered;
}

bool inline_option(struct inline_options *o, int c, const char *value)
{
	int n = 0;
	switch (c) {
	case 'q':
		return set_queues(o, value);
	case OPT_FAIL:
		n = one_of("--fail", value, "open", "closed");
		o->fail = n == 0 ? FAIL_OPEN : FAIL_CLOSED;
		return n >= 0;
	case OPT_REJECT_WITH:
		n = one_of("--reject-with", value, "rst", "403");
		o->gate.reject_with = n == 0 ? REPLY_RST : REPLY_403;
		return n >= 0;
	case OPT_PRINT_RULES:
		n = one_of("--print-rules", value, "nft", "iptables");
		o->print = n == 0 ? FIREWALL_NFT : FIREWALL_IPTABLES;
		return n >= 0;
	case OPT_EXCEPTIONS:
		return set_policies(o, value);
	case OPT_SETTLED_MARK:
		return set_mark("--settled-mark", value, &o->gate.mark, &o->gate.mask);
	case OPT_FORBIDDEN_MARK:
		return set_mark("--forbidden-mark", value, &o->forbidden.value, &o->forbidden.mask);
	case OPT_ENFORCE:
		o->enforce = true;
		return true;
	case OPT_QUEUE_LENGTH:
		return number("--queue-length", value, MAX_HELD * 2, 1 << 20, &o->queue.length);
	case OPT_CHECK:
		o->check = true;
		return true;
	default:
		return false;
	}
}

void inline_settle_policies(struct inline_options *o)
{
	for (unsigned x = 0; x < EXCEPTIONS; x++) {
		const uint8_t otherwise = o->fail == FAIL_CLOSED ? when_closed[x] : POLICY_PASS;
		o->gate.policy[x] = o->said[x] != 0 ? (uint8_t)(o->said[x] - 1) : otherwise;
	}
	o->queue.fail_open = o->gate.policy[EXCEPTION_QUEUE] == POLICY_PASS;
}

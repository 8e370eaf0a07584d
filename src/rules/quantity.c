/* Everything is counted in whole units -- bytes, ns, hundredths -- so that what is printed is read back exactly. */
#include "rules/quantity.h"

#include <stdio.h>

struct unit {
	const char *name;
	uint64_t size;
};

/* Of two texts of one length, that with the later unit is printed. */
static const struct unit bytes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KB", 1000 },
	{ "kB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "KiB", 1 << 10 },
	{ "MiB", 1 << 20 },
	{ "GiB", 1 << 30 },
	{ NULL, 0 },
};

static const struct unit durations[] = {
	{ "", UINT64_C(1000000000) },
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", UINT64_C(1000000000) },
	{ "m", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
	{ "d", UINT64_C(86400000000000) },
	{ NULL, 0 },
};

static const struct unit hundredths[] = { { "", 100 }, { NULL, 0 } };
static const struct unit ones[] = { { "", 1 }, { NULL, 0 } };

static const struct {
	const struct unit *units;
	uint64_t most;
	const char *looks;
} kinds[] = {
	[FACT_NUMBER] = { ones, UINT64_MAX, "a whole number" },
	[FACT_PORT] = { ones, 65535, "a port from 0 to 65535" },
	[FACT_BYTES] = { bytes, INT64_MAX, "a number of bytes (4096, 10kB, 4MiB)" },
	[FACT_SECONDS] = { durations, INT64_MAX, "a duration (500ms, 90s, 5m, 1.5h, 2d)" },
	[FACT_RATIO] = { hundredths, INT64_MAX, "a number with at most two decimals (7.25)" },
	[FACT_ADDRESS] = { NULL, 0, NULL },
};

bool quantity_is(enum fact_kind kind)
{
	return kinds[kind].units != NULL;
}

uint64_t quantity_most(enum fact_kind kind)
{
	return kinds[kind].most;
}

const char *quantity_looks(enum fact_kind kind)
{
	return kinds[kind].looks;
}

static struct slice take_digits(struct slice *text)
{
	size_t n = 0;
	while (n < text->len && text->at[n] >= '0' && text->at[n] <= '9')
		n++;
	const struct slice digits = slice_head(*text, n);
	*text = slice_from(*text, n);
	return digits;
}

static const struct unit *unit_named(const struct unit *units, struct slice name)
{
	for (; units->name != NULL; units++)
		if (slice_eq(name, (struct slice){ (const uint8_t *)units->name, strlen(units->name) }))
			return units;
	return NULL;
}

/* whole.part units; part has no more than four digits, so that nothing below can overflow unseen. */
static const char *combine(const struct unit *u, uint64_t whole, struct slice part, uint64_t most, uint64_t *out)
{
	uint64_t digits = 0, scale = 1, sum;
	for (size_t i = 0; i < part.len; i++) {
		digits = digits * 10 + (uint64_t)(part.at[i] - '0');
		scale *= 10;
	}
	if (digits * u->size % scale != 0)
		return "is finer than can be told apart";
	if (__builtin_mul_overflow(whole, u->size, &sum) ||
	    __builtin_add_overflow(sum, digits * u->size / scale, &sum) || sum > most)
		return "is too large";
	*out = sum;
	return NULL;
}

static const char *take_whole(struct slice *rest, uint64_t *out)
{
	const struct slice digits = take_digits(rest);
	if (digits.len == 0)
		return "is no number";
	if (digits.len > 1 && digits.at[0] == '0')
		return "has a leading zero";
	return slice_decimal(digits, UINT64_MAX, out) ? NULL : "is too large";
}

const char *quantity_parse(enum fact_kind kind, struct slice text, uint64_t *out)
{
	if (text.len == 0)
		return "is empty";
	if (text.at[0] == '-')
		return "is negative";
	struct slice rest = text, part = { text.at, 0 };
	uint64_t whole = 0;
	const char *const fault = take_whole(&rest, &whole);
	if (fault != NULL)
		return fault;
	if (rest.len != 0 && rest.at[0] == '.' && kinds[kind].units != ones) {
		rest = slice_from(rest, 1);
		part = take_digits(&rest);
		if (part.len == 0)
			return "has no digit behind its point";
		if (part.len > 4)
			return "has more than four decimals";
	}
	/* A space may stand before a unit, and nowhere else. */
	while (rest.len > 1 && rest.at[0] == ' ')
		rest = slice_from(rest, 1);
	const struct unit *u = unit_named(kinds[kind].units, rest);
	if (u == NULL)
		return kinds[kind].units == ones || kind == FACT_RATIO ? "is no number" : "has a unit that is none";
	return combine(u, whole, part, kinds[kind].most, out);
}

static void print_ratio(uint64_t value, char out[QUANTITY_SIZE])
{
	const unsigned rest = (unsigned)(value % 100);
	if (rest == 0)
		snprintf(out, QUANTITY_SIZE, "%llu", (unsigned long long)(value / 100));
	else
		snprintf(out, QUANTITY_SIZE, rest % 10 == 0 ? "%llu.%.1u" : "%llu.%.2u",
		    (unsigned long long)(value / 100), rest % 10 == 0 ? rest / 10 : rest);
}

void quantity_print(enum fact_kind kind, uint64_t value, char out[QUANTITY_SIZE])
{
	if (kind == FACT_RATIO) {
		print_ratio(value, out);
		return;
	}
	const bool seconds = kind == FACT_SECONDS;
	size_t shortest = QUANTITY_SIZE;
	memset(out, 0, QUANTITY_SIZE);
	for (const struct unit *u = kinds[kind].units; u->name != NULL; u++) {
		char text[QUANTITY_SIZE];
		if (value % u->size != 0 || (seconds && u->name[0] == '\0') ||
		    (value == 0 && u->name[0] != 's' && seconds))
			continue;
		snprintf(text, sizeof text, "%llu%s", (unsigned long long)(value / u->size), u->name);
		if (strlen(text) > shortest)
			continue;
		shortest = strlen(text);
		memcpy(out, text, shortest + 1);
	}
}

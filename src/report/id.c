/* A date is worked out by arithmetic, not by the C library: no locale, no time zone file, no lock. */
#include "report/id.h"

#include "base/digest.h"
#include "base/pen.h"
#include "report/report.h"

#define NS_PER_S  INT64_C(1000000000)
#define S_PER_DAY 86400

struct date {
	unsigned year, month, day;
};

/* Decimal, with leading zeros. */
static void put_digits(char *at, unsigned digits, unsigned value)
{
	while (digits-- > 0) {
		at[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Years that begin in March have their leap day last, so that months are found by a straight line: 153 days in five.
 * 64 bits of nanoseconds reach from 1677 to 2262; day 0 here is the 1st of March 1600. */
static struct date date_of(int64_t days_since_1970)
{
	const unsigned from_1600 = (unsigned)(days_since_1970 + 135080);
	const unsigned in_400 = from_1600 % 146097;
	const unsigned year = (in_400 - in_400 / 1460 + in_400 / 36524 - in_400 / 146096) / 365;
	const unsigned in_year = in_400 - (365 * year + year / 4 - year / 100);
	const unsigned month = (5 * in_year + 2) / 153;
	return (struct date){
		.year = 1600 + from_1600 / 146097 * 400 + year + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = in_year - (153 * month + 2) / 5 + 1,
	};
}

static void write_second(char *out, int64_t second)
{
	int64_t day = second / S_PER_DAY;
	int64_t rest = second % S_PER_DAY;
	if (rest < 0) {
		rest += S_PER_DAY;
		day--;
	}
	const struct date d = date_of(day);
	memcpy(out, "0000-00-00T00:00:00", CLOCK_SECONDS + 1);
	put_digits(out, 4, d.year);
	put_digits(out + 5, 2, d.month);
	put_digits(out + 8, 2, d.day);
	put_digits(out + 11, 2, (unsigned)rest / 3600);
	put_digits(out + 14, 2, (unsigned)rest / 60 % 60);
	put_digits(out + 17, 2, (unsigned)rest % 60);
}

void clock_write(struct clock_text *c, int64_t t, char *out)
{
	int64_t second = t / NS_PER_S;
	int64_t ns = t % NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		second--;
	}
	if (!c->set || c->second != second) {
		write_second(c->text, second);
		c->second = second;
		c->set = true;
	}
	memcpy(out, c->text, CLOCK_SECONDS);
	out[CLOCK_SECONDS] = '.';
	memcpy(pen_six(out + CLOCK_SECONDS + 1, (unsigned)ns / 1000), "+00:00", sizeof "+00:00");
}

void time_text(int64_t t, char *out)
{
	struct clock_text fresh = { .set = false };
	clock_write(&fresh, t, out);
}

static uint8_t *put_be16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

/* Community ID v1: SHA-1 over seed, lower and higher address, protocol, a zero byte, their ports.  The key is already in
 * that order.  Returns the length. */
static size_t put_message(const struct flow_key *k, uint8_t out[LANE_MOST])
{
	enum { SEED = 0, PROTOCOL_TCP = 6 };
	const size_t address = k->ipv6 ? 16 : 4;
	uint8_t *at = put_be16(out, SEED);
	at = put_bytes(at, k->lo.addr, address);
	at = put_bytes(at, k->hi.addr, address);
	*at++ = PROTOCOL_TCP;
	*at++ = 0;
	at = put_be16(at, k->lo.port);
	at = put_be16(at, k->hi.port);
	return (size_t)(at - out);
}

/* Without its NUL. */
static void put_id(char *at, const uint8_t sum[20])
{
	char text[COMMUNITY_ID_LEN - 2 + 1];
	base64_encode((struct slice){ sum, 20 }, text, sizeof text);
	memcpy(at, "1:", 2);
	memcpy(at + 2, text, COMMUNITY_ID_LEN - 2);
}

void community_id(const struct flow_key *k, char *out)
{
	uint8_t message[LANE_MOST], sum[20];
	digest_sha1((struct slice){ message, put_message(k, message) }, sum);
	put_id(out, sum);
	out[COMMUNITY_ID_LEN] = '\0';
}

void community_id_owe(struct owed_ids *o, const struct flow_key *k, char *at)
{
	uint8_t message[LANE_MOST];
	lanes_set(&o->lanes, o->count, (struct slice){ message, put_message(k, message) });
	o->at[o->count++] = at;
}

void community_id_pay(struct owed_ids *o)
{
	uint8_t sum[LANES][20];
	if (o->count == 0)
		return;
	lanes_sha1(&o->lanes, sum);
	for (unsigned i = 0; i < o->count; i++)
		put_id(o->at[i], sum[i]);
	o->count = 0;
}

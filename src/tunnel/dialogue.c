#include "tunnel/dialogue.h"

static const struct dialogue none = { NULL, PART_NONE, 0 };

static bool is_line(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < 0x20 || line.at[i] >= 0x7f)
			return false;
	return true;
}

/* A request line that is there to its end, and behind it a field. */
static bool is_request(struct slice s)
{
	static const char *const methods[] = { "GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "DELETE " };
	const size_t end = slice_find(s, '\r');
	const struct slice line = slice_head(s, end), next = slice_from(s, end + 2);
	if (end >= s.len || !is_line(line) || line.len < 14 ||
	    !slice_starts(slice_from(line, line.len - 9), SLICE(" HTTP/1.")))
		return false;
	const struct slice name = slice_head(next, slice_find(next, ':'));
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (slice_starts(s, (struct slice){ (const uint8_t *)methods[i], strlen(methods[i]) }))
			return name.len != 0 && name.len < next.len && slice_find(name, ' ') == name.len;
	return false;
}

static bool is_status(struct slice s)
{
	return s.len >= 13 && slice_starts(s, SLICE("HTTP/1.")) && s.at[8] == ' ' && s.at[9] >= '1' && s.at[9] <= '5' &&
	       is_line(slice_head(s, slice_find(s, '\r'))) && slice_find(s, '\r') + 2 < s.len;
}

static struct dialogue http(struct slice s)
{
	if (is_status(s))
		return (struct dialogue){ "http", PART_ANSWERS, 2 };
	return is_request(s) ? (struct dialogue){ "http", PART_OPENS, 2 } : none;
}

/* TPKT and X.224: who asks for a connection, who confirms it. */
static struct dialogue rdp(struct slice s)
{
	if (s.len < 11 || !slice_starts(s, SLICE("\3\0\0")) || s.at[3] < 11 || s.at[4] != s.at[3] - 5)
		return none;
	if (s.at[5] == 0xe0 && read_be16(s.at + 6) == 0)
		return (struct dialogue){ "rdp", PART_OPENS, 1 };
	return s.at[5] == 0xd0 ? (struct dialogue){ "rdp", PART_ANSWERS, 1 } : none;
}

/* Who wants to come in as whom; how he is to prove it. */
static struct dialogue postgres(struct slice s)
{
	if (s.len >= 13 && slice_starts(slice_from(s, 4), SLICE("\0\3\0\0user\0")))
		return (struct dialogue){ "postgres", PART_OPENS, 1 };
	if (s.len < 9 || !slice_starts(s, SLICE("R\0\0\0")) || s.at[4] < 8)
		return none;
	return read_be32(s.at + 5) <= 10 ? (struct dialogue){ "postgres", PART_ANSWERS, 1 } : none;
}

/* The server greets with its version; the client's answer has 23 bytes of nothing at a fixed place. */
static struct dialogue mysql(struct slice s)
{
	static const uint8_t nothing[23] = { 0 };
	if (s.len < 36 || s.at[2] != 0)
		return none;
	if (s.at[3] == 0 && s.at[4] == 10 && s.at[5] >= '3' && s.at[5] <= '9' && slice_find(slice_from(s, 5), 0) < 60)
		return (struct dialogue){ "mysql", PART_OPENS, 1 };
	return s.at[3] == 1 && memcmp(s.at + 13, nothing, sizeof nothing) == 0
		   ? (struct dialogue){ "mysql", PART_ANSWERS, 1 }
		   : none;
}

/* SOCKS 5 (RFC 1928, 4 and 6): an address of one of three kinds, and its end is the end. */
static struct dialogue socks(struct slice s, bool whole)
{
	if (!whole || s.len < 10 || s.at[0] != 5 || s.at[1] > 3 || s.at[2] != 0)
		return none;
	const size_t address = s.at[3] == 1 ? 4 : s.at[3] == 4 ? 16 : s.at[3] == 3 ? 1u + s.at[4] : 0;
	if (address == 0 || s.len != 6 + address)
		return none;
	return (struct dialogue){ "socks", s.at[1] == 0 ? PART_ANSWERS : PART_OPENS, 1 };
}

/* The first byte tells of all but one. */
static struct dialogue by_first(struct slice s, bool whole)
{
	switch (s.at[0]) {
	case 0:
	case 'R':
		return postgres(s);
	case 3:
		return rdp(s);
	case 5:
		return socks(s, whole);
	case 'D':
	case 'G':
	case 'H':
	case 'O':
	case 'P':
		return http(s);
	default:
		return none;
	}
}

struct dialogue dialogue_of(struct slice bytes, bool whole)
{
	if (bytes.len < 9)
		return none;
	const struct dialogue d = by_first(bytes, whole);
	return d.name != NULL ? d : mysql(bytes);
}

#include "tunnel/foreign.h"

#include "http/sixteen.h"
#include "tunnel/base64.h"
#include "tunnel/hello.h"

enum {
	HEADER_MOST = 64, /* of a tool's own framing before the first byte; a captured packet stands farther behind */
	DECODED = 96
};

/* The first packet behind the banner (RFC 4253, 6 and 7.1): its length, SSH_MSG_KEXINIT, a cookie, a list of names. */
static bool is_kexinit(struct slice s)
{
	if (s.len < 30 || s.at[4] < 4 || s.at[5] != 20)
		return false;
	const uint32_t packet = read_be32(s.at), names = read_be32(s.at + 22);
	return packet >= 128 && packet <= 35000 && names >= 8 && names < packet && s.at[26] >= 'a' && s.at[26] <= 'z' &&
	       s.at[27] >= 'a' && s.at[27] <= 'z';
}

/* A header whose checksum is right (RFC 791, 3.1), and a transport protocol that tunnels carry. */
static bool is_ipv4(struct slice s)
{
	if (s.len < 20 || s.at[0] != 0x45 || read_be16(s.at + 2) < 20)
		return false;
	uint32_t sum = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += read_be16(s.at + i);
	sum = (sum & 0xffff) + (sum >> 16);
	const uint8_t protocol = s.at[9];
	return (sum & 0xffff) + (sum >> 16) == 0xffff && (protocol == 1 || protocol == 6 || protocol == 17);
}

static bool line_has(struct slice s, struct slice start, struct slice word)
{
	return slice_starts(s, start) && slice_search(slice_head(s, slice_find(s, '\n')), word) < slice_find(s, '\n');
}

/* What those begin with: nearly nothing else does, and so much less is asked. */
static bool may_be_named_text(uint8_t first)
{
	return first == 'S' || first == 'R' || first == '2' || first == 'E' || first == '*';
}

static const char *name_text(struct slice s)
{
	if (s.len == 0 || !may_be_named_text(s.at[0]))
		return NULL;
	if (hello_is_ssh(s))
		return "ssh";
	if (slice_starts(s, SLICE("RFB 003.")) && s.len >= 12 && s.at[11] == '\n')
		return "vnc";
	if (line_has(s, SLICE("220"), SLICE("SMTP")) ||
	    (slice_starts(s, SLICE("EHLO ")) && slice_find(s, '\n') < s.len))
		return "smtp";
	if (line_has(s, SLICE("220"), SLICE("FTP")))
		return "ftp";
	if (slice_starts(s, SLICE("* OK [CAPABILITY IMAP4")))
		return "imap";
	return NULL;
}

/* SOCKS 5: a greeting is so short that it must be all there is (RFC 1928, 3). */
static bool is_socks(struct slice s, bool whole)
{
	if (!whole || s.len < 3 || s.len > 4 || s.at[0] != 5 || s.at[1] != s.len - 2)
		return false;
	return s.at[2] == 0 && (s.len == 3 || s.at[3] == 2 || s.at[3] == 1);
}

static const char *name_binary(struct slice s, bool whole)
{
	if (hello_is_tls(s))
		return "tls";
	if (is_kexinit(s))
		return "ssh";
	if (is_ipv4(s))
		return "ip";
	if (s.len >= 11 && slice_starts(s, SLICE("\3\0\0")) && s.at[3] >= 11 && s.at[4] == s.at[3] - 5 &&
	    s.at[5] == 0xe0 && read_be16(s.at + 6) == 0)
		return "rdp"; /* TPKT and X.224 connection request */
	if (slice_starts(s, SLICE("\5\0\13\3\x10\0\0\0")))
		return "dcerpc"; /* bind, little-endian */
	if (s.len >= 8 && s.at[0] == 0 && s.at[1] == 0 && (s.at[4] == 0xff || s.at[4] == 0xfe) &&
	    slice_starts(slice_from(s, 5), SLICE("SMB")))
		return "smb";
	if (s.len >= 13 && slice_starts(slice_from(s, 4), SLICE("\0\3\0\0user\0")))
		return "postgres";
	return is_socks(s, whole) ? "socks" : NULL;
}

const char *foreign_name(struct slice bytes, bool whole)
{
	const char *name = name_text(bytes);
	return name != NULL ? name : name_binary(bytes, whole);
}

/* Of the greeting, and of what goes on behind it. */
static uint64_t hash_line(struct slice s)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const struct slice line = foreign_goes_on(s) ? s : slice_head(s, slice_find(s, '\n'));
	for (size_t i = 0; i < line.len && (line.at[i] != '\r' || i + 1 < line.len); i++)
		hash = (hash ^ line.at[i]) * UINT64_C(0x100000001b3);
	return hash | 1;
}

/* A list of greetings is none.  Two programs of one version greet alike, and go on differently. */
static uint64_t greeting_part(struct slice s)
{
	const struct slice next = slice_from(s, slice_find(s, '\n') + 1);
	return hello_is_ssh(next) || slice_starts(next, SLICE("RFB ")) ? 0 : hash_line(s);
}

bool foreign_is_greeting(const char *name)
{
	return strcmp(name, "ssh") == 0 || strcmp(name, "vnc") == 0;
}

bool foreign_goes_on(struct slice begins)
{
	return is_kexinit(begins) ||
	       (hello_is_ssh(begins) && is_kexinit(slice_from(begins, slice_find(begins, '\n') + 1)));
}

uint64_t foreign_part(const char *name, struct slice begins)
{
	if (foreign_is_greeting(name))
		return greeting_part(begins);
	if (strcmp(name, "tls") == 0 && begins.len > 5)
		return begins.at[5]; /* whose hello it is */
	if (strcmp(name, "ip") == 0 && begins.len >= 20)
		return (uint64_t)read_be32(begins.at + 12) << 32 | read_be32(begins.at + 16);
	if (strcmp(name, "smb") == 0 && begins.len >= 21)
		return begins.at[4] == 0xff ? 1u + (begins.at[13] >> 7) : 1u + (begins.at[20] & 1u);
	return slice_starts(begins, SLICE("EHLO")) ? 2 : 1; /* who is greeted answers */
}

uint64_t foreign_turned(uint64_t part)
{
	return part << 32 | part >> 32;
}

static bool found(struct foreign *out, const char *name, enum form form, size_t at)
{
	*out = (struct foreign){ .name = name, .form = form, .at = at };
	return name != NULL;
}

static bool is_text(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* The next place in `s`, from `at` on, whose bytes one of these may be: bits of the sixteen there.  Sixteen at a time save
 * 400 instructions of the 160 bytes that begin a body. */
typedef sixteen marks_fn(sixteen v);

static inline size_t next_mark(struct slice s, size_t at, marks_fn *marks)
{
	for (; at < s.len; at += SIXTEEN) {
		/* The last sixteen overlap those before. */
		const size_t from = at + SIXTEEN <= s.len ? at : s.len - SIXTEEN;
		const unsigned bits = sixteen_bits(marks(sixteen_at(s.at + from))) >> (at - from);
		if (bits != 0)
			return at + (unsigned)__builtin_ctz(bits);
	}
	return s.len;
}

/* The same of samples that may be shorter. */
static inline size_t next_of(struct slice s, size_t at, marks_fn *marks)
{
	if (s.len >= SIXTEEN)
		return next_mark(s, at, marks);
	uint8_t room[SIXTEEN] = { 0 };
	if (s.len != 0)
		memcpy(room, s.at, s.len);
	const size_t found_at = next_mark((struct slice){ room, SIXTEEN }, at, marks);
	return found_at < s.len ? found_at : s.len;
}

static sixteen may_be_hello(sixteen v)
{
	return sixteen_is(v, 'S') | sixteen_is(v, 22);
}

static sixteen may_end_line(sixteen v)
{
	return sixteen_is(v, '\n');
}

static sixteen is_low(sixteen v)
{
	return sixteen_in(v, 0, '\t');
}

static sixteen may_be_tls(sixteen v)
{
	return sixteen_is(v, 22);
}

/* Behind a few bytes that are text: a greeting may be quoted so, a record of TLS may not. */
static bool find_behind_text(struct slice sample, struct foreign *out)
{
	const struct slice first = slice_head(sample, HEADER_MOST + 1);
	for (size_t at = next_of(first, 1, may_be_tls); at < first.len; at = next_of(first, at + 1, may_be_tls))
		if (hello_is_tls(slice_from(sample, at)))
			return found(out, "tls", FORM_RAW, at);
	return false;
}

/* Behind a few bytes of which the first is no text, as a tool's own framing is. */
static bool find_behind_header(struct slice sample, struct foreign *out)
{
	const struct slice first = slice_head(sample, HEADER_MOST + 1);
	for (size_t at = next_of(first, 1, may_be_hello); at < first.len; at = next_of(first, at + 1, may_be_hello)) {
		const struct slice here = slice_from(sample, at);
		if (hello_is_ssh(here) || hello_is_tls(here))
			return found(out, hello_is_ssh(here) ? "ssh" : "tls", FORM_RAW, at);
	}
	return false;
}

static const char *name_base64(struct slice text)
{
	struct base64 b = { 0 };
	uint8_t out[DECODED];
	size_t end = 0;
	while (end < text.len && base64_value(text.at[end]) >= 0)
		end++;
	while (end < text.len && text.at[end] == '=') /* without it the last bytes would not come */
		end++;
	struct slice in = slice_head(text, end);
	const size_t n = base64_read(&b, &in, out, sizeof out);
	return foreign_name((struct slice){ out, n }, false);
}

static const char *name_hex(struct slice text)
{
	uint8_t out[DECODED];
	size_t n = 0;
	for (; n < sizeof out && 2 * n + 1 < text.len; n++) {
		const int high = hex_value(text.at[2 * n]), low = hex_value(text.at[2 * n + 1]);
		if (high < 0 || low < 0)
			break;
		out[n] = (uint8_t)(high << 4 | low);
	}
	return foreign_name((struct slice){ out, n }, false);
}

/* How these protocols' first bytes look when encoded: no more than a reason to decode. */
static bool may_be_base64(struct slice s)
{
	static const char starts[][5] = { "U1NI", "FgMA", "FgMB", "FgMC", "FgMD", "FgME", "UkZC", "MjIw", "RUhM",
		"AwAA", "BQAL", "RQAA", "RQAB", "RQAF", "AAAD", "AAAE", "AAAF", "AAAG", "AAAH" };
	for (unsigned i = 0; s.len >= 16 && i < sizeof starts / sizeof *starts; i++)
		if (memcmp(s.at, starts[i], 4) == 0)
			return true;
	return false;
}

static bool may_be_hex(struct slice s)
{
	return s.len >= 24 && (slice_starts(s, SLICE("5353482d")) || slice_starts_nocase(s, SLICE("5353482D")) ||
				  slice_starts(s, SLICE("160301")) || slice_starts(s, SLICE("160303")));
}

/* What the encoded forms begin with: nearly every byte is none of these. */
static sixteen may_be_encoded(sixteen v)
{
	return sixteen_is(v, 'A') | sixteen_is(v, 'B') | sixteen_is(v, 'F') | sixteen_is(v, 'M') | sixteen_is(v, 'R') |
	       sixteen_is(v, 'U') | sixteen_is(v, '1') | sixteen_is(v, '5');
}

static bool may_begin_encoded(uint8_t c)
{
	return memchr("ABFMRU15", c, 8) != NULL;
}

/* A value begins behind anything that is no character of the alphabet; a slash may be either, and so may two dashes. */
static bool value_begins(struct slice sample, size_t at)
{
	return at == 0 || sample.at[at - 1] == '/' || base64_value(sample.at[at - 1]) < 0 ||
	       (at > 1 && sample.at[at - 1] == '-' && sample.at[at - 2] == '-');
}

/* Nothing but base64 from the first byte on, and in it a tool's own framing before the beginning. */
static bool find_in_base64(struct slice sample, struct foreign *out)
{
	struct base64 b = { 0 };
	uint8_t plain[DECODED];
	if (base64_value(sample.at[0]) < 0 || base64_value(sample.at[1]) < 0 || base64_value(sample.at[2]) < 0)
		return false;                                             /* as nearly all: JSON, XML, a form */
	struct slice in = slice_head(sample, next_of(sample, 0, is_low)); /* one line, so that places can be reckoned */
	const size_t n = base64_read(&b, &in, plain, sizeof plain);
	if (n < 12 || !find_behind_header((struct slice){ plain, n }, out))
		return false;
	out->skip = (uint8_t)(out->at % 3);
	out->at = out->at / 3 * 4;
	out->form = FORM_BASE64;
	return true;
}

/* A value in text, as far as it is text. */
static bool find_encoded(struct slice sample, size_t from, struct foreign *out)
{
	const struct slice text = slice_head(sample, next_of(sample, from, is_low));
	for (size_t at = next_of(text, from, may_be_encoded); at < text.len;
	     at = next_of(text, at + 1, may_be_encoded)) {
		if (!value_begins(sample, at))
			continue;
		const struct slice here = slice_from(sample, at);
		if (may_be_base64(here) && found(out, name_base64(here), FORM_BASE64, at))
			return true;
		if (may_be_hex(here) && found(out, name_hex(here), FORM_HEX, at))
			return true;
	}
	return false;
}

bool foreign_value(struct slice value, struct foreign *out)
{
	if (value.len == 0 || !may_begin_encoded(value.at[0]))
		return false;
	value = slice_head(value, FOREIGN_SAMPLE);
	return (may_be_base64(value) && found(out, name_base64(value), FORM_BASE64, 0)) ||
	       (may_be_hex(value) && found(out, name_hex(value), FORM_HEX, 0));
}

/* Behind a few lines of a tool's own, and an empty one.  A version line of SSH may stand so in any text. */
static bool find_behind_lines(struct slice sample, struct foreign *out)
{
	const struct slice lines = slice_head(sample, HEADER_MOST);
	for (size_t end = next_of(lines, 1, may_end_line); end < lines.len;
	     end = next_of(lines, end + 1, may_end_line)) {
		const size_t at = end + 1;
		if (at == sample.len)
			break;
		const struct slice here = slice_from(sample, at);
		const bool empty =
		    sample.at[at - 2] == '\n' || (at > 2 && slice_starts(slice_from(sample, at - 3), SLICE("\n\r\n")));
		if (empty && (hello_is_tls(here) || is_kexinit(here)))
			return found(out, hello_is_tls(here) ? "tls" : "ssh", FORM_RAW, at);
	}
	return false;
}

bool foreign_inside(struct slice sample, struct foreign *out)
{
	return find_encoded(slice_head(sample, FOREIGN_SAMPLE), 1, out);
}

bool foreign_find(struct slice sample, bool whole, struct foreign *out)
{
	sample = slice_head(sample, FOREIGN_SAMPLE);
	if (sample.len < 3)
		return false;
	if (found(out, foreign_name(sample, whole), FORM_RAW, 0))
		return true;
	if (!is_text(sample.at[0]))
		return find_behind_header(sample, out);
	return find_encoded(sample, 0, out) || find_behind_lines(sample, out) || find_behind_text(sample, out) ||
	       find_in_base64(sample, out);
}

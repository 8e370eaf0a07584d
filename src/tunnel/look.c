#include "tunnel/look.h"

#include "http/sixteen.h"
#include "tunnel/base64.h"
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

struct named {
	struct slice start;
	enum look_type type;
};

#define NAMED(text, type)                                           \
	{                                                           \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, type \
	}

/* The first letter and the first behind the slash decide most, and nearly all write small letters: 380 instructions less for
 * an answer than letter by letter. */
static bool begins(struct slice type, const struct named *n)
{
	const size_t len = n->start.len;
	return type.len >= len && (type.at[0] | 0x20) == n->start.at[0] &&
	       (type.at[len - 1] | 0x20) == (n->start.at[len - 1] | 0x20) &&
	       (memcmp(type.at, n->start.at, len) == 0 || slice_starts_nocase(type, n->start));
}

static bool begins_any(struct slice type, const struct named *of, size_t count, enum look_type *which)
{
	for (size_t i = 0; i < count; i++)
		if (begins(type, &of[i])) {
			*which = of[i].type;
			return true;
		}
	return false;
}

/* The first that the type begins with; of applications, without that word. */
static const struct named types[] = {
	NAMED("text/event-stream", LOOK_EVENTS),
	NAMED("text/", LOOK_TEXT),
	NAMED("image/png", LOOK_IMAGE),
	NAMED("image/jpeg", LOOK_IMAGE),
	NAMED("image/gif", LOOK_IMAGE),
	NAMED("image/", LOOK_MEDIA),
	NAMED("video/", LOOK_MEDIA),
	NAMED("audio/", LOOK_MEDIA),
	NAMED("font/", LOOK_MEDIA),
	NAMED("message/", LOOK_MEDIA),
};

static const struct named applications[] = {
	NAMED("octet-stream", LOOK_BINARY),
	NAMED("json", LOOK_TEXT),
	NAMED("xml", LOOK_TEXT),
	NAMED("zip", LOOK_MEDIA),
	NAMED("gzip", LOOK_MEDIA),
	NAMED("x-www-form-urlencoded", LOOK_FORM),
	NAMED("x-", LOOK_MEDIA),
	NAMED("pdf", LOOK_MEDIA),
	NAMED("http", LOOK_MEDIA),
};

static bool is_application(struct slice type, struct slice *sub)
{
	static const struct named application = NAMED("application/", LOOK_OTHER);
	*sub = slice_from(type, application.start.len);
	return begins(type, &application);
}

static enum look_type type_of(const struct head *h, struct slice type)
{
	struct slice sub;
	enum look_type which = LOOK_OTHER;
	if (!cargo_uncoded(h))
		return LOOK_CODED;
	if (type.len == 0)
		return LOOK_NOTHING;
	if (is_application(type, &sub))
		begins_any(sub, applications, sizeof applications / sizeof *applications, &which);
	else
		begins_any(type, types, sizeof types / sizeof *types, &which);
	return which;
}

enum look_type look_type(const struct head *h)
{
	return type_of(h, cargo_type(h));
}

struct look look_content(const struct head *h)
{
	static const struct named parts = NAMED("multipart/", LOOK_OTHER);
	const struct slice type = cargo_type(h);
	struct look l = { .type = type_of(h, type), .parts = begins(type, &parts) };
	l.text = l.type == LOOK_TEXT || l.type == LOOK_FORM;
	return l;
}

bool look_known_type(const struct head *h)
{
	static const struct named known[] = {
		NAMED("multipart/", LOOK_OTHER),
		NAMED("video/", LOOK_OTHER),
		NAMED("audio/", LOOK_OTHER),
	};
	static const struct named subs[] = {
		NAMED("grpc", LOOK_OTHER),
		NAMED("x-git-", LOOK_OTHER),
		NAMED("vnd.", LOOK_OTHER),
		NAMED("soap+xml", LOOK_OTHER),
		NAMED("ocsp-", LOOK_OTHER),
		NAMED("x-protobuf", LOOK_OTHER),
		NAMED("protobuf", LOOK_OTHER),
		NAMED("offset+octet-stream", LOOK_OTHER),
	};
	const struct slice type = cargo_type(h);
	struct slice sub;
	enum look_type any;
	if (is_application(type, &sub))
		return begins_any(sub, subs, sizeof subs / sizeof *subs, &any);
	return begins_any(type, known, sizeof known / sizeof *known, &any);
}

enum { SEGMENTS = 16, SEGMENT_LONG = 24 }; /* so many are looked at; so long are none that a person wrote */

/* A path segment made up for one use: long, or with digits in it that are no version. */
static bool is_made_up(size_t len, unsigned digits)
{
	return len >= SEGMENT_LONG || (digits != 0 && (digits == len || (len >= 6 && digits >= 2)));
}

bool look_field_closely(const struct field *f, struct slice *value, struct foreign *out)
{
	*value = f->value;
	if (slice_starts_nocase(f->name, SLICE("X-")))
		return foreign_value(*value, out);
	if (!slice_eq_nocase(f->name, SLICE("Cookie")) && !slice_eq_nocase(f->name, SLICE("Set-Cookie")))
		return false;
	struct slice rest = f->value, cookie;
	while (slice_cut(&rest, ';', &cookie)) {
		*value = slice_from(cookie, slice_find(cookie, '=') + 1);
		if (foreign_value(*value, out))
			return true;
	}
	return false;
}

static uint64_t mix(uint64_t hash, uint64_t key)
{
	return (hash ^ (key != 0 ? key : 1)) * UINT64_C(0x9e3779b97f4a7c15);
}

static bool has_digit(struct slice s)
{
	unsigned digits = 0;
	size_t at = 0;
	for (; at + SIXTEEN <= s.len; at += SIXTEEN)
		digits |= sixteen_bits(sixteen_in(sixteen_at(s.at + at), '0', 10));
	/* The last sixteen overlap those before. */
	if (s.len >= SIXTEEN)
		return (digits | sixteen_bits(sixteen_in(sixteen_at(s.at + s.len - SIXTEEN), '0', 10))) != 0;
	for (; at < s.len; at++)
		digits |= s.at[at] >= '0' && s.at[at] <= '9';
	return digits != 0;
}

static unsigned count_digits(struct slice s)
{
	unsigned digits = 0;
	for (size_t i = 0; i < s.len; i++)
		digits += s.at[i] >= '0' && s.at[i] <= '9';
	return digits;
}

/* Most paths have no digit, so digits are counted only where there are any: 40 instructions less for a path of 22 bytes. */
static uint64_t mix_path(uint64_t hash, struct slice path)
{
	const bool digits = has_digit(path);
	size_t begin = 0;
	for (unsigned i = 0; i < SEGMENTS && begin <= path.len; i++) {
		const struct slice rest = slice_from(path, begin), segment = slice_head(rest, slice_find(rest, '/'));
		if (!is_made_up(segment.len, digits ? count_digits(segment) : 0))
			hash = mix(hash, key_whole(KEY_START, segment));
		begin += segment.len + 1;
	}
	return hash;
}

uint64_t look_place(const struct head *request, uint64_t *host)
{
	const struct slice target = request->target;
	const uint64_t hash = mix(1, key_whole(KEY_START, head_field(request, SLICE("Host"))));
	*host = hash ^ UINT64_C(0x9e3779b97f4a7c15);
	const uint64_t place = target.at != NULL ? mix_path(hash, slice_head(target, slice_find(target, '?'))) : hash;
	return place != 0 ? place : 1;
}

/* First bytes of files whose content looks random: packed, coded, sound, film. */
static bool is_known_file(struct slice s)
{
	static const struct {
		struct slice start;
	} files[] = {
#define FILE_START(text)                                          \
	{                                                         \
		{                                                 \
			(const uint8_t *)(text), sizeof(text) - 1 \
		}                                                 \
	}
		FILE_START("\x1f\x8b"),
		FILE_START("PK\3\4"),
		FILE_START("\x89PNG"),
		FILE_START("\xff\xd8\xff"),
		FILE_START("GIF8"),
		FILE_START("RIFF"),
		FILE_START("\x1a\x45\xdf\xa3"),
		FILE_START("BZh"),
		FILE_START("\xfd"
			   "7zXZ"),
		FILE_START("\x28\xb5\x2f\xfd"),
		FILE_START("OggS"),
		FILE_START("ID3"),
		FILE_START("\xff\xfb"),
		FILE_START("wOF"),
		FILE_START("%PDF"),
		FILE_START("7z\xbc\xaf"),
		FILE_START("Rar!"),
		FILE_START("\x78\x9c"),
		FILE_START("\x78\x01"),
		FILE_START("\x78\xda"),
		FILE_START("\x1f\x9d"),
		FILE_START("MSCF"),
		FILE_START("FWS"),
		FILE_START("CWS"),
		FILE_START("FLV\1"),
#undef FILE_START
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (slice_starts(s, files[i].start))
			return true;
	return slice_starts(slice_from(s, 4), SLICE("ftyp"));
}

bool look_random(struct slice sample)
{
	/* How many different values 64, 80, ... 160 random bytes have, less four times the spread. */
	static const uint8_t least[] = { 48, 58, 68, 78, 87, 94, 102 };
	uint64_t seen[4] = { 0 };
	unsigned different = 0, high = 0;
	if (sample.len < 64 || is_known_file(sample))
		return false;
	const size_t n = sample.len < FOREIGN_SAMPLE ? sample.len : FOREIGN_SAMPLE;
	for (size_t i = 0; i < n; i++) {
		seen[sample.at[i] >> 6] |= UINT64_C(1) << (sample.at[i] & 63);
		high += sample.at[i] >> 7;
	}
	for (unsigned i = 0; i < 4; i++)
		different += (unsigned)__builtin_popcountll(seen[i]);
	/* Text in an alphabet of 64 may be as various, but has no high bytes. */
	return high * 4 >= n && different >= least[(n - 64) / 16];
}

bool look_base64(struct slice sample)
{
	unsigned upper = 0, lower = 0, digits = 0;
	if (sample.len < 64)
		return false;
	for (size_t i = 0; i < sample.len; i++) {
		const uint8_t c = sample.at[i];
		if (base64_value(c) < 0 && c != '\r' && c != '\n' && !(c == '=' && i + 3 > sample.len))
			return false;
		upper += c >= 'A' && c <= 'Z';
		lower += c >= 'a' && c <= 'z';
		digits += c >= '0' && c <= '9';
	}
	/* Of random bytes' encoding, 40, 40 and 16 in a hundred. */
	return upper * 5 >= sample.len && lower * 5 >= sample.len && digits * 20 >= sample.len;
}

bool look_events(struct slice sample)
{
	static const char fields[][7] = { "data", "event", "id", "retry", ":", "\n", "\r", "\xef\xbb\xbf" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct slice field = { (const uint8_t *)fields[i], strlen(fields[i]) };
		if (slice_starts(sample, slice_head(field, sample.len)))
			return true;
	}
	return false;
}

static struct slice decode_hex(struct slice text, uint8_t plain[FOREIGN_SAMPLE])
{
	size_t n = 0;
	for (; n < FOREIGN_SAMPLE && 2 * n + 1 < text.len; n++) {
		const int high = hex_value(text.at[2 * n]), low = hex_value(text.at[2 * n + 1]);
		if (high < 0 || low < 0)
			break;
		plain[n] = (uint8_t)(high << 4 | low);
	}
	return (struct slice){ plain, n };
}

struct slice look_decoded(struct slice content, enum form form, uint8_t plain[FOREIGN_SAMPLE])
{
	if (form == FORM_RAW)
		return content;
	if (form == FORM_HEX)
		return decode_hex(content, plain);
	struct base64 b = { 0 };
	return (struct slice){ plain, base64_read(&b, &content, plain, FOREIGN_SAMPLE) };
}

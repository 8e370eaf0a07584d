/* credentials -- who asks a proxy: the scheme and the user's name, never the secret (RFC 7617, RFC 7616, MS-NLMP).
 *
 * Secrets pass through a local buffer that is wiped.  A Basic value without a colon is all secret as far as anyone can
 * tell, so nothing of it is kept. */
#include "handshake/record.h"

#include "base/digest.h"

enum {
	DECODED_MOST = 1024, /* an NTLM answer with long domain names has some 600 bytes */
	NTLM_USER = 36,      /* MS-NLMP, 2.2.1.3: length, room, offset of the user's name */
	NTLM_FLAGS = 60,
	NTLM_UNICODE = 0x1,
	NTLM_AUTHENTICATE = 3
};

static void keep_user(struct handshake_record *r, struct slice user)
{
	r->user_len = (uint8_t)slice_copy(user, r->user, sizeof r->user);
}

static void user_of_basic(struct handshake_record *r, struct slice decoded)
{
	const size_t colon = slice_find(decoded, ':');
	if (colon < decoded.len)
		keep_user(r, slice_head(decoded, colon));
}

/* The value of username="..." (RFC 7616, 3.4), backslashes resolved; the name may stand anywhere in the list. */
static void user_of_digest(struct handshake_record *r, struct slice list)
{
	static const char name[] = "username=";
	size_t at = 0;
	bool quoted = false;
	while (at < list.len) {
		const bool begins =
		    at == 0 || list.at[at - 1] == ',' || list.at[at - 1] == ' ' || list.at[at - 1] == '\t';
		if (!quoted && begins && slice_starts_nocase(slice_from(list, at), SLICE(name)))
			break;
		if (list.at[at] == '"')
			quoted = !quoted;
		at += quoted && list.at[at] == '\\' ? 2 : 1;
	}
	struct slice value = slice_from(list, at + sizeof name - 1);
	if (value.len == 0)
		return;
	const bool in_quotes = value.at[0] == '"';
	char user[MAX_USER];
	size_t n = 0;
	for (size_t i = in_quotes ? 1 : 0; i < value.len && n < sizeof user; i++) {
		if (in_quotes ? value.at[i] == '"' : value.at[i] == ',' || value.at[i] == ' ')
			break;
		if (in_quotes && value.at[i] == '\\' && i + 1 < value.len)
			i++;
		user[n++] = (char)value.at[i];
	}
	keep_user(r, (struct slice){ (const uint8_t *)user, n });
}

static uint16_t le16(struct slice s, size_t at)
{
	const struct slice two = slice_from(s, at);
	if (two.len < 2)
		return 0;
	return (uint16_t)(two.at[0] | two.at[1] << 8);
}

static uint32_t le32(struct slice s, size_t at)
{
	return (uint32_t)le16(s, at) | (uint32_t)le16(s, at + 2) << 16;
}

/* UTF-16LE to UTF-8 within the basic plane; what lies beyond it becomes U+FFFD. */
static size_t narrow(struct slice wide, char *to, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i + 1 < wide.len && n + 3 <= size; i += 2) {
		uint16_t c = le16(wide, i);
		if (c >= 0xd800 && c <= 0xdfff)
			c = 0xfffd;
		if (c < 0x80) {
			to[n++] = (char)c;
			continue;
		}
		if (c < 0x800) {
			to[n++] = (char)(0xc0 | c >> 6);
		} else {
			to[n++] = (char)(0xe0 | c >> 12);
			to[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		to[n++] = (char)(0x80 | (c & 0x3f));
	}
	return n;
}

/* The message may be wrapped in SPNEGO (Negotiate), so it is looked for. */
static void user_of_ntlm(struct handshake_record *r, struct slice decoded)
{
	const struct slice message = slice_from(decoded, slice_search(decoded, SLICE("NTLMSSP\0")));
	if (message.len < NTLM_FLAGS + 4 || le32(message, 8) != NTLM_AUTHENTICATE)
		return;
	const struct slice name =
	    slice_head(slice_from(message, le32(message, NTLM_USER + 4)), le16(message, NTLM_USER));
	if ((le32(message, NTLM_FLAGS) & NTLM_UNICODE) == 0) {
		keep_user(r, name);
		return;
	}
	char user[MAX_USER];
	const size_t n = narrow(name, user, sizeof user - 1);
	keep_user(r, (struct slice){ (const uint8_t *)user, n });
}

void hs_record_user(struct handshake_record *r, const struct head *h)
{
	const struct slice value = head_field(h, SLICE("Proxy-Authorization"));
	const size_t space = slice_find(value, ' ');
	const size_t n = slice_copy(slice_head(value, space), r->scheme, sizeof r->scheme);
	if (space == value.len) {
		/* No scheme, only one word: it may be the secret itself. */
		memset(r->scheme, 0, sizeof r->scheme);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (r->scheme[i] >= 'A' && r->scheme[i] <= 'Z')
			r->scheme[i] = (char)(r->scheme[i] + 32);
	const struct slice scheme = { (const uint8_t *)r->scheme, n };
	const struct slice rest = slice_trim(slice_from(value, space));
	if (slice_eq(scheme, SLICE("digest"))) {
		user_of_digest(r, rest);
		return;
	}
	uint8_t decoded[DECODED_MOST];
	size_t used;
	const size_t len = base64_decode(rest, decoded, sizeof decoded, &used);
	const struct slice clear = { decoded, len };
	if (slice_eq(scheme, SLICE("basic")))
		user_of_basic(r, clear);
	else if (slice_eq(scheme, SLICE("ntlm")) || slice_eq(scheme, SLICE("negotiate")))
		user_of_ntlm(r, clear);
	explicit_bzero(decoded, sizeof decoded);
}

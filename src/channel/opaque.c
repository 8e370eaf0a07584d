/* Are bytes what a cipher makes, as far as one can see?  Neither text, nor much of the same, nor a file that can be known by
 * its first bytes. */
#include "channel/channel.h"
#include "channel/entropy.h"

enum { LEAST = 16, LOOK = 64, LEAST_DIFFERENT = 10 };

static bool is_file(struct slice s)
{
	static const char *const magic[] = { "\x1f\x8b", "\x78\x9c", "\x78\x01", "\x78\xda", "PK\x03\x04", "\x89PNG",
		"\xff\xd8\xff", "GIF8", "RIFF", "%PDF", "ID3", "OggS", "7z\xbc\xaf", "BZh", "Rar!", "FWS", "CWS",
		"FLV\x01", "\x1a\x45\xdf\xa3", "MZ", "\x7f\x45LF", "\xfd\x37zXZ", "\x28\xb5\x2f\xfd", "wOFF", "wOF2",
		"\xca\xfe\xba\xbe" };
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
		if (slice_starts(s, (struct slice){ (const uint8_t *)magic[i], strlen(magic[i]) }))
			return true;
	return slice_starts(slice_from(s, 4), SLICE("ftyp"));
}

bool channel_is_opaque(struct slice s)
{
	const struct slice head = slice_head(s, LOOK);
	bool seen[256] = { false };
	unsigned different = 0;
	for (size_t i = 0; i < head.len; i++) {
		different += !seen[head.at[i]];
		seen[head.at[i]] = true;
	}
	return head.len >= LEAST && different >= LEAST_DIFFERENT && entropy_is_binary(s) && !is_file(s);
}

void channel_unknown(struct channel *c, struct slice some)
{
	c->entropy8 = entropy_sixteenths(slice_head(some, MAX_CHANNEL_LOOK));
	slice_copy(SLICE("unknown"), c->name, sizeof c->name);
	c->settled = 1;
}

/* Protocols of lines.  Who shows mail or logs shows such lines as well: they count when the other side's follow. */
#include "tunnel/parts.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

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

struct dialogue part_http(struct slice s, bool whole)
{
	(void)whole;
	if (is_status(s))
		return twice(answers("http"));
	return is_request(s) ? twice(opens("http")) : none;
}

static bool starts_any(struct slice s, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_starts(s, (struct slice){ (const uint8_t *)words[i], strlen(words[i]) }))
			return true;
	return false;
}

/* A line to its CR LF; empty: there is none. */
static struct slice first_line(struct slice s)
{
	const size_t end = slice_find(s, '\r');
	const struct slice line = slice_head(s, end);
	return end + 1 < s.len && s.at[end + 1] == '\n' && is_line(line) ? line : (struct slice){ 0 };
}

/* The server greets (RFC 9051, 7.1; RFC 1939, 4).  What Redis answers begins like the second, and has no text. */
struct dialogue part_greeting(struct slice s, bool whole)
{
	(void)whole;
	const struct slice line = first_line(s);
	if (line.len < 5)
		return none;
	if (slice_starts(line, SLICE("* OK ")) || slice_starts(line, SLICE("* PREAUTH ")))
		return opens("imap");
	if (slice_starts(line, SLICE("+OK ")))
		return opens("pop3");
	if (slice_starts(line, SLICE("220 ")) || slice_starts(line, SLICE("220-")))
		return either(opens("ftp"), "smtp");
	return none;
}

/* RFC 9051, 6: a tag of the client's, then a command of those that may come first. */
static bool is_tagged(struct slice line)
{
	static const char *const commands[] = { "CAPABILITY", "LOGIN ", "AUTHENTICATE ", "STARTTLS", "ID " };
	const size_t tag = slice_find(slice_head(line, 12), ' ');
	if (tag == 0 || tag >= 12 || tag >= line.len)
		return false;
	for (size_t i = 0; i < tag; i++)
		if (!is_letter(line.at[i]) && !is_digit(line.at[i]))
			return false;
	return starts_any(slice_from(line, tag + 1), commands, sizeof commands / sizeof *commands);
}

/* What a client says first to one who has greeted: in capital letters, as programs do. */
struct dialogue part_command(struct slice s, bool whole)
{
	(void)whole;
	static const char *const pop3[] = { "CAPA", "APOP ", "STLS" }, *const ftp[] = { "AUTH TLS", "AUTH SSL",
		"FEAT" };
	const struct slice line = first_line(s);
	if (line.len < 4)
		return none;
	if (slice_starts(line, SLICE("USER ")))
		return either(answers("ftp"), "pop3");
	if (starts_any(line, pop3, sizeof pop3 / sizeof *pop3))
		return answers("pop3");
	if (starts_any(line, ftp, sizeof ftp / sizeof *ftp))
		return answers("ftp");
	if (slice_starts(line, SLICE("EHLO ")) || slice_starts(line, SLICE("HELO ")))
		return answers("smtp");
	if (slice_starts(line, SLICE("NICK ")) || slice_starts(line, SLICE("CAP LS")))
		return opens("irc");
	return is_tagged(line) ? answers("imap") : none;
}

/* RFC 2812, 2.3: who says it, then a notice, a number, or what it can do. */
struct dialogue part_irc(struct slice s, bool whole)
{
	(void)whole;
	const struct slice line = first_line(s), what = slice_from(line, slice_find(line, ' ') + 1);
	const bool number =
	    what.len > 4 && is_digit(what.at[0]) && is_digit(what.at[1]) && is_digit(what.at[2]) && what.at[3] == ' ';
	if (line.len < 8 || line.at[0] != ':' || line.at[1] == ' ')
		return none;
	if (number || slice_starts(what, SLICE("NOTICE ")) || slice_starts(what, SLICE("CAP ")))
		return answers("irc");
	return none;
}

/* A letter, a number, CR LF; returns the bytes behind, none when it is no such line. */
static struct slice after_count(struct slice s, uint8_t letter, uint32_t *count)
{
	const struct slice line = first_line(s);
	*count = 0;
	if (line.len < 2 || line.len > 7 || line.at[0] != letter)
		return (struct slice){ 0 };
	for (size_t i = 1; i < line.len; i++) {
		if (!is_digit(line.at[i]))
			return (struct slice){ 0 };
		*count = *count * 10 + (line.at[i] - '0');
	}
	return slice_from(s, line.len + 2);
}

/* The serialization protocol of Redis: commands are arrays of strings, of which the first is a word. */
static bool is_redis_command(struct slice s)
{
	uint32_t words, letters;
	const struct slice first = after_count(s, '*', &words), word = after_count(first, '$', &letters);
	if (words == 0 || letters < 2 || letters > 20 || word.len < letters + 2 || word.at[letters] != '\r')
		return false;
	for (size_t i = 0; i < letters; i++)
		if (!is_letter(word.at[i]))
			return false;
	return true;
}

/* A text without spaces, an error's name in capital letters, a number or a string. */
static bool is_redis_answer(struct slice s)
{
	uint32_t count;
	const struct slice line = first_line(s);
	if (line.len < 2)
		return false;
	if (line.at[0] == '+')
		return slice_find(line, ' ') == line.len;
	if (line.at[0] == '-')
		return line.len > 4 && line.at[1] >= 'A' && line.at[1] <= 'Z' && line.at[2] >= 'A' &&
		       line.at[2] <= 'Z' && line.at[3] >= 'A' && line.at[3] <= 'Z';
	if (line.at[0] == '$')
		return slice_eq(line, SLICE("$-1")) || after_count(s, '$', &count).len != 0;
	return after_count(s, ':', &count).at != NULL;
}

struct dialogue part_redis(struct slice s, bool whole)
{
	(void)whole;
	if (is_redis_command(s))
		return twice(opens("redis"));
	return is_redis_answer(s) ? twice(answers("redis")) : none;
}

/* Protocols of lines.  Who shows mail or logs, or answers in words, says such lines as well: they count when the other side's follow, twice. */
#include "base/digit.h"
#include "tunnel/parts.h"

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < 0x20 || s.at[i] >= 0x7f)
			return false;
	return true;
}

struct words {
	const char *const *at;
	size_t count;
};
#define WORDS(table)                                                    \
	(struct words)                                                  \
	{                                                               \
		.at = (table), .count = sizeof(table) / sizeof *(table) \
	}

static struct slice slice_of(const char *word)
{
	return (struct slice){ (const uint8_t *)word, strlen(word) };
}

static bool is_any(struct slice s, struct words words)
{
	for (size_t i = 0; i < words.count; i++)
		if (s.len == strlen(words.at[i]) && slice_starts_nocase(s, slice_of(words.at[i])))
			return true;
	return false;
}

/* A line to its CR LF; empty: there is none. */
static struct slice first_line(struct slice s)
{
	const size_t end = slice_find(s, '\r');
	const struct slice line = slice_head(s, end);
	return end + 1 < s.len && s.at[end + 1] == '\n' && is_printable(line) ? line : (struct slice){ 0 };
}

/* Takes a word and one blank behind it. */
static struct slice take_word(struct slice *rest)
{
	const size_t end = slice_find(*rest, ' ');
	const struct slice word = slice_head(*rest, end);
	*rest = slice_from(*rest, end + 1);
	return word;
}

static unsigned words_in(struct slice s)
{
	unsigned count = 0;
	while (s.len != 0)
		count += take_word(&s).len != 0;
	return count;
}

static bool is_method(struct slice word)
{
	static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "PROPFIND",
		"REPORT" };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (slice_eq(word, slice_of(methods[i])))
			return true;
	return false;
}

/* A request line that is there to its end, and behind it a field; or one that is longer than what is there. */
static bool is_request(struct slice s)
{
	const size_t end = slice_find(s, '\r');
	struct slice rest = slice_head(s, end), next = slice_from(s, end + 2);
	if (!is_printable(rest) || !is_method(take_word(&rest)))
		return false;
	if (end >= s.len)
		return s.len == FOREIGN_SAMPLE &&
		       (slice_starts(rest, SLICE("/")) || slice_starts(rest, SLICE("http://"))) &&
		       slice_find(rest, ' ') == rest.len;
	const struct slice name = slice_head(next, slice_find(next, ':'));
	return rest.len >= 10 && slice_starts(slice_from(rest, rest.len - 9), SLICE(" HTTP/1.")) && name.len != 0 &&
	       name.len < next.len && slice_find(name, ' ') == name.len;
}

static bool is_status(struct slice s)
{
	return s.len >= 13 && slice_starts(s, SLICE("HTTP/1.")) && s.at[8] == ' ' && s.at[9] >= '1' && s.at[9] <= '5' &&
	       is_printable(slice_head(s, slice_find(s, '\r'))) && slice_find(s, '\r') + 2 < s.len;
}

struct dialogue part_http(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	if (is_status(s))
		return twice(answers("http"));
	return is_request(s) ? twice(opens("http")) : none;
}

/* RFC 9051, 2.2.1: of the client's making, with a number in it. */
static bool is_tag(struct slice word)
{
	bool number = false;
	for (size_t i = 0; i < word.len; i++) {
		number |= is_digit(word.at[i]);
		if (!is_digit(word.at[i]) && !is_letter(word.at[i]) && word.at[i] != '.')
			return false;
	}
	return number && word.len < 12;
}

/* RFC 9051, 7: what a server says by itself or of a command with a tag.  A list of points is none. */
static struct dialogue imap_says(struct slice line, struct slice behind)
{
	static const char *const first[] = { "OK", "PREAUTH" },
				 *const later[] = { "CAPABILITY", "ID", "LIST", "FLAGS", "BYE" },
				 *const ends[] = { "OK", "NO", "BAD" };
	const bool bare = slice_starts(line, SLICE("* "));
	const struct slice tag = take_word(&line), word = take_word(&line);
	if (bare && is_any(word, WORDS(first)))
		return line.len != 0 && !slice_starts(behind, SLICE("* ")) ? twice(opens("imap")) : none;
	const bool counts = word.len != 0 && is_digit(word.at[0]);
	const bool known = bare ? counts || is_any(word, WORDS(later)) : is_tag(tag) && is_any(word, WORDS(ends));
	return known && line.len != 0 ? twice(answers("imap")) : none;
}

/* Three digits and a text (RFC 959, 4.2; RFC 5321, 4.2). */
static bool is_reply(struct slice line)
{
	return line.len > 4 && line.at[0] >= '1' && line.at[0] <= '5' && line.at[1] <= '5' && is_digit(line.at[1]) &&
	       is_digit(line.at[2]) && (line.at[3] == ' ' || line.at[3] == '-');
}

/* What a server of mail or files says first, or to a command (also RFC 1939, 3). */
struct dialogue part_greeting(struct slice s, bool whole, enum side from)
{
	(void)whole;
	const struct slice line = first_line(s), behind = slice_from(s, line.len + 2);
	if (line.len < 3 || from != SERVER)
		return none;
	if (slice_starts(line, SLICE("+OK ")))
		return twice(goes_on("pop3"));
	if (slice_eq(line, SLICE("+OK")))
		return either(twice(answers("redis")), "pop3");
	if (slice_starts(line, SLICE("-ERR ")))
		return either(twice(answers("redis")), "pop3");
	if (is_reply(line))
		return either(twice(slice_starts(line, SLICE("220")) ? goes_on("ftp") : answers("ftp")), "smtp");
	return imap_says(line, behind);
}

/* Quoted, or without anything that would have to be. */
static bool is_login(struct slice s)
{
	const struct slice name = take_word(&s), password = take_word(&s);
	return name.len != 0 && password.len != 0 && s.len == 0 && slice_find(name, ',') == name.len;
}

/* RFC 9051, 6: a tag, then a command of those that come first. */
static bool is_tagged(struct slice line)
{
	static const char *const bare[] = { "CAPABILITY", "STARTTLS", "NOOP", "NAMESPACE", "LOGOUT" },
				 *const with_word[] = { "AUTHENTICATE", "SELECT", "EXAMINE", "ENABLE" };
	if (!is_tag(take_word(&line)))
		return false;
	const struct slice command = take_word(&line);
	if (slice_starts_nocase(command, SLICE("LOGIN")) && command.len == 5)
		return is_login(line);
	if (slice_starts_nocase(command, SLICE("ID")) && command.len == 2)
		return slice_starts(line, SLICE("(")) || slice_starts_nocase(line, SLICE("NIL"));
	return line.len == 0 ? is_any(command, WORDS(bare)) : is_any(command, WORDS(with_word)) && words_in(line) <= 2;
}

/* Nothing but the command and what belongs to it. */
static struct dialogue simple_command(struct slice line)
{
	static const char *const pop3[] = { "CAPA", "STLS", "STAT", "UIDL", "AUTH" },
				 *const ftp[] = { "FEAT", "SYST", "PASV", "EPSV", "PWD" },
				 *const log_in[] = { "USER", "PASS" }, *const safe[] = { "TLS", "SSL" };
	struct slice rest = line;
	const struct slice verb = take_word(&rest);
	if (rest.len == 0)
		return is_any(verb, WORDS(pop3))  ? twice(goes_on("pop3"))
		       : is_any(verb, WORDS(ftp)) ? twice(goes_on("ftp"))
						  : none;
	if (is_any(verb, WORDS(log_in)) && words_in(rest) == 1 && slice_find(rest, ',') == rest.len)
		return either(twice(goes_on("ftp")), "pop3");
	if (slice_starts_nocase(line, SLICE("AUTH ")))
		return is_any(rest, WORDS(safe)) ? twice(goes_on("ftp"))
		       : words_in(rest) <= 2     ? twice(goes_on("pop3"))
						 : none;
	if (slice_starts_nocase(line, SLICE("APOP ")) && words_in(rest) == 2)
		return twice(goes_on("pop3"));
	if (slice_starts_nocase(line, SLICE("HELO ")) && words_in(rest) == 1)
		return twice(goes_on("smtp"));
	return slice_starts_nocase(line, SLICE("MAIL FROM:<")) ? twice(goes_on("smtp")) : none;
}

/* RFC 2812, 3.1: who one wants to be, or what the server can do. */
static bool is_irc(struct slice line)
{
	struct slice rest = line;
	const struct slice verb = take_word(&rest);
	if (slice_eq(verb, SLICE("NICK")))
		return words_in(rest) == 1;
	if (slice_eq(verb, SLICE("CAP")))
		return slice_starts(rest, SLICE("LS")) || slice_starts(rest, SLICE("REQ :"));
	return slice_eq(verb, SLICE("USER")) && words_in(rest) >= 4 && slice_search(rest, SLICE(" :")) < rest.len;
}

/* What a client says first, or when it was greeted. */
struct dialogue part_command(struct slice s, bool whole, enum side from)
{
	(void)whole;
	const struct slice line = first_line(s), behind = slice_from(s, line.len + 2);
	if (line.len < 4)
		return none;
	if (is_irc(line) || (slice_starts(line, SLICE("PASS ")) && is_irc(first_line(behind))))
		return opens("irc");
	if (from != CLIENT || behind.len != 0)
		return from == SERVER ? part_greeting(s, whole, from) : none;
	const struct dialogue d = simple_command(line);
	if (d.name != NULL)
		return d;
	return is_tagged(line) ? twice(goes_on("imap")) : none;
}

/* RFC 2812, 2.3 and 5.1: a host says it; then the welcome, a notice to all, or what it can do. */
struct dialogue part_irc(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	struct slice line = first_line(s);
	const struct slice who = take_word(&line), what = take_word(&line);
	const bool host = who.len > 4 && who.at[0] == ':' && slice_find(who, '.') < who.len;
	const bool known = slice_eq(what, SLICE("001")) || slice_eq(what, SLICE("020")) ||
			   (slice_eq(what, SLICE("NOTICE")) &&
			       (slice_starts(line, SLICE("* :")) || slice_starts(line, SLICE("AUTH :")))) ||
			   (slice_eq(what, SLICE("CAP")) && words_in(line) >= 3);
	return host && known && line.len != 0 ? answers("irc") : none;
}

/* A letter, a number, CR LF; the bytes behind, none when it is no such line. */
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

/* A text without spaces, an error's name in capital letters, a number, nothing, or so many of what follows. */
static bool is_redis_answer(struct slice s)
{
	uint32_t count;
	const struct slice line = first_line(s);
	if (line.len < 1)
		return false;
	switch (line.at[0]) {
	case '+':
		return line.len > 1 && slice_find(line, ' ') == line.len;
	case '-':
		return line.len > 4 && line.at[1] >= 'A' && line.at[1] <= 'Z' && line.at[2] >= 'A' &&
		       line.at[2] <= 'Z' && line.at[3] >= 'A' && line.at[3] <= 'Z';
	case '$':
		return slice_eq(line, SLICE("$-1")) || after_count(s, '$', &count).len != 0;
	case '_':
		return line.len == 1;
	default:
		return after_count(s, line.at[0], &count).at != NULL;
	}
}

struct dialogue part_redis(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	if (is_redis_command(s))
		return twice(goes_on("redis"));
	return is_redis_answer(s) ? twice(answers("redis")) : none;
}

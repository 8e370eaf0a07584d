/* Protocols of lines: greetings of servers, commands of clients. */
#include "base/digit.h"
#include "channel/sign.h"

enum { MOST_BANNER = 512, MOST_XML = 1024 };

static bool holds(struct slice s, const char *word)
{
	const struct slice w = { (const uint8_t *)word, strlen(word) };
	for (size_t i = 0; i + w.len <= s.len; i++)
		if (slice_starts_nocase(slice_from(s, i), w))
			return true;
	return false;
}

/* Does the first line of `s` begin with one of these commands?  A command is a word; what follows it is a space or the
 * end of the line. */
static enum says ask_command(struct slice s, const char *const *words, size_t count)
{
	enum says best = SAYS_NO;
	for (size_t i = 0; i < count; i++) {
		const struct slice word = { (const uint8_t *)words[i], strlen(words[i]) };
		if (s.len <= word.len) {
			if (s.len != 0 && slice_starts_nocase(word, s))
				best = SAYS_WAIT;
			continue;
		}
		const uint8_t after = s.at[word.len];
		if (slice_starts_nocase(s, word) && (after == ' ' || after == '\r' || after == '\n'))
			return SAYS_YES;
	}
	return best;
}

#define ASK_COMMAND(s, words) ask_command((s), (words), sizeof(words) / sizeof *(words))

static enum says ask_ssh(struct slice s)
{
	const enum says v2 = sign_literal(s, SLICE("SSH-2.0-")), v1 = sign_literal(s, SLICE("SSH-1."));
	const enum says chisel = sign_literal(s, SLICE("SSH-chisel-"));
	const enum says best = v2 > v1 ? v2 : v1;
	const enum says says = best > chisel ? best : chisel;
	const bool whole = s.len >= 256 || slice_find(s, '\n') < s.len;
	return says == SAYS_YES && !whole ? SAYS_LIKELY : says;
}

/* A version exchange (RFC 4253, 4.2), from either side; chisel names itself where the version belongs.  The end of the
 * line is waited for, as it is worth keeping. */
enum says sign_ssh(struct slice client, struct slice server)
{
	const enum says by_client = ask_ssh(client), by_server = ask_ssh(server);
	return by_client > by_server ? by_client : by_server;
}

static enum says ask_vnc(struct slice s)
{
	const enum says begins = sign_literal(s, SLICE("RFB 003."));
	if (begins != SAYS_YES)
		return begins;
	for (size_t i = 8; i < s.len && i < 11; i++)
		if (!is_digit(s.at[i]))
			return SAYS_NO;
	if (s.len < 12)
		return SAYS_LIKELY;
	return sign_if(s.at[11] == '\n');
}

/* RFC 6143, 7.1.1. */
enum says sign_vnc(struct slice client, struct slice server)
{
	const enum says by_client = ask_vnc(client), by_server = ask_vnc(server);
	return by_client > by_server ? by_client : by_server;
}

/* A greeting `ddd text` or `ddd-text` with one of these codes, 0 after the last; RFC 5321, 4.2. */
static enum says ask_reply(struct slice server, const char *const *codes, size_t count, struct slice *text)
{
	bool whole;
	*text = sign_line(slice_head(server, MOST_BANNER), &whole);
	for (size_t i = 0; i < count; i++) {
		const struct slice code = { (const uint8_t *)codes[i], 3 };
		if (server.len < 4 && slice_starts(code, slice_head(server, 3)))
			return SAYS_WAIT;
		if (server.len >= 4 && slice_starts(server, code) && (server.at[3] == ' ' || server.at[3] == '-'))
			return whole || server.len >= MOST_BANNER ? SAYS_YES : SAYS_WAIT;
	}
	return SAYS_NO;
}

/* SMTP and FTP greet alike: the greeting's own words or the client's first command tell which. */
enum says sign_smtp(struct slice client, struct slice server)
{
	static const char *const commands[] = { "EHLO", "HELO", "LHLO" };
	static const char *const codes[] = { "220", "554", "421" };
	const enum says asked = ASK_COMMAND(client, commands);
	if (server.len == 0) /* its greeting is still worth waiting for */
		return asked == SAYS_YES ? SAYS_LIKELY : asked;
	struct slice text;
	const enum says greeted = ask_reply(server, codes, sizeof codes / sizeof *codes, &text);
	if (greeted == SAYS_NO)
		return SAYS_NO;
	const bool named = (holds(text, "SMTP") || holds(text, "LMTP")) && !holds(text, "FTP");
	if (greeted == SAYS_YES && (asked == SAYS_YES || named))
		return SAYS_YES;
	return greeted == SAYS_WAIT || client.len == 0 || asked == SAYS_WAIT ? SAYS_WAIT : SAYS_NO;
}

enum says sign_ftp(struct slice client, struct slice server)
{
	static const char *const commands[] = { "USER", "AUTH", "FEAT", "SYST", "OPTS", "HOST", "CLNT" };
	static const char *const codes[] = { "220", "421", "530" };
	struct slice text;
	if (server.len == 0)
		return SAYS_NO;
	const enum says greeted = ask_reply(server, codes, sizeof codes / sizeof *codes, &text);
	if (greeted == SAYS_NO)
		return SAYS_NO;
	const enum says asked = ASK_COMMAND(client, commands);
	const bool named = holds(text, "FTP") && !holds(text, "SMTP");
	if (greeted == SAYS_YES && (asked == SAYS_YES || named))
		return SAYS_YES;
	return greeted == SAYS_WAIT || client.len == 0 || asked == SAYS_WAIT ? SAYS_WAIT : SAYS_NO;
}

/* `tag COMMAND`, RFC 9051, 2.2.1. */
static enum says ask_tagged(struct slice client)
{
	static const char *const commands[] = { "CAPABILITY", "LOGIN", "STARTTLS", "AUTHENTICATE", "ID", "LOGOUT" };
	size_t n = 0;
	while (n < client.len && n < 16 &&
	       (is_digit(client.at[n]) || (client.at[n] >= 'A' && client.at[n] <= 'Z') ||
		   (client.at[n] >= 'a' && client.at[n] <= 'z') || client.at[n] == '.'))
		n++;
	if (n == client.len && n != 0 && n < 16)
		return SAYS_WAIT;
	if (n == 0 || n >= 16 || client.at[n] != ' ')
		return SAYS_NO;
	const struct slice command = slice_from(client, n + 1);
	return command.len == 0 ? SAYS_WAIT : ASK_COMMAND(command, commands);
}

enum says sign_imap(struct slice client, struct slice server)
{
	static const char *const greetings[] = { "* OK", "* PREAUTH", "* BYE" };
	bool whole;
	if (server.len == 0) {
		const enum says asked = ask_tagged(client);
		return asked == SAYS_YES ? SAYS_LIKELY : asked;
	}
	const enum says greeted = ASK_COMMAND(server, greetings);
	sign_line(slice_head(server, MOST_BANNER), &whole);
	return greeted == SAYS_YES && !whole && server.len < MOST_BANNER ? SAYS_LIKELY : greeted;
}

enum says sign_pop3(struct slice client, struct slice server)
{
	static const char *const commands[] = { "USER", "CAPA", "AUTH", "APOP", "STLS", "QUIT" };
	static const char *const greetings[] = { "+OK" };
	const enum says greeted = ASK_COMMAND(server, greetings);
	if (greeted != SAYS_YES)
		return greeted;
	bool whole;
	const struct slice line = sign_line(slice_head(server, MOST_BANNER), &whole);
	const enum says asked = ASK_COMMAND(client, commands);
	if (!whole && server.len < MOST_BANNER)
		return asked == SAYS_YES ? SAYS_LIKELY : SAYS_WAIT;
	if (asked == SAYS_YES || holds(line, "POP") || slice_find(line, '@') < line.len)
		return SAYS_YES;
	if (client.len == 0)
		return line.len > 5 ? SAYS_LIKELY : SAYS_WAIT;
	return asked;
}

/* RFC 3977, 5.1. */
enum says sign_nntp(struct slice client, struct slice server)
{
	static const char *const commands[] = { "MODE READER", "CAPABILITIES", "GROUP", "ARTICLE", "XOVER", "IHAVE",
		"CHECK" };
	static const char *const codes[] = { "200", "201" };
	struct slice text;
	if (server.len == 0)
		return SAYS_NO;
	const enum says greeted = ask_reply(server, codes, sizeof codes / sizeof *codes, &text);
	if (greeted != SAYS_YES)
		return greeted;
	if (holds(text, "NNTP") || holds(text, "InterNetNews") || holds(text, "news server"))
		return SAYS_YES;
	return client.len == 0 ? SAYS_WAIT : ASK_COMMAND(client, commands);
}

/* RFC 1459, 4.1; servers speak `:prefix COMMAND` or `NOTICE AUTH`. */
static enum says ask_irc_server(struct slice server)
{
	bool whole;
	struct slice line = sign_line(slice_head(server, MOST_BANNER), &whole), prefix;
	if (slice_starts(line, SLICE("NOTICE AUTH :")) || slice_starts(line, SLICE("NOTICE * :")))
		return SAYS_YES;
	if (line.len != 0 && line.len < 13 && !whole && slice_starts(SLICE("NOTICE AUTH :"), line))
		return SAYS_WAIT;
	if (line.len == 0 || line.at[0] != ':')
		return SAYS_NO;
	if (!whole)
		return server.len < MOST_BANNER ? SAYS_WAIT : SAYS_NO;
	if (!slice_cut(&line, ' ', &prefix) || prefix.len < 2 || line.len < 4)
		return SAYS_NO;
	const bool numeric = is_digit(line.at[0]) && is_digit(line.at[1]) && is_digit(line.at[2]) && line.at[3] == ' ';
	return sign_if(numeric || slice_starts(line, SLICE("NOTICE ")) || slice_starts(line, SLICE("CAP ")));
}

enum says sign_irc(struct slice client, struct slice server)
{
	static const char *const first[] = { "NICK", "PASS", "USER", "CAP LS", "CAP REQ" };
	static const char *const second[] = { "NICK", "USER", "CAP LS", "CAP END" };
	const enum says served = ask_irc_server(server);
	const enum says asked = ASK_COMMAND(client, first);
	if (client.len == 0 || served == SAYS_YES)
		return served;
	if (asked != SAYS_YES)
		return asked;
	if (slice_starts_nocase(client, SLICE("CAP ")))
		return SAYS_YES;
	bool whole;
	const struct slice line = sign_line(slice_head(client, MOST_BANNER), &whole);
	if (!whole)
		return client.len < MOST_BANNER ? SAYS_WAIT : SAYS_NO;
	const struct slice next = slice_from(client, slice_find(client, '\n') + 1);
	if (next.len == 0)
		return slice_starts_nocase(line, SLICE("NICK ")) ? SAYS_LIKELY : SAYS_WAIT;
	return ASK_COMMAND(next, second);
}

static enum says ask_xml(struct slice s)
{
	const struct slice stream = SLICE("<stream:stream"),
			   framed = SLICE("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"");
	const enum says direct = sign_literal(s, stream), open = sign_literal(s, framed);
	if (direct != SAYS_NO || open != SAYS_NO)
		return direct > open ? direct : open;
	const enum says xml = sign_literal(s, SLICE("<?xml"));
	if (xml != SAYS_YES)
		return xml;
	const struct slice head = slice_head(s, MOST_XML);
	if (slice_search(head, stream) < head.len)
		return SAYS_YES;
	return s.len < MOST_XML ? SAYS_WAIT : SAYS_NO;
}

/* RFC 6120, 4.2; in WebSocket RFC 7395, 3.3. */
enum says sign_xmpp(struct slice client, struct slice server)
{
	const enum says by_client = ask_xml(client), by_server = ask_xml(server);
	return by_client > by_server ? by_client : by_server;
}

/* `letter decimal CR LF` of the Redis protocol. */
static enum says ask_count(struct slice *s, uint8_t letter)
{
	size_t n = 1;
	if (s->len == 0)
		return SAYS_WAIT;
	while (n < s->len && n < 8 && is_digit(s->at[n]))
		n++;
	if (s->at[0] != letter || n == 8 || (n == 1 && s->len > 1))
		return SAYS_NO;
	if (n + 2 > s->len)
		return n == s->len || s->at[n] == '\r' ? SAYS_WAIT : SAYS_NO;
	if (s->at[n] != '\r' || s->at[n + 1] != '\n')
		return SAYS_NO;
	*s = slice_from(*s, n + 2);
	return SAYS_YES;
}

enum says sign_redis(struct slice client, struct slice server)
{
	if (client.len == 0) {
		const enum says pong = sign_literal(server, SLICE("+PONG\r\n")),
				none = sign_literal(server, SLICE("-NOAUTH "));
		return pong > none ? pong : none;
	}
	struct slice rest = client;
	const enum says array = ask_count(&rest, '*');
	if (array == SAYS_YES)
		return ask_count(&rest, '$');
	if (array == SAYS_WAIT)
		return array;
	const enum says ping = sign_literal(client, SLICE("PING\r\n"));
	if (ping != SAYS_YES)
		return ping;
	return server.len == 0 ? SAYS_WAIT : sign_literal(server, SLICE("+PONG\r\n"));
}

/* The binary protocol: request and response of one command. */
static enum says ask_memcached_binary(struct slice client, struct slice server)
{
	if (client.at[0] != 0x80)
		return SAYS_NO;
	if (client.len < 24 || server.len == 0)
		return SAYS_WAIT;
	if (client.at[1] > 0x55 || client.at[5] != 0)
		return SAYS_NO;
	if (server.len < 24)
		return server.at[0] == 0x81 ? SAYS_WAIT : SAYS_NO;
	return sign_if(server.at[0] == 0x81 && server.at[1] == client.at[1] && server.at[5] == 0 &&
		       memcmp(client.at + 12, server.at + 12, 4) == 0);
}

enum says sign_memcached(struct slice client, struct slice server)
{
	static const char *const commands[] = { "get", "gets", "set", "add", "replace", "delete", "incr", "stats",
		"version", "mg", "ms" };
	static const char *const answers[] = { "STAT", "VERSION", "VALUE", "END", "STORED", "NOT_STORED", "NOT_FOUND",
		"DELETED", "EXISTS", "EN", "HD" };
	if (client.len == 0)
		return SAYS_NO;
	const enum says binary = ask_memcached_binary(client, server);
	if (binary != SAYS_NO)
		return binary;
	/* Commands are written in small letters, answers in capitals. */
	const enum says asked = client.at[0] >= 'a' ? ASK_COMMAND(client, commands) : SAYS_NO;
	if (asked != SAYS_YES)
		return asked;
	if (server.len == 0)
		return SAYS_WAIT;
	return server.at[0] <= 'Z' ? ASK_COMMAND(server, answers) : SAYS_NO;
}

/* A packet line, `dddd` in hexadecimal and a request: the git protocol. */
enum says sign_git(struct slice client, struct slice server)
{
	(void)server;
	for (size_t i = 0; i < client.len && i < 4; i++)
		if (!is_digit(client.at[i]) && !(client.at[i] >= 'a' && client.at[i] <= 'f'))
			return SAYS_NO;
	if (client.len <= 4)
		return client.len == 0 ? SAYS_NO : SAYS_WAIT;
	const struct slice rest = slice_from(client, 4);
	const enum says fetch = sign_literal(rest, SLICE("git-upload-")),
			push = sign_literal(rest, SLICE("git-receive-pack "));
	return fetch > push ? fetch : push;
}

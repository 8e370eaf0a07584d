#include "tunnel/hello.h"

/* The shortest ServerHello there can be, without extensions; a ClientHello is longer. */
enum { RECORD_HEAD = 5, HELLO_LEAST = 38, RECORD_MOST = 0x4000, ALERT = 21, HANDSHAKE = 22 };
enum message { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* Record header, handshake header, version (RFC 8446, 5.1 and 4). */
static bool is_handshake(struct slice s, enum message type)
{
	if (s.len < RECORD_HEAD + 6 || s.at[0] != HANDSHAKE || s.at[1] != 3 || s.at[2] > 4 || s.at[5] != type)
		return false;
	const unsigned record = read_be16(s.at + 3), message = (unsigned)s.at[6] << 16 | read_be16(s.at + 7);
	return record <= RECORD_MOST && message >= HELLO_LEAST && message + 4 <= record && s.at[9] == 3 &&
	       s.at[10] <= 3;
}

static bool is_alert(struct slice s)
{
	return s.len >= RECORD_HEAD + 2 && s.at[0] == ALERT && s.at[1] == 3 && s.at[2] <= 4 &&
	       read_be16(s.at + 3) == 2 && (s.at[5] == 1 || s.at[5] == 2);
}

bool hello_is_tls(struct slice first)
{
	return is_handshake(first, CLIENT_HELLO) || is_handshake(first, SERVER_HELLO);
}

bool hello_is_ssh(struct slice first)
{
	return slice_starts(first, SLICE("SSH-2.0-")) || slice_starts(first, SLICE("SSH-1.99-"));
}

enum hello hello_client(struct slice first)
{
	if (is_handshake(first, CLIENT_HELLO))
		return HELLO_TLS;
	return hello_is_ssh(first) ? HELLO_SSH : HELLO_NONE;
}

enum hello hello_server(struct slice first)
{
	if (is_handshake(first, SERVER_HELLO) || is_alert(first))
		return HELLO_TLS;
	return hello_is_ssh(first) ? HELLO_SSH : HELLO_NONE;
}

static struct slice without_end(struct slice s)
{
	while (s.len != 0 && (s.at[s.len - 1] == '\r' || s.at[s.len - 1] == '\n'))
		s.len--;
	return s;
}

/* Who stores banners and gives them back says the same, as far as both go, but for the line's end. */
static bool is_same(struct slice a, struct slice b)
{
	a = without_end(a);
	b = without_end(b);
	return slice_starts(a, b) || slice_starts(b, a);
}

/* Behind the banner another. */
static bool is_list(struct slice s)
{
	return hello_is_ssh(slice_from(s, slice_find(s, '\n') + 1));
}

bool hello_both(struct slice client, struct slice server)
{
	const enum hello hello = hello_client(client);
	if (hello == HELLO_SSH)
		return hello_server(server) == HELLO_SSH && !is_list(client) && !is_list(server) &&
		       !is_same(client, server);
	return hello != HELLO_NONE && hello == hello_server(server);
}

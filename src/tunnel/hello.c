#include "tunnel/hello.h"

enum { RECORD_HEAD = 5, ALERT = 21, HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* The record's type when it is one of TLS, else 0. */
static unsigned record_type(struct slice s)
{
	if (s.len < RECORD_HEAD + 4 || s.at[1] != 3 || s.at[2] > 4)
		return 0;
	return s.at[0];
}

static bool is_handshake(struct slice s, unsigned type)
{
	const unsigned record = read_be16(s.at + 3);
	const unsigned message = (unsigned)s.at[6] << 16 | read_be16(s.at + 7);
	return s.at[RECORD_HEAD] == type && record >= 40 && message >= 36 && message + 4 <= record;
}

static bool is_ssh(struct slice s)
{
	return slice_starts(s, SLICE("SSH-2.0-")) || slice_starts(s, SLICE("SSH-1.99-"));
}

enum hello hello_client(struct slice first)
{
	if (record_type(first) == HANDSHAKE && is_handshake(first, CLIENT_HELLO))
		return HELLO_TLS;
	return is_ssh(first) ? HELLO_SSH : HELLO_NONE;
}

static bool is_alert(struct slice s)
{
	return s.len >= RECORD_HEAD + 2 && s.at[0] == ALERT && s.at[1] == 3 && s.at[2] <= 4 &&
	       read_be16(s.at + 3) == 2 && (s.at[5] == 1 || s.at[5] == 2);
}

enum hello hello_server(struct slice first)
{
	if ((record_type(first) == HANDSHAKE && is_handshake(first, SERVER_HELLO)) || is_alert(first))
		return HELLO_TLS;
	return is_ssh(first) ? HELLO_SSH : HELLO_NONE;
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
	return is_ssh(slice_from(s, slice_find(s, '\n') + 1));
}

bool hello_both(struct slice client, struct slice server)
{
	const enum hello hello = hello_client(client);
	if (hello == HELLO_SSH)
		return hello_server(server) == HELLO_SSH && !is_list(client) && !is_list(server) &&
		       !is_same(client, server);
	return hello != HELLO_NONE && hello == hello_server(server);
}

/* Dialogues: each is played whole, byte by byte, and cut once at every offset, with and without a reader of content; the
 * events must be the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "two_sides.h"

/* A script is a row of lines: "c:" and "s:" send what follows, "c!" and "s!" end that side, "c-8" loses eight bytes. */
struct dialogue {
	const char *name;
	const char *lines[16];
	const char *log;
	bool midstream, accept, mute; /* mute: content is not asked for, and so not in the log */
	bool whole;                   /* played only whole: it depends on packets, or on who is read first */
};

#define GET            "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK5            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define NOTHING        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define CONNECT_H      "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"
#define UPGRADE        "GET /u HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
#define SWITCHES       "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
#define GET_LOG(n)     "c #" #n " GET /a none\nc end #" #n "\n"
#define OK5_LOG(n)     "s #" #n " 200 length\ns = hello\ns end #" #n "\n"
#define NOTHING_LOG(n) "s #" #n " 200 length\ns end #" #n "\n"

static const struct dialogue dialogues[] = {
	{ .name = "one exchange", .lines = { "c:" GET, "s:" OK5, "c!", "s!" }, .log = GET_LOG(0) OK5_LOG(0) },
	{ .name = "keep-alive",
	    .lines = { "c:" GET, "s:" NOTHING, "c:" GET, "s:" OK5, "c:" GET, "s:" NOTHING },
	    .log = GET_LOG(0) NOTHING_LOG(0) GET_LOG(1) OK5_LOG(1) GET_LOG(2) NOTHING_LOG(2) },
	{ .name = "pipelined",
	    .lines = { "c:" GET GET, "c:HEAD /h HTTP/1.1\r\n\r\n", "s:" OK5,
		"s:HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", "s:HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
		"c:" GET, "s:" OK5 },
	    .log = GET_LOG(0) GET_LOG(1) "c #2 HEAD /h none\nc end #2\n" OK5_LOG(
		0) "s #1 304 none\ns end #1\ns #2 200 none\ns end #2\n" GET_LOG(3) OK5_LOG(3) },
	{ .name = "upload",
	    .lines = { "c:POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody" GET, "s:" NOTHING, "s:" OK5 },
	    .log = "c #0 POST /p length\nc = body\nc end #0\n" GET_LOG(1) NOTHING_LOG(0) OK5_LOG(1) },
	{ .name = "content nobody reads",
	    .lines = { "c:POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody" GET, "s:" OK5, "s:" OK5, "c:" GET,
		"s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n" NOTHING },
	    .log = "c #0 POST /p length\nc end #0\n" GET_LOG(
		1) "s #0 200 length\ns end #0\ns #1 200 length\ns end "
		   "#1\n" GET_LOG(2) "s #2 200 chunked\ns end #2\ns ? 200 length\ns end "
				     "#3\ns odd unable_to_match_response_to_request\n",
	    .mute = true },
	{ .name = "chunks both ways",
	    .lines = { "c:POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: "
		       "t\r\n\r\n" GET,
		"s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "s:" OK5 },
	    .log = "c #0 POST /p chunked\nc = abcde\nc end #0\n" GET_LOG(
		1) "s #0 200 chunked\ns = hello\ns end #0\n" OK5_LOG(1) },
	{ .name = "a broken chunk",
	    .lines = { "c:" GET,
		"s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n\r\nmore" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns = hello\ns lost chunk\ns odd invalid_response_chunk_len\n" },
	{ .name = "no chunks at all",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5xyz" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns lost chunk bare\ns odd invalid_response_chunk_len\n" },
	{ .name = "more than the length of a request",
	    .lines = { "c:POST /p HTTP/1.1\r\nContent-Length: 1\r\n\r\na\x16\x03\x01" },
	    .log = "c #0 POST /p length\nc = a\nc end #0\nc lost desync\nc odd desync\n" },
	{ .name = "to the close",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\n\r\nall", "s: of this", "s!" },
	    .log = GET_LOG(0) "s #0 200 close\ns = all of this\ns end #0\n" },
	{ .name = "to the close, nobody reads",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\n\r\nall", "s: of this", "s!" },
	    .log = GET_LOG(0) "s #0 200 close\ns end #0\n",
	    .mute = true },
	{ .name = "cut off",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell", "s!" },
	    .log = GET_LOG(0) "s #0 200 length\ns = hell\ns cut #0\n" },
	{ .name = "cut off, nobody reads",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell", "s!" },
	    .log = GET_LOG(0) "s #0 200 length\ns cut #0\n",
	    .mute = true },
	{ .name = "cut off in a chunk",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhell", "s!" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns = hell\ns cut #0\n" },
	{ .name = "cut off in a size",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9", "s!" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns cut #0\n" },
	{ .name = "the longest length",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhell", "s!" },
	    .log = GET_LOG(0) "s #0 200 length\ns = hell\ns cut #0\ns odd invalid_content_length_field\n" },
	{ .name = "interim answers",
	    .lines = { "c:POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
		"s:HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n", "c:ab",
		"s:" NOTHING },
	    .log = "c #0 POST /p length\ns #0 100 none interim\ns #0 103 none interim\nc = ab\nc end #0\n" NOTHING_LOG(
		0) },
	{ .name = "an answer before the end of its request",
	    .lines = { "c:POST /p HTTP/1.1\r\nContent-Length: 2\r\n\r\na",
		"s:HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n", "c:b" GET, "s:" OK5 },
	    .log = "c #0 POST /p length\nc = a\ns #0 413 length\ns end #0\nc = b\nc end #0\n" GET_LOG(1)
		OK5_LOG(1) "s odd response_before_request_end\n" },
	{ .name = "nobody asked",
	    .lines = { "s:" OK5, "c:" GET, "s:" OK5 },
	    .log = "s ? 200 length\ns = hello\ns end #0\n" GET_LOG(0)
		OK5_LOG(0) "s odd unable_to_match_response_to_request\n" },
	{ .name = "midstream, an answer first",
	    .lines = { "s:" OK5, "c:" GET, "s:" OK5 },
	    .log = "s ? 200 length\ns = hello\ns end #0\n" GET_LOG(0) OK5_LOG(0),
	    .midstream = true },
	/* empty lines */
	{ .name = "empty lines",
	    .lines = { "c:\r\n" GET, "s:" OK5 "\r\n", "c:\r\n\n" GET, "s:" OK5 },
	    .log = GET_LOG(0) OK5_LOG(0) GET_LOG(1) OK5_LOG(1) },
	{ .name = "many empty lines",
	    .lines = { "c:\r\n\r\n\n\r\n" GET },
	    .log = GET_LOG(0) "c odd leading_empty_lines\n" },
	/* CONNECT */
	{ .name = "CONNECT accepted",
	    .lines = { "c:" CONNECT_H, "s:HTTP/1.1 200 OK\r\n\r\n", "c:\x16\x03\x01" },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 200 none switch\nstop c=39 s=19\n",
	    .accept = true },
	{ .name = "CONNECT, early bytes, framed 2xx",
	    .lines = { "c:" CONNECT_H, "c:\x16\x03\x01", "s:HTTP/1.1 299 OK\r\nContent-Length: 5\r\n\r\n", "s:SSH" },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 299 none switch early\nstop c=39 s=38\n",
	    .accept = true },
	{ .name = "CONNECT with framing",
	    .lines = { "c:CONNECT h:1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "c:123456789",
		"s:HTTP/1.1 200 x\r\n\r\n" },
	    .log = "c #0 CONNECT h:1 none connect\ns #0 200 none switch early\nstop c=43 s=18\n",
	    .accept = true },
	{ .name = "CONNECT refused",
	    .lines = { "c:" CONNECT_H, "s:HTTP/1.1 407 x\r\nContent-Length: 2\r\n\r\nno", "c:" CONNECT_H,
		"s:HTTP/1.1 100 x\r\n\r\n", "s:HTTP/1.1 200 x\r\n\r\n" },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 407 length\ns = no\ns end #0\n"
		   "c #1 CONNECT h:443 none connect\ns #1 100 none interim\ns #1 200 none switch\nstop c=78 s=75\n",
	    .accept = true },
	{ .name = "early bytes, refused",
	    .lines = { "c:" CONNECT_H, "c:" GET, "s:HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 403 length early\ns end #0\n" GET_LOG(1) OK5_LOG(1) },
	{ .name = "another's answer does not open",
	    .lines = { "c:" GET CONNECT_H, "s:" NOTHING, "s:HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n" },
	    .log = GET_LOG(0) "c #1 CONNECT h:443 none connect\n" NOTHING_LOG(0) "s #1 403 length\ns end #1\n",
	    .accept = true },
	{ .name = "a second CONNECT stays unread",
	    .lines = { "c:" CONNECT_H CONNECT_H, "s:HTTP/1.1 200 x\r\n\r\n" },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 200 none switch early\nstop c=39 s=18\n",
	    .accept = true },
	{ .name = "CONNECT in another case asks for nothing",
	    .lines = { "c:connect h:443 HTTP/1.1\r\n\r\n", "s:" NOTHING, "c:" GET, "s:" OK5 },
	    .log = "c #0 connect h:443 none\nc end #0\n" NOTHING_LOG(0) GET_LOG(1)
		OK5_LOG(1) "c odd method_not_upper_case\n",
	    .accept = true },
	{ .name = "no status, accepted",
	    .lines = { "c:CONNECT h 443 HTTP/1.1\r\n\r\n", "s:HTTP/1.1 OK\r\n\r\n" },
	    .log = "c #0 CONNECT h 443 none connect\ns #0 0 none switch\nstop c=26 s=15\nc odd request_line_invalid\n"
		   "s odd response_invalid_status\n",
	    .accept = true },
	{ .name = "no status, not accepted",
	    .lines = { "c:" CONNECT_H, "s:HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nno", "c:" GET, "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 0 length switch\ns = no\ns end #0\n" GET_LOG(1)
		OK5_LOG(1) "s odd response_invalid_status\n" },
	{ .name = "no status, no content, not accepted",
	    .lines = { "c:" CONNECT_H, "s:HTTP/1.1 OK\r\n\r\n", "c:" GET, "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 0 none switch\n" GET_LOG(1)
		OK5_LOG(1) "s odd response_invalid_status\n" },
	{ .name = "CONNECT in content",
	    .lines = { "c:POST /p HTTP/1.1\r\nContent-Length: 39\r\n\r\n" CONNECT_H, "s:" NOTHING, "c:" GET },
	    .log = "c #0 POST /p length\nc end #0\n" NOTHING_LOG(0) GET_LOG(1),
	    .accept = true,
	    .mute = true },
	/* Upgrade */
	{ .name = "Upgrade accepted",
	    .lines = { "c:" UPGRADE, "s:" SWITCHES, "s:\x81" },
	    .log = "c #0 GET /u none upgrade\nc end #0\ns #0 101 none switch\nstop c=69 s=77\n",
	    .accept = true },
	{ .name = "Upgrade with content, answered in haste",
	    .lines = { "c:POST /u HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nbo", "s:" SWITCHES, "c:dy",
		"c:x" },
	    .log = "c #0 POST /u length upgrade\nc = body\nc end #0\ns #0 101 none switch\nstop c=55 s=77\n",
	    .accept = true },
	{ .name = "Upgrade refused",
	    .lines = { "c:" UPGRADE, "c:" GET, "s:" OK5, "s:" OK5 },
	    .log = "c #0 GET /u none upgrade\nc end #0\ns #0 200 length early\ns = hello\ns end #0\n" GET_LOG(1)
		OK5_LOG(1),
	    .whole = true },
	{ .name = "both answers at once",
	    .lines = { "c:" CONNECT_H GET, "s:HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n" OK5, "c:" GET, "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 403 length early\ns end #0\n" GET_LOG(1) OK5_LOG(1) GET_LOG(2)
		OK5_LOG(2) },
	{ .name = "both answers at once, the first without a status",
	    .lines = { "c:" CONNECT_H GET, "s:HTTP/1.1 OK\r\n\r\n" OK5, "c:" GET, "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 0 none switch early\n" GET_LOG(1) OK5_LOG(1) GET_LOG(2)
		OK5_LOG(2) "s odd response_invalid_status\n" },
	{ .name = "a 101 that is refused answers nothing",
	    .lines = { "c:" UPGRADE, "s:" SWITCHES, "s:HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", "c:" GET,
		"s:" OK5 },
	    .log = "c #0 GET /u none upgrade\nc end #0\ns #0 101 none switch\ns #0 400 length\ns end #0\n" GET_LOG(1)
		OK5_LOG(1) },
	{ .name = "a 101 that nobody asked for",
	    .lines = { "c:" GET, "s:" SWITCHES, "s:" OK5, "c:" GET, "s:" OK5 },
	    .log = GET_LOG(0) "s #0 101 none switch\n" OK5_LOG(0) GET_LOG(1) OK5_LOG(1) },
	{ .name = "refused before the request was whole",
	    .lines = { "c:POST /u HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nbo",
		"s:HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", "c:dy" GET, "s:" OK5 },
	    .log = "c #0 POST /u length upgrade\nc = bo\ns #0 400 length\ns end #0\nc = dy\nc end #0\n" GET_LOG(1)
		OK5_LOG(1) "s odd response_before_request_end\n" },
	{ .name = "Upgrade without an element offers nothing",
	    .lines = { "c:GET /a HTTP/1.1\r\nUpgrade: ,\r\n\r\n" GET },
	    .log = GET_LOG(0) GET_LOG(1) },
	/* no HTTP */
	{ .name = "client is not HTTP", .lines = { "c:SSH-2.0-x\r\n", "c:more" }, .log = "c not\n" },
	{ .name = "server is not HTTP", .lines = { "c:" GET, "s:220 mail\r\nmore" }, .log = GET_LOG(0) "s not\n" },
	{ .name = "never a request", .lines = { "c:hello world", "c!" }, .log = "c not\n" },
	{ .name = "maybe a request", .lines = { "c:GET /x", "c!" }, .log = "c lost end\nc begun\n" },
	{ .name = "HTTP no longer",
	    .lines = { "c:" GET, "s:" NOTHING, "c:\x16\x03\x01", "c:more", "s:" OK5 },
	    .log =
		GET_LOG(0) NOTHING_LOG(0) "c lost desync bare\ns ? 200 length\ns = hello\ns end #1\nc odd desync\n" },
	{ .name = "more than the length",
	    .lines = { "c:" GET, "s:" OK5 "xx", "c:" GET },
	    .log = GET_LOG(0) OK5_LOG(0) "s lost desync\n" GET_LOG(1) "s odd desync\n",
	    .whole = true },
	{ .name = "HTTP/2 that ends with its first line",
	    .lines = { "c:PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "c!" },
	    .log = "c h2\n" },
	{ .name = "HTTP/2's first line, and another protocol",
	    .lines = { "c:PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nSSH-2.0-x\r\n" },
	    .log = "c not\n" },
	{ .name = "HTTP/0.9",
	    .lines = { "c:GET /a\r\n", "s:<html>HTTP/1.1 200 OK\r\n\r\n", "s!" },
	    .log = "c #0 GET /a none\nc end #0\ns #0 0 close\ns = <html>HTTP/1.1 200 OK____\ns end #0\nc odd "
		   "http_0_9\ns odd http_0_9\n" },
	{ .name = "HTTP/0.9, begins like a head",
	    .lines = { "c:GET /a\r\n", "s:HTT", "s!" },
	    .log = "c #0 GET /a none\nc end #0\ns #0 0 close\ns = HTT\ns end #0\nc odd http_0_9\ns odd http_0_9\n" },
	{ .name = "HTTP/0.9, answered in 1.1",
	    .lines = { "c:GET /a\r\n", "s:" OK5 },
	    .log = "c #0 GET /a none\nc end #0\n" OK5_LOG(0) "c odd http_0_9\n" },
	{ .name = "HTTP/0.9 and more",
	    .lines = { "c:GET /a\r\nGET /b\r\n" },
	    .log = "c #0 GET /a none\nc end #0\nc lost desync\nc odd desync\nc odd http_0_9\n" },
	{ .name = "no HTTP/0.9 later",
	    .lines = { "c:" GET "GET /b\r\n" },
	    .log = GET_LOG(0) "c lost desync bare\nc odd desync\n" },
	/* holes */
	{ .name = "a hole in content",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", "s-4", "s:rd", "c:" GET,
		"s:" OK5 },
	    .log = GET_LOG(0) "s #0 200 length\ns = helrd\ns end #0\n" GET_LOG(1) OK5_LOG(1),
	    .whole = true },
	{ .name = "a hole in content nobody reads",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", "s-4", "s:rd", "c:" GET,
		"s:" OK5 },
	    .log = GET_LOG(0) "s #0 200 length\ns end #0\n" GET_LOG(1) "s #1 200 length\ns end #1\n",
	    .mute = true,
	    .whole = true },
	{ .name = "a hole to the end of content",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", "s-6", "c:" GET, "s:" OK5 },
	    .log = GET_LOG(0) "s #0 200 length\ns = hel\ns end #0\n" GET_LOG(1) OK5_LOG(1),
	    .whole = true },
	{ .name = "a hole beyond content",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", "s-8", "s:xx", "s:" OK5 },
	    .log = GET_LOG(0) "s #0 200 length\ns = hel\ns end #0\ns lost hole\ns ? 200 length\ns = hello\ns end #1\n"
			      "s odd unable_to_match_response_to_request\n",
	    .whole = true },
	{ .name = "a hole in a chunk's data",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel", "s-4",
		"s:rd\r\n0\r\n\r\n" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns = helrd\ns end #0\n",
	    .whole = true },
	{ .name = "the same, nobody reads",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel", "s-4",
		"s:rd\r\n0\r\n\r\n", "c:" GET, "s:" NOTHING },
	    .log = GET_LOG(0) "s #0 200 chunked\ns end #0\n" GET_LOG(1) NOTHING_LOG(1),
	    .mute = true,
	    .whole = true },
	{ .name = "a hole over a chunk's end",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel", "s-9",
		"s:\r\n\r\n" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns = hel\ns lost hole\n",
	    .whole = true },
	{ .name = "a hole in a chunk's size",
	    .lines = { "c:" GET, "s:HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9", "s-1", "s:\r\n" },
	    .log = GET_LOG(0) "s #0 200 chunked\ns lost hole\n",
	    .whole = true },
	{ .name = "a hole in a request, found again",
	    .lines = { "c:" GET, "s:" OK5, "c:GET /b HT", "c-9", "s:" OK5, "c:x: y\r\n\r\n", "c:" GET, "s:" OK5 },
	    .log = GET_LOG(0) OK5_LOG(0) "c lost hole\ns ? 200 length\ns = hello\ns end #1\n" GET_LOG(1) OK5_LOG(1),
	    .whole = true },
	{ .name = "pairs in doubt behind a hole",
	    .lines = { "c:" GET, "s:" OK5, "c-9", "c:" GET, "s:" OK5, "c:" GET, "s:" OK5 },
	    .log = GET_LOG(0) OK5_LOG(0) "c lost hole\n" GET_LOG(1) "s ? 200 length\ns = hello\ns end #1\n" GET_LOG(2)
		OK5_LOG(2),
	    .whole = true },
	{ .name = "a CONNECT in doubt opens nothing",
	    .lines = { "c:" GET, "c-9", "c:" CONNECT_H, "s:" NOTHING, "s:HTTP/1.1 200 x\r\n\r\n", "c:x" },
	    .log = GET_LOG(0) "c lost hole\nc #1 CONNECT h:443 none connect\n" NOTHING_LOG(0) "s ? 200 close\n",
	    .accept = true,
	    .whole = true },
	{ .name = "an answer with a hole",
	    .lines = { "c:" GET, "s:HTTP/1.", "s-9", "s:x\r\n", "c:" GET, "s:" OK5, "c:" GET, "s:" OK5, "c:" GET,
		"s:" OK5 },
	    .log = GET_LOG(0) "s lost hole\n" GET_LOG(1) "s ? 200 length\ns = hello\ns end #1\n" GET_LOG(
		2) "s ? 200 length\ns = hello\ns end #2\n" GET_LOG(3) OK5_LOG(3),
	    .whole = true },
	{ .name = "an answer to the hold with a hole",
	    .lines = { "c:" CONNECT_H, "s:HTTP/1.", "s-9", "s:x\r\n\r\n", "c:" GET, "s:" OK5 },
	    .log = "c #0 CONNECT h:443 none connect\ns lost hole\n",
	    .accept = true,
	    .whole = true },
	{ .name = "a hole at the start",
	    .lines = { "c-9", "c:x\r\n\r\n", "c:" GET, "s:" OK5 },
	    .log = "c lost hole\n" GET_LOG(0) "s ? 200 length\ns = hello\ns end #0\n",
	    .whole = true },
	{ .name = "a hole in what is held",
	    .lines = { "c:" CONNECT_H, "c-9", "c:x", "s:HTTP/1.1 200 x\r\n\r\n" },
	    .log = "c #0 CONNECT h:443 none connect\ns #0 200 none switch early\nstop c=48 s=18\n",
	    .accept = true,
	    .whole = true },
};

static void play_line(struct two_sides *x, const char *line, size_t cut)
{
	const enum side from = line[0] == 'c' ? CLIENT : SERVER;
	const struct slice bytes = { (const uint8_t *)line + 2, strlen(line + 2) };
	if (line[1] == '!') {
		sides_end(x, from);
	} else if (line[1] == '-') {
		sides_lose(x, from, (uint64_t)atoi(line + 2));
	} else {
		sides_send(x, from, slice_head(bytes, cut));
		if (cut < bytes.len)
			sides_send(x, from, slice_from(bytes, cut));
	}
}

static void play_bytewise(struct two_sides *x, const char *line)
{
	if (line[1] != ':') {
		play_line(x, line, SIZE_MAX);
		return;
	}
	for (const char *p = line + 2; *p != '\0'; p++)
		sides_send(x, line[0] == 'c' ? CLIENT : SERVER, (struct slice){ (const uint8_t *)p, 1 });
}

static void begin(struct two_sides *x, const struct dialogue *d)
{
	sides_begin(x, d->midstream);
	x->want = !d->mute;
	x->accept = d->accept;
}

/* 1 when the log is another. */
static int check(struct two_sides *x, const struct dialogue *d, const char *how)
{
	sides_conclude(x);
	if (strcmp(x->log, d->log) == 0)
		return 0;
	print_message("%s, %s\nwant:\n%sgot:\n%s\n", d->name, how, d->log, x->log);
	return 1;
}

static void play_cut(struct two_sides *x, const struct dialogue *d, size_t cut_line, size_t cut)
{
	begin(x, d);
	for (size_t i = 0; d->lines[i] != NULL; i++)
		play_line(x, d->lines[i], i == cut_line ? cut : SIZE_MAX);
}

static struct two_sides *new_sides(void)
{
	struct two_sides *x = calloc(1, sizeof *x);
	assert_non_null(x);
	x->edge = edge_new(SIDES_MOST);
	return x;
}

static void free_sides(struct two_sides *x)
{
	sides_free(x);
	edge_free(&x->edge);
	free(x);
}

static int play_all_ways(struct two_sides *x, const struct dialogue *d)
{
	play_cut(x, d, SIZE_MAX, 0);
	if (check(x, d, "whole"))
		return 1;
	if (d->whole)
		return 0;
	begin(x, d);
	for (size_t i = 0; d->lines[i] != NULL; i++)
		play_bytewise(x, d->lines[i]);
	if (check(x, d, "byte by byte"))
		return 1;
	for (size_t i = 0; d->lines[i] != NULL; i++) {
		for (size_t cut = 1; d->lines[i][1] == ':' && cut < strlen(d->lines[i] + 2); cut++) {
			play_cut(x, d, i, cut);
			if (check(x, d, "cut once"))
				return 1;
		}
	}
	return 0;
}

static void all_dialogues(void **state)
{
	(void)state;
	int failed = 0;
	struct two_sides *x = new_sides();
	for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++)
		failed += play_all_ways(x, &dialogues[i]);
	free_sides(x);
	assert_int_equal(failed, 0);
}

static void send_text(struct two_sides *x, enum side from, const char *text, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		sides_send(x, from, (struct slice){ (const uint8_t *)text, strlen(text) });
}

/* Behind a full queue of unanswered requests the next waits for an answer, and pairs stay exact. */
static void a_full_queue_waits(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	sides_begin(x, false);
	x->want = x->accept = false;
	send_text(x, CLIENT, "HEAD / HTTP/1.1\r\n\r\n", MAX_PIPELINE + 20);
	send_text(x, CLIENT, CONNECT_H, 1);
	assert_int_equal(http_asked(&x->conn), MAX_PIPELINE);
	x->accept = true;
	send_text(x, SERVER, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n", MAX_PIPELINE + 20);
	assert_int_equal(http_asked(&x->conn), MAX_PIPELINE + 21);
	assert_int_equal(x->conn.answered, MAX_PIPELINE + 20);
	assert_false(x->stopped);
	assert_true(http_holds(&x->conn));
	send_text(x, SERVER, "HTTP/1.1 200 x\r\n\r\n", 1);
	assert_true(x->stopped);
	assert_int_equal(x->side[CLIENT].odd, 0);
	assert_int_equal(x->side[SERVER].odd, 0);
	free_sides(x);
}

/* Few requests are kept in place, more in a block, which is given back when all are answered. */
static void many_requests_take_a_block(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	sides_begin(x, false);
	x->want = x->accept = false;
	send_text(x, CLIENT, "HEAD / HTTP/1.1\r\n\r\n", FEW_ASKED);
	assert_int_equal(x->kit.queues.used, 0);
	send_text(x, CLIENT, "HEAD / HTTP/1.1\r\n\r\n", 1);
	assert_int_equal(x->kit.queues.used, 1);
	send_text(x, SERVER, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n", FEW_ASKED);
	assert_int_equal(x->kit.queues.used, 1);
	send_text(x, SERVER, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n", 1);
	assert_int_equal(x->kit.queues.used, 0);
	assert_int_equal(x->conn.answered, FEW_ASKED + 1);
	assert_int_equal(x->side[SERVER].odd, 0);
	free_sides(x);
}

/* Without a block the oldest request is forgotten: what answers it is not known, what answers the others is. */
static void without_a_block_the_oldest_is_forgotten(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	sides_begin(x, false);
	void *const only = pool_take(&x->kit.queues);
	x->want = x->accept = false;
	send_text(x, CLIENT, "HEAD / HTTP/1.1\r\n\r\n", FEW_ASKED);
	send_text(x, CLIENT, CONNECT_H, 1);
	assert_int_equal(x->kit.queues.refused, 1);
	send_text(x, SERVER, "HTTP/1.1 204 x\r\n\r\n", 1);
	assert_non_null(strstr(x->log, "s ? 204"));
	send_text(x, SERVER, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n", FEW_ASKED - 1);
	assert_true(http_holds(&x->conn));
	x->accept = true;
	send_text(x, SERVER, "HTTP/1.1 200 x\r\n\r\n", 1);
	assert_true(x->stopped);
	pool_give(&x->kit.queues, only);
	free_sides(x);
}

/* The same when all answers come at once. */
static void a_full_queue_goes_before_the_next_answer(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	static char all[SIDES_MOST];
	sides_begin(x, false);
	x->want = x->accept = false;
	send_text(x, CLIENT, "HEAD / HTTP/1.1\r\n\r\n", MAX_PIPELINE + 20);
	for (size_t i = 0, n = 0; i < MAX_PIPELINE + 20; i++)
		n += (size_t)snprintf(all + n, sizeof all - n, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n");
	send_text(x, SERVER, all, 1);
	assert_int_equal(http_asked(&x->conn), MAX_PIPELINE + 20);
	assert_int_equal(x->conn.answered, MAX_PIPELINE + 20);
	assert_int_equal(x->side[CLIENT].odd, 0);
	assert_int_equal(x->side[SERVER].odd, 0);
	free_sides(x);
}

/* Where only the client is seen, waiting has an end, and the oldest requests are forgotten. */
static void one_direction_goes_on(void **state)
{
	(void)state;
	enum { MANY = 3000 };
	struct two_sides *x = new_sides();
	sides_begin(x, false);
	x->want = x->accept = false;
	send_text(x, CLIENT, GET, MANY);
	assert_int_equal(http_asked(&x->conn), MANY);
	assert_int_equal(x->side[CLIENT].len, 0);
	assert_int_equal(x->side[CLIENT].odd, ODD_BIT(PIPELINE_FULL));
	x->log_len = 0;
	send_text(x, SERVER, NOTHING, 1);
	assert_string_equal(x->log, "s ? 200 length\ns end #0\n");
	send_text(x, SERVER, NOTHING, MANY - MAX_PIPELINE - 1);
	x->log_len = 0;
	send_text(x, SERVER, NOTHING, 1);
	char want[64];
	snprintf(want, sizeof want, "s #%d 200 length\ns end #%d\n", MANY - MAX_PIPELINE, MANY - MAX_PIPELINE);
	assert_string_equal(x->log, want);
	free_sides(x);
}

static void a_head_has_an_end(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	sides_begin(x, false);
	send_text(x, CLIENT, "GET / HTTP/1.1\r\n", 1);
	send_text(x, CLIENT, "A: 0123456789012345678901234567890123456789\r\n", 1600);
	assert_string_equal(x->log, "c lost long\n");
	assert_int_equal(x->side[CLIENT].odd, ODD_BIT(HEAD_TOO_LONG));
	sides_begin(x, false);
	send_text(x, CLIENT, "\r\n", MAX_EMPTY_LINES + 1);
	assert_string_equal(x->log, "c not\n");
	sides_begin(x, false);
	send_text(x, CLIENT, GET, 1);
	send_text(x, CLIENT, "\r\n", MAX_EMPTY_LINES + 1);
	assert_string_equal(x->log, GET_LOG(0) "c lost desync bare\n");
	assert_int_equal(x->side[CLIENT].odd, ODD_BIT(LEADING_EMPTY) | ODD_BIT(DESYNC));
	free_sides(x);
}

/* Joined midway: the caller may look again at a later packet. */
static void a_side_can_be_restarted(void **state)
{
	(void)state;
	struct two_sides *x = new_sides();
	sides_begin(x, true);
	x->want = x->accept = false;
	send_text(x, SERVER, "rest of some content", 1);
	assert_string_equal(x->log, "s not\n");
	http_restart(&x->conn, SERVER);
	side_drop(&x->side[SERVER], x->side[SERVER].len);
	x->log_len = 0;
	send_text(x, SERVER, NOTHING, 1);
	send_text(x, CLIENT, GET, 1);
	send_text(x, SERVER, NOTHING, 1);
	assert_string_equal(x->log, "s ? 200 length\ns end #0\n" GET_LOG(0) NOTHING_LOG(0));
	assert_int_equal(x->side[SERVER].odd, 0);
	free_sides(x);
}

/* Large content that nobody wants costs one call for its beginning and one for its end. */
static void content_is_passed_over(void **state)
{
	(void)state;
	static uint8_t much[SIDES_MOST];
	static const char *const heads[] = { "HTTP/1.1 200 x\r\nContent-Length: 1000000\r\n\r\n",
		"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n" };
	struct two_sides *x = new_sides();
	for (size_t i = 0; i < 2; i++) {
		sides_begin(x, false);
		x->want = x->accept = false;
		send_text(x, CLIENT, GET, 1);
		send_text(x, SERVER, heads[i], 1);
		const unsigned before = x->calls;
		for (size_t left = 1000000; left != 0;) {
			const size_t n = left < sizeof much ? left : 1400;
			sides_send(x, SERVER, (struct slice){ much, n < left ? n : left });
			left -= n < left ? n : left;
		}
		assert_in_range(x->calls - before, 1, 4);
		send_text(x, SERVER, i == 0 ? NOTHING : "\r\n0\r\n\r\n" NOTHING, 1);
		assert_int_equal(x->conn.side[SERVER].messages, 2);
	}
	free_sides(x);
}

static void states_have_names(void **state)
{
	(void)state;
	for (int s = HTTP_AT_START; s <= HTTP_GONE; s++)
		assert_true(strlen(http_state_name((enum http_state)s)) > 3);
	assert_string_equal(http_state_name(HTTP_HELD), "held");
	assert_string_equal(http_state_name((enum http_state)77), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_dialogues),
		cmocka_unit_test(a_full_queue_waits),
		cmocka_unit_test(a_full_queue_goes_before_the_next_answer),
		cmocka_unit_test(many_requests_take_a_block),
		cmocka_unit_test(without_a_block_the_oldest_is_forgotten),
		cmocka_unit_test(one_direction_goes_on),
		cmocka_unit_test(a_head_has_an_end),
		cmocka_unit_test(a_side_can_be_restarted),
		cmocka_unit_test(content_is_passed_over),
		cmocka_unit_test(states_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

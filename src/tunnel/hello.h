/* hello -- do unwrapped bytes of both sides begin a conversation that has no business in the content of HTTP?
 *
 * Only protocols whose two openings are each long enough to be no accident: TLS (a ClientHello whose lengths agree,
 * answered by a handshake record or an alert) and SSH (a version line on each side).
 */
#ifndef TUNNEL_HELLO_H
#define TUNNEL_HELLO_H

#include "base/slice.h"

/* A ClientHello or a ServerHello; an SSH version line.  Of either side. */
bool hello_is_tls(struct slice first);
bool hello_is_ssh(struct slice first);

enum hello { HELLO_NONE, HELLO_TLS, HELLO_SSH };

enum hello hello_client(struct slice first);
enum hello hello_server(struct slice first);

/* Both sides open the same protocol. */
bool hello_both(struct slice client, struct slice server);

#endif

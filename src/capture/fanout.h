/* fanout -- which of several workers gets a frame, decided in the kernel by a short program.  Private to capture.
 *
 * Both ways of a conversation, and all connections between two hosts, must meet in one worker, since some tunnels use several
 * connections.  So the choice is a hash of the two addresses in either order.  Of a frame that is an encapsulation the outer
 * addresses count: what passes between the same two ends of GRE, VXLAN or IP in IP stays together, which holds for the two ways
 * of a conversation unless they take different ends.  Frames without an IP header right behind their VLAN tags -- MPLS, PPPoE,
 * ARP -- go to the first worker.
 */
#ifndef CAPTURE_FANOUT_H
#define CAPTURE_FANOUT_H

#include <linux/filter.h>
#include <stddef.h>
#include "base/err.h"

enum { MAX_FANOUT = 64, FANOUT_PROGRAM = 256 + 2 * MAX_FANOUT };

/* Worker number w has the place place[w] in the kernel's list.  Returns the length of the program. */
size_t fanout_program(const unsigned *place, unsigned workers, struct sock_filter to[FANOUT_PROGRAM]);

/* Joins group *id, or begins one when it is negative. */
bool fanout_join(int socket, const char *where, int *id, struct err *e);
bool fanout_set(int socket, const char *where, const unsigned *place, unsigned workers, struct err *e);

#endif

/* libpcap says nothing of an interface that goes down, and its socket goes on when it is up again; one that was made anew under
 * the same name has another number, and needs another socket.  `any` has none, and is always there. */
#include "capture/links.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "base/slice.h"

static bool is_up(const struct links *l, const char *name)
{
	struct ifreq about = { 0 };
	slice_copy((struct slice){ (const uint8_t *)name, strlen(name) }, about.ifr_name, sizeof about.ifr_name);
	return ioctl(l->socket, SIOCGIFFLAGS, &about) == 0 && (about.ifr_flags & IFF_UP) != 0;
}

static bool is_any(const char *name)
{
	return strcmp(name, "any") == 0;
}

bool links_all_up(const struct links *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!is_any(l->name[i]) && !is_up(l, l->name[i]))
			return false;
	return true;
}

void links_open(struct links *l, const struct live_options *o)
{
	*l = (struct links){ .name = o->interface, .count = o->interfaces };
	l->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < l->count; i++) {
		l->down[i] = !is_any(l->name[i]) && !is_up(l, l->name[i]);
		l->index[i] = l->down[i] ? 0 : if_nametoindex(l->name[i]);
	}
}

void links_close(struct links *l)
{
	if (l->socket >= 0)
		close(l->socket);
	l->socket = -1;
}

void links_opened(struct links *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const unsigned now = if_nametoindex(l->name[i]);
		if (l->index[i] != 0 || now == 0 || !is_up(l, l->name[i]))
			continue;
		log_warn("%s: it is back", l->name[i]);
		l->index[i] = now;
		l->down[i] = false;
	}
}

static void look_after(struct links *l, size_t i, bool up)
{
	if (up == !l->down[i])
		return;
	log_warn("%s: %s", l->name[i], up ? "it is back" : "the interface is down; it is awaited");
	l->down[i] = !up;
	l->flapped |= up;
}

bool links_look(struct links *l)
{
	bool fresh = false;
	for (size_t i = 0; i < l->count; i++) {
		if (is_any(l->name[i]))
			continue;
		const unsigned now = if_nametoindex(l->name[i]);
		const bool up = now != 0 && is_up(l, l->name[i]);
		if (l->index[i] != 0 && now != l->index[i]) {
			log_warn("%s: the interface has gone; it is awaited", l->name[i]);
			l->index[i] = 0;
		}
		if (l->index[i] != 0)
			look_after(l, i, up);
		fresh |= l->index[i] == 0 && up;
	}
	return fresh;
}

/* Interfaces, through libpcap and the kernel's ring of TPACKET_V3; besides this, only pcap.c knows it.
 *
 * Frames are gathered in blocks: a block is handed over when it is full or BLOCK_MS old, so the immediate mode, which costs a
 * wake-up for each frame, stays off.  Nothing here ever waits: a handle that may wait does not come back once traffic stops.
 *
 * An interface that goes away leaves a block behind that is not full: it is handed over when it is BLOCK_MS old, and only then is
 * the ring closed.  What the kernel counted until then is kept; who may open things (links.h) opens all anew when it is back.
 * The process that reads may do neither. */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "capture/fanout.h"
#include "capture/inside.h"
#include "capture/packet.h"

enum { BLOCK_MS = 50, BURST = 256 /* frames of one interface before it is the next one's turn */ };

struct interface {
	const char *name;
	pcap_t *pcap; /* NULL: it is gone */
	int fd, link;
	int64_t unit;               /* ns */
	uint32_t received, dropped; /* as the kernel said last; they wrap */
	int64_t gone;               /* ns, CLOCK_MONOTONIC, when it was found to be; 0: it is there */
};

struct live {
	struct source source;
	struct live_options options;
	struct interface list[MAX_INTERFACES];
	size_t turn, burst;
	uint64_t frames;
	struct source_counters counters;
};

static bool refuse(const struct interface *i, int status, struct err *e)
{
	const char *const more = i->pcap != NULL ? pcap_geterr(i->pcap) : "";
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_set_code(e, ENODEV, i->name, "no such interface");
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return err_set_code(e, EPERM, i->name,
		    "no permission to capture: it takes the capability CAP_NET_RAW (be root, or "
		    "`setcap cap_net_raw+ep` on the program)");
	case PCAP_ERROR_IFACE_NOT_UP:
		return err_set_code(e, ENETDOWN, i->name, "the interface is down");
	default:
		return err_set_code(
		    e, EIO, i->name, "cannot be captured: %s", more[0] != '\0' ? more : pcap_statustostr(status));
	}
}

static bool set_up(const struct live *l, struct interface *i, struct err *e)
{
	const struct live_options *o = &l->options;
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_set_snaplen(i->pcap, (int)o->snaplen);
	pcap_set_promisc(i->pcap, o->promiscuous);
	pcap_set_immediate_mode(i->pcap, 0);
	pcap_set_timeout(i->pcap, BLOCK_MS);
	pcap_set_buffer_size(i->pcap, (int)(o->buffer_mib << 20));
	i->unit = pcap_set_tstamp_precision(i->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0 ? 1 : 1000;
	const int status = pcap_activate(i->pcap);
	if (status < 0)
		return refuse(i, status, e);
	if (status > 0)
		log_debug("%s: %s", i->name, pcap_statustostr(status));
	if (pcap_setnonblock(i->pcap, 1, why) != 0)
		return err_set_code(e, EIO, i->name, "cannot be captured: %s", why);
	i->fd = pcap_get_selectable_fd(i->pcap);
	i->link = pcap_datalink(i->pcap);
	i->received = i->dropped = 0;
	return i->fd >= 0 || err_set_code(e, EIO, i->name, "nothing there to wait for");
}

static bool set_filter(struct interface *i, const char *filter, struct err *e)
{
	struct bpf_program program;
	if (filter == NULL)
		return true;
	if (!packet_filter(i->pcap, &program, filter, i->name, e))
		return false;
	const bool set = pcap_setfilter(i->pcap, &program) == 0;
	pcap_freecode(&program);
	return set || err_set_code(e, EIO, i->name, "the filter cannot be set: %s", pcap_geterr(i->pcap));
}

static bool join(const struct live *l, const struct interface *i, struct err *e)
{
	return l->options.workers < 2 || fanout_join(i->fd, i->name, &l->options.group[i - l->list], e);
}

static bool interface_open(const struct live *l, struct interface *i, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	i->pcap = pcap_create(i->name, why);
	if (i->pcap == NULL)
		return err_set_code(e, EIO, i->name, "cannot be captured: %s", why);
	if (set_up(l, i, e) && set_filter(i, l->options.filter, e) && join(l, i, e))
		return true;
	pcap_close(i->pcap);
	i->pcap = NULL;
	return false;
}

static void count(struct live *l, struct interface *i)
{
	struct pcap_stat now;
	if (i->pcap == NULL || pcap_stats(i->pcap, &now) != 0)
		return;
	l->counters.received += now.ps_recv - i->received;
	l->counters.dropped += now.ps_drop - i->dropped;
	i->received = now.ps_recv;
	i->dropped = now.ps_drop;
}

static void interface_close(struct interface *i)
{
	if (i->pcap == NULL)
		return;
	pcap_close(i->pcap);
	i->pcap = NULL;
}

static bool interface_next(struct live *l, struct interface *i, struct frame *f)
{
	struct pcap_pkthdr *h;
	const uint8_t *bytes;
	const int got = pcap_next_ex(i->pcap, &h, &bytes);
	if (got == 1) {
		*f = packet_frame(h, bytes, i->unit, i->link, ++l->frames);
		f->interface = (unsigned)(i - l->list);
		return true;
	}
	if (got < 0 && i->gone == 0) {
		log_debug("%s: %s", i->name, pcap_geterr(i->pcap));
		i->gone = clock_ns(CLOCK_MONOTONIC);
	}
	if (i->gone != 0 && clock_ns(CLOCK_MONOTONIC) - i->gone > 4 * BLOCK_MS * MILLISECOND) {
		count(l, i);
		interface_close(i);
	}
	return false;
}

static struct live *live_of(struct source *s)
{
	return (struct live *)s;
}

static enum source_got live_next(struct source *s, struct frame *f, struct err *e)
{
	struct live *l = live_of(s);
	(void)e;
	/* One look more than there are interfaces: the first may have been stopped for its burst. */
	for (size_t looks = 0; looks <= l->options.interfaces; looks++) {
		struct interface *i = &l->list[l->turn];
		if (i->pcap != NULL && l->burst++ < BURST && interface_next(l, i, f))
			return GOT_FRAME;
		l->burst = 0;
		l->turn = (l->turn + 1) % l->options.interfaces;
	}
	return GOT_NOTHING;
}

static uint64_t live_position(const struct source *s, uint64_t *total)
{
	(void)s;
	*total = 0;
	return 0;
}

static size_t live_descriptors(const struct source *s, struct pollfd *fds, size_t room)
{
	const struct live *l = (const struct live *)s;
	size_t n = 0;
	for (size_t i = 0; i < l->options.interfaces && n < room; i++)
		if (l->list[i].pcap != NULL)
			fds[n++] = (struct pollfd){ .fd = l->list[i].fd, .events = POLLIN };
	return n;
}

static void live_tick(struct source *s)
{
	struct live *l = live_of(s);
	for (size_t i = 0; i < l->options.interfaces; i++)
		count(l, &l->list[i]);
}

static bool live_share(struct source *s, const unsigned *place, unsigned workers, struct err *e)
{
	const struct live *l = live_of(s);
	for (size_t i = 0; i < l->options.interfaces; i++)
		if (l->list[i].pcap != NULL && !fanout_set(l->list[i].fd, l->list[i].name, place, workers, e))
			return false;
	return true;
}

static void live_counters(const struct source *s, struct source_counters *c)
{
	*c = ((const struct live *)s)->counters;
}

static void live_close(struct source *s)
{
	struct live *l = live_of(s);
	for (size_t i = 0; i < l->options.interfaces; i++)
		interface_close(&l->list[i]);
	free(l);
}

static const struct source_kind live_kind = {
	.next = live_next,
	.position = live_position,
	.close = live_close,
	.descriptors = live_descriptors,
	.share = live_share,
	.tick = live_tick,
	.counters = live_counters,
};

static void name_all(struct live *l)
{
	char names[sizeof l->source.name] = "";
	size_t used = 0;
	for (size_t i = 0; i < l->options.interfaces && used < sizeof names; i++)
		used += (size_t)snprintf(
		    names + used, sizeof names - used, "%s%s", i != 0 ? ", " : "", l->options.interface[i]);
	source_init(&l->source, &live_kind, names);
}

struct source *source_open_live(const struct live_options *o, struct err *e)
{
	struct live *l = calloc(1, sizeof *l);
	if (l == NULL) {
		err_set_sys(e, "live", "no memory");
		return NULL;
	}
	l->options = *o;
	name_all(l);
	for (size_t i = 0; i < o->interfaces; i++) {
		l->list[i].name = o->interface[i];
		if (interface_open(l, &l->list[i], e))
			continue;
		if (e->sys != ENETDOWN && !(o->again && e->sys == ENODEV)) {
			live_close(&l->source);
			return NULL;
		}
		if (!o->again)
			log_warn("%s: %s; it is awaited", e->where, e->what);
	}
	return &l->source;
}

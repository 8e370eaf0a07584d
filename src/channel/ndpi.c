/* What nDPI must be protected from, and we from it:
 *   - its caches join conversations by address, so that one hit would colour all later ones to the same proxy: every
 *     conversation shown has addresses that no other had, and what comes from a cache is refused;
 *   - it guesses by port when it has found nothing: guesses are refused;
 *   - it takes the higher port for the client's: the ports are fixed so that this is true;
 *   - it does not put segments together: each side's first bytes come as one packet;
 *   - it keeps memory in proportion to what it is shown, and it never says that it gives up: what it is shown is bounded,
 *     and its memory for the conversation is taken back at once;
 *   - it does not look whether it was given the memory that it asks for, 79,000 times while it is set up: it gets a room of its own,
 *     which is had at the start or not at all;
 *   - every protocol it is told to look for costs time with unknown bytes: only those are enabled that run over TCP, that
 *     its checks tell from chance, and that culvert's own signs do not know better. */
#include "channel/ndpi.h"

#include <stdlib.h>
#include <ndpi_api.h>
#include <ndpi_main.h>
#include "base/limits.h"
#include "base/reserve.h"

#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 6)
#define DPI_HAS_FLOW_INPUT 1
#else
#define DPI_HAS_FLOW_INPUT 0
#endif
#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
#define DPI_HAS_GLOBAL_CONTEXT 1
#else
#define DPI_HAS_GLOBAL_CONTEXT 0
#endif
#if NDPI_MAJOR >= 5 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 11)
#define DPI_MASTER(p) ((p).proto.master_protocol)
#define DPI_APP(p)    ((p).proto.app_protocol)
#else
#define DPI_MASTER(p) ((p).master_protocol)
#define DPI_APP(p)    ((p).app_protocol)
#endif

enum {
	IP_HEAD = 20,
	TCP_HEAD = 20,
	CLIENT_PORT = 40000,
	SERVER_PORT = 8080,
	FLAG_SYN = 0x02,
	FLAG_PUSH = 0x08,
	FLAG_ACK = 0x10,
	PAIR_STEP = 4, /* its keys add up address and port, and the two ports after: leave room between pairs */
	LAST_PAIR = (1 << 23) - PAIR_STEP,
	ROOM = 64 << 20 /* eight times what it takes */
};

/* What it asks for memory takes no context, so this is one of two things that are the program's and not somebody's. */
static struct reserve memory;
static unsigned users;

struct dpi {
	struct ndpi_detection_module_struct *module;
	bool refused; /* it could not be set up */
	uint64_t cut;
	struct ndpi_flow_struct *flow;
	size_t flow_size;
	uint32_t pair;
	uint32_t seq[2];
	uint64_t ms;
	uint8_t packet[IP_HEAD + TCP_HEAD + MAX_NDPI_BYTES];
};

/* Protocols looked for, and our words for them.  Left out: what own signs know completely, and those whose checks random,
 * short or textual bytes were seen to pass. */
static const struct known {
	uint16_t id;
	const char *name;
} known[] = {
	{ NDPI_PROTOCOL_FTP_CONTROL, "ftp" },
	{ NDPI_PROTOCOL_MAIL_POP, "pop3" },
	{ NDPI_PROTOCOL_MAIL_SMTP, "smtp" },
	{ NDPI_PROTOCOL_MAIL_IMAP, "imap" },
	{ NDPI_PROTOCOL_DNS, "dns" },
	{ NDPI_PROTOCOL_NETBIOS, "netbios" },
	{ NDPI_PROTOCOL_NFS, "nfs" },
	{ NDPI_PROTOCOL_POSTGRES, "postgres" },
	{ NDPI_PROTOCOL_MYSQL, "mysql" },
	{ NDPI_PROTOCOL_SMBV1, "smb" },
	{ NDPI_PROTOCOL_SMBV23, "smb" },
	{ NDPI_PROTOCOL_MINING, "mining" },
	{ NDPI_PROTOCOL_RTSP, "rtsp" },
	{ NDPI_PROTOCOL_IRC, "irc" },
	{ NDPI_PROTOCOL_JABBER, "xmpp" },
	{ NDPI_PROTOCOL_NATS, "nats" },
	{ NDPI_PROTOCOL_TELNET, "telnet" },
	{ NDPI_PROTOCOL_RDP, "rdp" },
	{ NDPI_PROTOCOL_VNC, "vnc" },
	{ NDPI_PROTOCOL_USENET, "nntp" },
	{ NDPI_PROTOCOL_SIP, "sip" },
	{ NDPI_PROTOCOL_KERBEROS, "kerberos" },
	{ NDPI_PROTOCOL_LDAP, "ldap" },
	{ NDPI_PROTOCOL_PPTP, "pptp" },
	{ NDPI_PROTOCOL_CITRIX, "citrix" },
	{ NDPI_PROTOCOL_CHECKMK, "checkmk" },
	{ NDPI_PROTOCOL_AJP, "ajp" },
	{ NDPI_PROTOCOL_TEAMVIEWER, "teamviewer" },
	{ NDPI_PROTOCOL_LOTUS_NOTES, "lotus-notes" },
	{ NDPI_PROTOCOL_H323, "h323" },
	{ NDPI_PROTOCOL_OPENVPN, "openvpn" },
	{ NDPI_PROTOCOL_RSYNC, "rsync" },
	{ NDPI_PROTOCOL_ORACLE, "oracle" },
	{ NDPI_PROTOCOL_SOCKS, "socks" },
	{ NDPI_PROTOCOL_ZMQ, "zmtp" },
	{ NDPI_PROTOCOL_SMPP, "smpp" },
	{ NDPI_PROTOCOL_TINC, "tinc" },
	{ NDPI_PROTOCOL_GIT, "git" },
	{ NDPI_PROTOCOL_DRDA, "drda" },
	{ NDPI_PROTOCOL_FIX, "fix" },
	{ NDPI_PROTOCOL_DIAMETER, "diameter" },
	{ NDPI_PROTOCOL_DNP3, "dnp3" },
	{ NDPI_PROTOCOL_S7COMM, "s7comm" },
	{ NDPI_PROTOCOL_ANYDESK, "anydesk" },
	{ NDPI_PROTOCOL_Z3950, "z39.50" },
	{ NDPI_PROTOCOL_ETHERNET_IP, "ethernet-ip" },
};

uint64_t dpi_cut(const struct dpi *d)
{
	return d->cut;
}

static const char *name_of(uint16_t id)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].id == id)
			return known[i].name;
	return NULL;
}

static void *take(size_t size)
{
	return reserve_take(&memory, size);
}

static void give(void *piece)
{
	reserve_give(&memory, piece);
}

/* A sanitizer sees more when each piece is its own. */
static bool open_memory(struct err *e)
{
	if (BASE_SANITIZED || users++ != 0)
		return true;
	if (reserve_open(&memory, "nDPI", ROOM, e))
		return true;
	users--;
	return false;
}

static void close_memory(void)
{
	if (!BASE_SANITIZED && --users == 0)
		reserve_close(&memory);
}

static struct ndpi_detection_module_struct *open_module(void)
{
	if (!BASE_SANITIZED) {
		set_ndpi_malloc(take);
		set_ndpi_free(give);
	}
#if DPI_HAS_GLOBAL_CONTEXT
	return ndpi_init_detection_module(NULL);
#else
	return ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
#endif
}

/* Setting up the library takes 20 ms and 8 MB, and most captures never need its opinion: it is set up when first asked. */
static bool is_open(struct dpi *d)
{
	if (d->module != NULL || d->refused)
		return !d->refused;
	d->module = open_module();
	d->refused = d->module == NULL;
	if (d->refused)
		return false;
	NDPI_PROTOCOL_BITMASK mask;
	NDPI_BITMASK_RESET(mask);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		mask.fds_bits[known[i].id / NDPI_BITS] |= (ndpi_ndpi_mask)1 << known[i].id % NDPI_BITS;
	ndpi_set_protocol_detection_bitmask2(d->module, &mask);
	ndpi_finalize_initialization(d->module);
	return true;
}

struct dpi *dpi_new(struct err *e)
{
	if (!open_memory(e))
		return NULL;
	struct dpi *d = calloc(1, sizeof *d);
	if (d != NULL) {
		d->flow_size = ndpi_detection_get_sizeof_ndpi_flow_struct();
		d->flow = calloc(1, d->flow_size);
	}
	if (d != NULL && d->flow != NULL)
		return d;
	err_set(e, "nDPI", "no memory");
	if (d == NULL)
		close_memory();
	dpi_free(d);
	return NULL;
}

void dpi_free(struct dpi *d)
{
	if (d == NULL)
		return;
	if (d->module != NULL)
		ndpi_exit_detection_module(d->module);
	free(d->flow);
	free(d);
	close_memory();
}

static void write_be16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void write_be32(uint8_t *p, uint32_t value)
{
	write_be16(p, value >> 16);
	write_be16(p + 2, value);
}

/* Its keys are sums of addresses as they lie in memory, where the last octet weighs most: the number of the pair goes into
 * the last three octets the other way round, and the server has the last octet's top bit, so that no two sums are alike. */
static void write_address(uint8_t *p, uint32_t pair, enum side side)
{
	p[0] = 10;
	p[1] = (uint8_t)pair;
	p[2] = (uint8_t)(pair >> 8);
	p[3] = (uint8_t)(pair >> 16 | (side == SERVER ? 0x80 : 0));
}

/* IPv4 and TCP around `payload`; returns the length. */
static size_t write_packet(struct dpi *d, enum side from, uint8_t flags, struct slice payload)
{
	const struct slice bytes = slice_head(payload, MAX_NDPI_BYTES);
	d->cut += bytes.len < payload.len;
	const size_t len = IP_HEAD + TCP_HEAD + bytes.len;
	uint8_t *ip = d->packet, *tcp = d->packet + IP_HEAD;
	memset(d->packet, 0, IP_HEAD + TCP_HEAD);
	ip[0] = 0x45;
	write_be16(ip + 2, (uint32_t)len);
	ip[8] = 64;
	ip[9] = 6;
	write_address(ip + 12, d->pair, from);
	write_address(ip + 16, d->pair, OTHER(from));
	write_be16(tcp, from == CLIENT ? CLIENT_PORT : SERVER_PORT);
	write_be16(tcp + 2, from == CLIENT ? SERVER_PORT : CLIENT_PORT);
	write_be32(tcp + 4, d->seq[from]);
	write_be32(tcp + 8, flags & FLAG_ACK ? d->seq[OTHER(from)] : 0);
	tcp[12] = TCP_HEAD / 4 << 4;
	tcp[13] = flags;
	write_be16(tcp + 14, 65535);
	if (bytes.len != 0)
		memcpy(tcp + TCP_HEAD, bytes.at, bytes.len);
	d->seq[from] += (uint32_t)bytes.len + (flags & FLAG_SYN ? 1 : 0);
	return len;
}

static ndpi_protocol process(struct dpi *d, size_t len)
{
	d->ms++;
#if DPI_HAS_FLOW_INPUT
	return ndpi_detection_process_packet(d->module, d->flow, d->packet, (unsigned short)len, d->ms, NULL);
#else
	return ndpi_detection_process_packet(d->module, d->flow, d->packet, (unsigned short)len, d->ms);
#endif
}

static ndpi_protocol give_up(struct dpi *d)
{
	uint8_t guessed = 0;
#if DPI_HAS_GLOBAL_CONTEXT
	return ndpi_detection_giveup(d->module, d->flow, &guessed);
#else
	return ndpi_detection_giveup(d->module, d->flow, 0, &guessed);
#endif
}

static const char *name_result(const struct dpi *d, ndpi_protocol p)
{
	if (d->flow->confidence != NDPI_CONFIDENCE_DPI)
		return NULL;
	const char *name = name_of(DPI_APP(p));
	return name != NULL ? name : name_of(DPI_MASTER(p));
}

const char *dpi_name(struct dpi *d, struct slice client, struct slice server, enum side first)
{
	static const struct slice nothing = { NULL, 0 };
	const struct slice bytes[2] = { client, server };
	const enum side order[2] = { first, OTHER(first) };
	if (!is_open(d))
		return NULL;
	d->pair = d->pair == LAST_PAIR ? PAIR_STEP : d->pair + PAIR_STEP;
	d->seq[CLIENT] = 1000;
	d->seq[SERVER] = 2000;
	memset(d->flow, 0, d->flow_size);
	process(d, write_packet(d, CLIENT, FLAG_SYN, nothing));
	process(d, write_packet(d, SERVER, FLAG_SYN | FLAG_ACK, nothing));
	process(d, write_packet(d, CLIENT, FLAG_ACK, nothing));
	const char *name = NULL;
	for (int i = 0; i < 2 && name == NULL; i++)
		if (bytes[order[i]].len != 0)
			name = name_result(
			    d, process(d, write_packet(d, order[i], FLAG_PUSH | FLAG_ACK, bytes[order[i]])));
	if (name == NULL)
		name = name_result(d, give_up(d));
	ndpi_free_flow_data(d->flow);
	return name;
}

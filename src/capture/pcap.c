/* Capture files, through libpcap; besides this, only live.c knows it.
 *
 * libpcap reads the header of every file and the whole of most formats; the records of a classic file that can be sought in
 * are read in blocks (blocks.h).  The file is opened here and not by libpcap, for a large buffer that spares system calls and
 * without stdio's lock for every read: together they halve the cost of a frame.  The filter runs here as well, so that
 * frames keep the number they have in the file. */
#include "capture/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "capture/blocks.h"
#include "capture/inside.h"
#include "capture/packet.h"

enum {
	BUFFER_LEN = 1 << 20,
	PAGE = 4096,
	CLASSIC_MAJOR = 2,
	CLASSIC_HEADER_LEN = 24,
	CLASSIC_RECORD_LEN = 16 /* pcap; pcapng's version is 1 */
};

struct file {
	/* stdio's.  At the beginning of a page the kernel's copy into it costs a third of what it costs elsewhere. */
	_Alignas(PAGE) char buffer[BUFFER_LEN];
	struct source source;
	FILE *file;
	pcap_t *pcap;
	struct bpf_program filter;
	bool filtered, over;
	struct blocks *blocks; /* NULL: libpcap reads the records too */
	int link;
	uint64_t frames, counted; /* frames read; bytes they and their headers take in the classic format */
	uint64_t total;
};

static struct file *file_of(struct source *s)
{
	return (struct file *)((char *)s - offsetof(struct file, source));
}

/* `path` NULL: what is open as `fd`. */
static bool open_bytes(struct file *s, const char *path, int fd, struct err *e)
{
	struct stat about;
	if (path == NULL) {
		s->file = fd >= 0 ? fdopen(fd, "rb") : NULL;
		if (s->file == NULL && fd >= 0)
			close(fd);
	} else {
		s->file = fopen(path, "rbe");
	}
	if (s->file == NULL || fstat(fileno(s->file), &about) != 0)
		return err_set_sys(e, s->source.name, "cannot open");
	if (S_ISDIR(about.st_mode))
		return err_set(e, s->source.name, "is a folder, not a capture");
	if (S_ISREG(about.st_mode) && about.st_size == 0)
		return err_set(e, s->source.name, "the file is empty");
	s->total = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
	setvbuf(s->file, s->buffer, _IOFBF, sizeof s->buffer);
	__fsetlocking(s->file, FSETLOCKING_BYCALLER);
	return true;
}

/* stdio has read on, but is not asked again. */
static bool open_blocks(struct file *s, struct err *e)
{
	struct blocks *b = aligned_alloc(_Alignof(struct blocks), sizeof *b);
	if (b == NULL)
		return err_set_sys(e, s->source.name, "no memory");
	if (blocks_open(b, fileno(s->file), (uint32_t)pcap_snapshot(s->pcap)))
		s->blocks = b;
	else
		free(b);
	return true;
}

static bool open_capture(struct file *s, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	s->pcap = pcap_fopen_offline_with_tstamp_precision(s->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (s->pcap == NULL && s->total != 0 && s->total < CLASSIC_HEADER_LEN)
		return err_set(e, s->source.name, "not a capture: the file has only %" PRIu64 " bytes", s->total);
	if (s->pcap == NULL)
		return err_set(e, s->source.name, "not a pcap or pcapng capture that can be read: %s", why);
	s->counted = CLASSIC_HEADER_LEN;
	s->link = pcap_datalink(s->pcap);
	return s->total == 0 || open_blocks(s, e);
}

static bool compile_filter(struct file *s, const char *filter, struct err *e)
{
	s->filtered = filter != NULL && packet_filter(s->pcap, &s->filter, filter, s->source.name, e);
	return filter == NULL || s->filtered;
}

static uint64_t position(const struct file *s)
{
	if (s->blocks != NULL)
		return s->blocks->offset;
	const off_t at = s->total != 0 ? ftello(s->file) : -1;
	return at >= 0 ? (uint64_t)at : s->counted;
}

/* Where the damage begins: exactly, in a classic file, as the frames before it are counted.  The blocks of pcapng are
 * known to libpcap alone; there it is where reading came to a stop. */
static enum source_got tell_damage(struct file *s, struct err *e)
{
	const bool classic = pcap_major_version(s->pcap) == CLASSIC_MAJOR;
	err_set(e, s->source.name, "damaged after frame %" PRIu64 ", %s byte %" PRIu64 ": %s", s->frames,
	    classic ? "at" : "near", classic ? s->counted : position(s), pcap_geterr(s->pcap));
	return GOT_DAMAGE;
}

static bool passes(const struct file *s, const struct pcap_pkthdr *h, const uint8_t *bytes)
{
	return !s->filtered || pcap_offline_filter(&s->filter, h, bytes) != 0;
}

static enum source_got next_of_blocks(struct file *s, struct frame *f, struct err *e)
{
	char why[128];
	enum blocks_got got = BLOCKS_END;
	f->link = s->link;
	f->interface = 0;
	while (!s->over && (got = blocks_next(s->blocks, f, why)) == BLOCKS_FRAME) {
		f->number = ++s->frames;
		const struct pcap_pkthdr h = { .caplen = (uint32_t)f->bytes.len, .len = f->wire_len };
		if (passes(s, &h, f->bytes.at))
			return GOT_FRAME;
	}
	s->over = true;
	if (got == BLOCKS_END)
		return GOT_END;
	err_set(e, s->source.name, "damaged after frame %" PRIu64 ", at byte %" PRIu64 ": %s", s->frames,
	    s->blocks->offset, why);
	return GOT_DAMAGE;
}

static enum source_got file_next(struct source *source, struct frame *f, struct err *e)
{
	struct file *s = file_of(source);
	struct pcap_pkthdr *h;
	const uint8_t *bytes;
	int got = PCAP_ERROR_BREAK;
	if (s->blocks != NULL)
		return next_of_blocks(s, f, e);
	while (!s->over && (got = pcap_next_ex(s->pcap, &h, &bytes)) == 1) {
		s->frames++;
		s->counted += CLASSIC_RECORD_LEN + h->caplen;
		if (!passes(s, h, bytes))
			continue;
		*f = packet_frame(h, bytes, 1, s->link, s->frames);
		return GOT_FRAME;
	}
	s->over = true;
	return got == PCAP_ERROR_BREAK ? GOT_END : tell_damage(s, e);
}

static size_t file_more(struct source *source, struct frame *f, size_t room)
{
	struct file *s = file_of(source);
	if (s->blocks == NULL || s->filtered)
		return 0;
	const size_t n = blocks_at_hand(s->blocks, f, room);
	for (size_t i = 0; i < n; i++) {
		f[i].link = s->link;
		f[i].interface = 0;
		f[i].number = s->frames + 1 + i;
	}
	s->frames += n;
	return n;
}

static uint64_t file_position(const struct source *source, uint64_t *total)
{
	const struct file *s = (const struct file *)((const char *)source - offsetof(struct file, source));
	*total = s->total;
	return position(s);
}

static void file_close(struct source *source)
{
	struct file *s = file_of(source);
	if (s->filtered)
		pcap_freecode(&s->filter);
	if (s->pcap != NULL)
		pcap_close(s->pcap); /* closes the file as well */
	if (s->pcap == NULL && s->file != NULL)
		fclose(s->file);
	free(s->blocks);
	free(s);
}

static const struct source_kind file_kind = {
	.next = file_next, .more = file_more, .position = file_position, .close = file_close
};

static struct source *open_file(const char *path, int fd, const char *name, const char *filter, struct err *e)
{
	struct file *s = aligned_alloc(_Alignof(struct file), sizeof *s);
	if (s == NULL) {
		err_set_sys(e, name, "no memory");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	memset(&s->source, 0, sizeof *s - offsetof(struct file, source));
	source_init(&s->source, &file_kind, name);
	if (open_bytes(s, path, fd, e) && open_capture(s, e) && compile_filter(s, filter, e))
		return &s->source;
	file_close(&s->source);
	return NULL;
}

struct source *source_open_file(const char *path, const char *filter, struct err *e)
{
	if (strcmp(path, "-") == 0)
		return open_file(NULL, dup(STDIN_FILENO), "standard input", filter, e);
	return open_file(path, -1, path, filter, e);
}

struct source *source_open_descriptor(int fd, const char *path, const char *filter, struct err *e)
{
	return open_file(NULL, fd, strcmp(path, "-") == 0 ? "standard input" : path, filter, e);
}

#include "capture.h"

#include <stdlib.h>
#include "play.h"

/* A host's numbers as they lie in memory: readers of pcap know the order by the magic. */
static void put(FILE *f, uint32_t number)
{
	fwrite(&number, sizeof number, 1, f);
}

static void capture_begin(FILE *f)
{
	static const uint16_t version[2] = { 2, 4 };
	put(f, 0xa1b2c3d4);
	fwrite(version, sizeof version, 1, f);
	put(f, 0);
	put(f, 0);
	put(f, 65535);
	put(f, 1 /* Ethernet */);
}

void capture_frame(FILE *f, const struct frame *frame)
{
	put(f, (uint32_t)(frame->t / 1000000000));
	put(f, (uint32_t)(frame->t % 1000000000 / 1000));
	put(f, (uint32_t)frame->bytes.len);
	put(f, frame->wire_len);
	fwrite(frame->bytes.at, 1, frame->bytes.len, f);
}

static bool capture_talk(FILE *f, uint16_t port, const char *folder, const char *name, unsigned client, int64_t *t)
{
	struct script script;
	char file[256];
	uint64_t number = 0;
	snprintf(file, sizeof file, "%s.talk", name);
	const bool ok = script_load(&script, folder, file);
	const struct play how = { .how = PLAY_WRITTEN, .client = client, .server_port = port, .capture = f };
	if (ok)
		play(NULL, &script, &how, t, &number);
	script_free(&script);
	return ok;
}

int capture_write(int count, char **words)
{
	FILE *f = count > 3 ? fopen(words[0], "wb") : NULL;
	if (f == NULL) {
		fputs("talk: --pcap OUT PORT FOLDER NAME...\n", stderr);
		return 2;
	}
	int64_t t = INT64_C(1700000000) * 1000000000;
	bool ok = true;
	capture_begin(f);
	for (int i = 3; i < count && ok; i++)
		ok = capture_talk(f, (uint16_t)strtoul(words[1], NULL, 10), words[2], words[i], (unsigned)i - 2, &t);
	return fclose(f) == 0 && ok ? 0 : 2;
}

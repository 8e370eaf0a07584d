#include "seeds.h"

#include <stdio.h>
#include "script.h"

static FILE *open_seed(const char *out, const char *name, const char *kind)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s.%s", out, name, kind);
	return fopen(path, "wb");
}

static bool write_side(const struct script *s, const char *out, unsigned side)
{
	FILE *f = open_seed(out, s->name, side == 0 ? "client" : "server");
	if (f == NULL)
		return false;
	for (unsigned i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];
		if (l->kind == LINE_DATA && l->flow == 0 && l->side == side)
			fwrite(l->bytes, 1, l->len, f);
	}
	return fclose(f) == 0;
}

/* Mode 1 of the engine's target: records of a head byte (side, 0x40 hole, 0x80 FIN), two bytes of length, bytes. */
static bool write_streams(const struct script *s, const char *out)
{
	FILE *f = open_seed(out, s->name, "streams");
	if (f == NULL)
		return false;
	fputc(1, f);
	for (unsigned i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];
		if (l->kind != LINE_DATA && l->kind != LINE_HOLE && l->kind != LINE_FIN)
			continue;
		const size_t len = l->len < 65535 ? l->len : 65535;
		const unsigned kind = l->kind == LINE_HOLE ? 0x40 : l->kind == LINE_FIN ? 0x80 : 0;
		const unsigned head = l->side | (l->flow & 1) << 1 | kind;
		fputc((int)head, f);
		fputc((int)(len >> 8), f);
		fputc((int)(len & 255), f);
		if (l->kind == LINE_DATA)
			fwrite(l->bytes, 1, len, f);
	}
	return fclose(f) == 0;
}

bool seeds_write(const char *folder, const char *file, const char *out)
{
	struct script s;
	const bool ok =
	    script_load(&s, folder, file) && write_side(&s, out, 0) && write_side(&s, out, 1) && write_streams(&s, out);
	script_free(&s);
	return ok;
}

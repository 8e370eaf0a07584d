#include "capture/source.h"

#include <string.h>
#include "capture/inside.h"

void source_init(struct source *s, const struct source_kind *kind, const char *name)
{
	s->kind = kind;
	slice_copy((struct slice){ (const uint8_t *)name, strlen(name) }, s->name, sizeof s->name);
}

enum source_got source_next(struct source *s, struct frame *f, struct err *e)
{
	return s->kind->next(s, f, e);
}

size_t source_more(struct source *s, struct frame *f, size_t room)
{
	return s->kind->more != NULL ? s->kind->more(s, f, room) : 0;
}

const char *source_name(const struct source *s)
{
	return s->name;
}

uint64_t source_position(const struct source *s, uint64_t *total)
{
	return s->kind->position(s, total);
}

bool source_share(struct source *s, const unsigned *place, unsigned workers, struct err *e)
{
	return s->kind->share == NULL || s->kind->share(s, place, workers, e);
}

size_t source_descriptors(const struct source *s, struct pollfd *fds, size_t room)
{
	return s->kind->descriptors != NULL ? s->kind->descriptors(s, fds, room) : 0;
}

void source_tick(struct source *s)
{
	if (s->kind->tick != NULL)
		s->kind->tick(s);
}

void source_answer(struct source *s, const struct packet_answer *a)
{
	if (s->kind->answer != NULL)
		s->kind->answer(s, a);
}

void source_flush(struct source *s)
{
	if (s->kind->flush != NULL)
		s->kind->flush(s);
}

void source_counters(const struct source *s, struct source_counters *c)
{
	*c = (struct source_counters){ 0 };
	if (s->kind->counters != NULL)
		s->kind->counters(s, c);
}

void source_close(struct source *s)
{
	if (s != NULL)
		s->kind->close(s);
}

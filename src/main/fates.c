#include "main/fates.h"

#include <errno.h>
#include <string.h>
#include "main/signals.h"

bool fates_open(struct run *r)
{
	if (r->options->fates == NULL)
		return true;
	r->fates = fopen(r->options->fates, "w");
	if (r->fates == NULL)
		log_error("%s: cannot be written: %s", r->options->fates, strerror(errno));
	return r->fates != NULL;
}

int fates_close(struct run *r, int status)
{
	if (r->fates == NULL)
		return status;
	const bool lost = ferror(r->fates) != 0;
	if (fclose(r->fates) == 0 && !lost)
		return status;
	log_error("%s: could not be written whole", r->options->fates);
	return EXIT_INCOMPLETE;
}

void fates_print(const struct run *r, const struct frame *f)
{
	size_t count;
	const struct packet_answer *a = pipeline_answers(r->pipeline, &count);
	bool answered = f == NULL;
	for (size_t i = 0; i < count; i++) {
		answered |= f != NULL && a[i].token == f->token;
		fprintf(r->fates, "%u %s", (unsigned)a[i].token, fate_name((enum fate)a[i].fate));
		if (a[i].to_source != REPLY_NONE || a[i].to_target != REPLY_NONE)
			fprintf(r->fates, " source=%s target=%s", reply_name((enum reply)a[i].to_source),
			    reply_name((enum reply)a[i].to_target));
		if (a[i].mask != 0)
			fprintf(r->fates, " mark=0x%x/0x%x", (unsigned)a[i].mark, (unsigned)a[i].mask);
		fputc('\n', r->fates);
	}
	if (!answered)
		fprintf(r->fates, "%u hold\n", (unsigned)f->token);
}

enum source_got fates_frames(const struct run *r, struct source *s, unsigned most, struct err *e)
{
	struct frame frame = { 0 };
	for (unsigned n = 0; n < most && !signals_any(); n++) {
		const enum source_got got = source_next(s, &frame, e);
		if (got != GOT_FRAME)
			return got;
		frame.token = (uint32_t)frame.number;
		pipeline_decide(r->pipeline, &frame);
		fates_print(r, &frame);
	}
	return GOT_FRAME;
}

#include "main/judge.h"

#include "main/signals.h"

static void answer_all(const struct run *r, struct source *s)
{
	size_t count;
	const struct packet_answer *a = pipeline_answers(r->pipeline, &count);
	for (size_t i = 0; i < count; i++)
		source_answer(s, &a[i]);
}

enum source_got judge_frames(const struct run *r, struct source *s, unsigned most, struct err *e)
{
	struct frame frame = { 0 };
	for (unsigned n = 0; n < most && !signals_any(); n++) {
		const enum source_got got = source_next(s, &frame, e);
		if (got != GOT_FRAME)
			return got;
		pipeline_decide(r->pipeline, &frame);
		answer_all(r, s);
	}
	return GOT_FRAME;
}

void judge_answer(const struct run *r, struct source *s)
{
	answer_all(r, s);
	source_flush(s);
}

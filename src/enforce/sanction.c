#include "enforce/sanction.h"

enum { NS_PER_MS = 1000000, LONGEST = 4 /* askings after which the time between two stays */ };

void sanction_judged(struct sanction *s, enum act act, enum moment m)
{
	if (m == MOMENT_END)
		return;
	if (act == ACT_PASS && !s->forbidden)
		s->excused = true;
	if ((act == ACT_DROP || act == ACT_REJECT) && !s->excused)
		s->forbidden = true;
}

static enum mark_kind kind_of(const struct sanction *s, bool settled)
{
	if (s->forbidden)
		return MARK_FORBIDDEN;
	return (settled || s->excused) && !s->mixed ? MARK_SETTLED : MARK_NONE;
}

static uint32_t pause_ms(const struct sanction *s)
{
	static const uint32_t after[LONGEST + 1] = { 0, 250, 1000, 4000, 16000 };
	return after[s->asked < LONGEST ? s->asked : LONGEST];
}

enum mark_kind sanction_next(struct sanction *s, const struct sanction_view *v, bool *again)
{
	const uint32_t now_ms = (uint32_t)(v->now / NS_PER_MS);
	s->mixed |= v->carried;
	const enum mark_kind kind = kind_of(s, v->settled);
	if (v->carried || kind == MARK_NONE)
		return MARK_NONE;
	if (s->kind != kind) {
		s->kind = (uint8_t)kind;
		s->asked = 0;
	}
	*again = s->asked != 0;
	if (*again && (now_ms - s->asked_ms < pause_ms(s) || (kind == MARK_SETTLED && s->asked >= LONGEST)))
		return MARK_NONE;
	s->asked_ms = now_ms;
	if (s->asked < UINT8_MAX)
		s->asked++;
	return kind;
}

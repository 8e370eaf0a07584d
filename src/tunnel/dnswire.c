#include "tunnel/dnswire.h"

#include "tunnel/key.h"

enum { IN_HEADER, IN_LENGTH, IN_LABEL, IN_TAIL, IS_DONE, IS_BAD };
enum { HEADER = 12, TAIL = 4, NAME_MOST = 255, LABEL_MOST = 63, RECORDS_MOST = 512 };
enum { BIT_ANSWER = 0x8000, OPCODE = 0x7800, BIT_RESERVED = 0x0040, RCODE = 0x000f, RCODE_MOST = 10 };

void dnswire_begin(struct dnswire *d)
{
	*d = (struct dnswire){ .question = KEY_START };
}

/* Could this be the header of a question or of an answer? */
static bool fits(const struct dnswire *d)
{
	const bool answer = (d->flags & BIT_ANSWER) != 0;
	if ((d->flags & (OPCODE | BIT_RESERVED)) != 0 || (d->flags & RCODE) > (answer ? RCODE_MOST : 0))
		return false;
	if (!answer)
		return d->counts[0] == 1 && d->counts[1] == 0 && d->counts[2] == 0 && d->counts[3] <= 2;
	return d->counts[0] == 1 && d->counts[1] <= RECORDS_MOST && d->counts[2] <= RECORDS_MOST &&
	       d->counts[3] <= RECORDS_MOST;
}

static void take_header(struct dnswire *d, uint8_t b)
{
	const unsigned word = d->at / 2;
	uint16_t *to = word == 1 ? &d->flags : word > 1 ? &d->counts[word - 2] : NULL;
	if (to != NULL)
		*to = (uint16_t)(*to << 8 | b);
	if (++d->at < HEADER)
		return;
	d->at = 0;
	d->stage = fits(d) ? IN_LENGTH : IS_BAD;
}

static void take_tail(struct dnswire *d, uint8_t b)
{
	uint16_t *to = d->at < 2 ? &d->type : &d->class;
	*to = (uint16_t)(*to << 8 | b);
	if (++d->at < TAIL)
		return;
	const bool class_fits = d->class == 1 || d->class == 3 || d->class == 4 || d->class == 254 || d->class == 255;
	d->stage = class_fits && d->type != 0 ? IS_DONE : IS_BAD;
}

static void take_name(struct dnswire *d, uint8_t b)
{
	if (++d->name > NAME_MOST) {
		d->stage = IS_BAD;
		return;
	}
	if (d->stage == IN_LABEL) {
		d->stage = --d->label == 0 ? IN_LENGTH : IN_LABEL;
		return;
	}
	d->label = b;
	if (b == 0)
		d->stage = IN_TAIL;
	else
		d->stage = b <= LABEL_MOST ? IN_LABEL : IS_BAD;
}

void dnswire_read(struct dnswire *d, struct slice in)
{
	for (size_t i = 0; i < in.len && d->stage < IS_DONE; i++) {
		const uint8_t b = in.at[i];
		if (d->stage == IN_HEADER) {
			take_header(d, b);
			continue;
		}
		d->question = key_byte(d->question, b >= 'A' && b <= 'Z' ? b | 0x20 : b);
		if (d->stage == IN_TAIL)
			take_tail(d, b);
		else
			take_name(d, b);
	}
}

bool dnswire_bad(const struct dnswire *d)
{
	return d->stage == IS_BAD;
}

bool dnswire_is_question(const struct dnswire *d)
{
	return d->stage == IS_DONE && (d->flags & BIT_ANSWER) == 0;
}

bool dnswire_is_answer(const struct dnswire *d)
{
	return d->stage == IS_DONE && (d->flags & BIT_ANSWER) != 0;
}

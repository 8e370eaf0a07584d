/* frames -- the byte reader and the arithmetic of its evidence.
 *
 * What the tool itself never sends breaks the chain: empty or overlong DATA, OPEN anywhere but first, padding that is not
 * zero, anything after DISCONNECT. */
#include "tunnel/frames.h"

enum {
	DATA_MOST = 16384, /* the tool reads 10240 at a time; room for its relatives */
	OPEN_BYTE = 0x2a,
	SAMPLE = 256,    /* content bytes of one frame looked at */
	LONG_FRAME = 64, /* from here on an exact landing is no accident of regular records */
	FIRST_BITS = 5,  /* 7 of 256 values are types */
	MOST_BITS = 8,   /* one landing is one byte: it cannot say more */
	ENOUGH_BITS = 20,
	ENOUGH_WHEN_COMMON = 40, /* where types are common bytes, the rate itself is less sure */
	COMMON_BITS = 4,
	LEAST_FRAMES = 3,
	SAMPLED_MOST = 1 << 30 /* counters never wrap; the rate is well known by then */
};

static bool is_type(uint8_t b)
{
	return (b >= FRAME_OPEN && b <= FRAME_ERROR) || (b >= FRAME_PAD1 && b <= FRAME_DISCONNECT);
}

void frames_begin(struct frames *f)
{
	*f = (struct frames){ .at = FRAMES_TYPE };
}

static void frame_done(struct frames *f)
{
	f->at = FRAMES_TYPE;
	f->count++;
	if (f->type != FRAME_DATA)
		return;
	f->lands = f->length >= LONG_FRAME || f->length != f->before;
	f->before = f->length;
}

static void take_type(struct frames *f, uint8_t b)
{
	if (!is_type(b) || f->ended || (b == FRAME_OPEN && f->seen != 0)) {
		f->at = FRAMES_BROKEN;
		return;
	}
	if (f->lands)
		f->landings++;
	f->lands = false;
	if (f->seen == 0)
		f->first = b;
	f->type = b;
	f->at = FRAMES_LENGTH;
	if (b & 0x40) {
		f->ended = b == FRAME_DISCONNECT;
		frame_done(f);
	}
}

static bool length_fits(const struct frames *f)
{
	switch (f->type) {
	case FRAME_OPEN:
		return f->length == 1;
	case FRAME_DATA:
		return f->length != 0 && f->length <= DATA_MOST;
	default:
		return true;
	}
}

static void take_length(struct frames *f)
{
	const bool fits = length_fits(f);
	f->at = fits ? FRAMES_CONTENT : FRAMES_BROKEN;
	f->left = f->length;
	f->to_sample = SAMPLE;
	if (fits && f->type == FRAME_DATA)
		f->data_count++;
	if (fits && f->length == 0)
		frame_done(f);
}

static void sample(struct frames *f, struct slice content)
{
	if (f->sampled >= SAMPLED_MOST)
		return;
	const struct slice part = slice_head(content, f->to_sample);
	for (size_t i = 0; i < part.len; i++)
		f->alike += is_type(part.at[i]);
	f->sampled += (uint32_t)part.len;
	f->to_sample = (uint16_t)(f->to_sample - part.len);
}

static bool all_zero(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != 0)
			return false;
	return true;
}

/* A piece of the content of one frame. */
static void take_content(struct frames *f, struct slice piece)
{
	switch (f->type) {
	case FRAME_DATA:
		sample(f, piece);
		break;
	case FRAME_PADDING:
		if (!all_zero(piece)) {
			f->at = FRAMES_BROKEN;
			return;
		}
		break;
	case FRAME_OPEN:
		f->open = piece.at[0] == OPEN_BYTE;
		break;
	default:
		break;
	}
	f->left = (uint16_t)(f->left - piece.len);
	if (f->left == 0)
		frame_done(f);
}

static void take_byte(struct frames *f, uint8_t b)
{
	switch (f->at) {
	case FRAMES_TYPE:
		take_type(f, b);
		break;
	case FRAMES_LENGTH:
		f->length = (uint16_t)(b << 8);
		f->at = FRAMES_LENGTH_LOW;
		break;
	default:
		f->length = (uint16_t)(f->length | b);
		take_length(f);
	}
}

void frames_read(struct frames *f, struct slice *in, struct slice *data)
{
	const uint32_t count = f->count;
	*data = (struct slice){ NULL, 0 };
	while (in->len != 0 && data->len == 0 && f->count == count) {
		if (!frames_live(f)) {
			*in = slice_from(*in, in->len);
			return;
		}
		size_t n = 1;
		if (f->at != FRAMES_CONTENT) {
			take_byte(f, in->at[0]);
		} else {
			const struct slice piece = slice_head(*in, f->left);
			n = piece.len;
			*data = f->type == FRAME_DATA ? piece : slice_head(piece, 0);
			take_content(f, piece);
		}
		f->seen += n;
		*in = slice_from(*in, n);
	}
}

void frames_skip(struct frames *f, uint64_t n)
{
	if (!frames_live(f) || n == 0)
		return;
	if (f->at != FRAMES_CONTENT || f->type == FRAME_OPEN || n > f->left) {
		f->at = FRAMES_LOST;
		return;
	}
	/* Within one frame's content the chain goes on behind the hole. */
	f->left = (uint16_t)(f->left - n);
	f->seen += n;
	if (f->left == 0)
		frame_done(f);
}

void frames_end(struct frames *f, bool complete)
{
	f->exact = complete && f->at == FRAMES_TYPE && f->count != 0;
	if (frames_live(f))
		f->at = FRAMES_LOST;
}

bool frames_live(const struct frames *f)
{
	return f->at >= FRAMES_TYPE && f->at <= FRAMES_CONTENT;
}

bool frames_consistent(const struct frames *f)
{
	if (f->at == FRAMES_OFF || f->at == FRAMES_BROKEN || f->seen == 0)
		return false;
	return f->data_count != 0 || f->open || f->count >= 2 || (f->at == FRAMES_LOST && f->first <= FRAME_PADDING);
}

static unsigned log2_of(uint32_t n)
{
	unsigned bits = 0;
	for (; n > 1; n >>= 1)
		bits++;
	return bits;
}

/* What one landing is worth in this body. */
static unsigned landing_bits(const struct frames *f)
{
	const unsigned bits = log2_of((f->sampled + 2) / (f->alike + 1));
	return bits < MOST_BITS ? bits : MOST_BITS;
}

unsigned frames_bits(const struct frames *f)
{
	if (f->at == FRAMES_OFF || f->at == FRAMES_BROKEN)
		return 0;
	uint64_t bits = (uint64_t)f->landings * landing_bits(f);
	if (f->first == FRAME_DATA)
		bits += FIRST_BITS;
	if (f->exact && f->ended) {
		/* The body's own length lands on a DISCONNECT, as if it had been counted out. */
		const unsigned span = log2_of(f->before);
		bits += span < MOST_BITS ? span : MOST_BITS;
	}
	return bits < UINT32_MAX ? (unsigned)bits : UINT32_MAX;
}

bool frames_prove(const struct frames *f)
{
	if (f->at == FRAMES_OFF || f->at == FRAMES_BROKEN)
		return false;
	/* Four exact bytes, and a frame right behind them. */
	if (f->open && f->count >= 2)
		return true;
	const unsigned enough = landing_bits(f) >= COMMON_BITS ? ENOUGH_BITS : ENOUGH_WHEN_COMMON;
	return f->count >= LEAST_FRAMES && f->data_count != 0 && frames_bits(f) >= enough;
}

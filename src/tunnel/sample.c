#include "tunnel/sample.h"

enum {
	KEPT = 64, /* bytes that the next piece begins with: a value may be cut */
	EMPTY_LINE = 4
};

/* What `bytes` holds counts only as far as `have`. */
void sample_begin(struct sample *m, bool parts, bool text)
{
	m->have = m->blank = 0;
	m->deep = 0;
	m->parts = parts;
	m->text = text;
	m->done = false;
}

/* Is an empty line over with that byte? */
static bool ends_head(struct sample *m, uint8_t c)
{
	if (c == (m->blank % 2 == 0 ? '\r' : '\n'))
		m->blank++;
	else
		m->blank = c == '\r';
	if (m->blank != EMPTY_LINE)
		return false;
	m->blank = 0;
	return true;
}

/* What stands before an empty line was a part, or a head: it is looked at, and the next one begins. */
static bool read_parts(struct sample *m, struct slice *bytes)
{
	while (bytes->len != 0 && m->deep < SAMPLE_DEEP) {
		const uint8_t c = bytes->at[0];
		*bytes = slice_from(*bytes, 1);
		m->deep++;
		if (m->have < FOREIGN_SAMPLE)
			m->bytes[m->have++] = c;
		if (ends_head(m, c) || m->deep == SAMPLE_DEEP)
			return true;
	}
	return false;
}

bool sample_read(struct sample *m, struct slice *bytes)
{
	if (m->done)
		return false;
	if (m->parts)
		return read_parts(m, bytes);
	const struct slice part = slice_head(*bytes, (size_t)FOREIGN_SAMPLE - m->have);
	if (part.len != 0)
		memcpy(m->bytes + m->have, part.at, part.len);
	m->have = (uint8_t)(m->have + part.len);
	*bytes = slice_from(*bytes, part.len);
	return m->have == FOREIGN_SAMPLE;
}

bool sample_foreign(const struct sample *m, bool whole, struct foreign *out)
{
	if (!m->parts && m->deep != 0)
		return foreign_inside(sample_bytes(m), out);
	return foreign_find(sample_bytes(m), whole, out);
}

void sample_next(struct sample *m, bool found, bool deeper)
{
	if (m->parts) {
		m->done = found || m->deep == SAMPLE_DEEP;
		m->have = 0;
		return;
	}
	m->done = found || !deeper || !m->text || m->have < FOREIGN_SAMPLE || m->deep >= SAMPLE_DEEP;
	if (m->done)
		return;
	memmove(m->bytes, m->bytes + FOREIGN_SAMPLE - KEPT, KEPT);
	m->deep += FOREIGN_SAMPLE - KEPT;
	m->have = KEPT;
}

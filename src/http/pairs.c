/* Which response answers which request: in the order of asking (RFC 9112, 9.3.2), one byte kept for each request.
 * Most connections have few requests without an answer, which are kept in place; for more there is a block, until none is left.
 * There is one for every connection; should there be none, the oldest requests are forgotten.
 *
 * After a hole nobody knows how many requests or responses it took.  From then on pairs are in doubt: they are told apart
 * from known ones, and nothing is concluded from them.  Peers that wait for each answer before they ask again show it
 * soon: when a request comes, an answer came before and nothing is outstanding, the count is right again.  Where
 * responses were lost that must be seen twice, because the queue had to be guessed. */
#include "http/inside.h"

enum {
	ASK_METHOD = 0x07, /* enum method */
	ASK_MINOR = 0x08,  /* HTTP/1.1 or later */
	ASK_SIMPLE = 0x10, /* HTTP/0.9 */
	ASK_UPGRADE = 0x20,
	ASK_IN_DOUBT = 0x40
};
_Static_assert((int)METHOD_CONNECT <= (int)ASK_METHOD, "a method fits");

static uint32_t outstanding(const struct http_conn *c)
{
	return http_asked(c) - c->answered;
}

static uint32_t capacity(const struct http_conn *c)
{
	return c->queues ? MAX_PIPELINE : FEW_ASKED;
}

static uint8_t *place(struct http_conn *c, uint32_t ordinal)
{
	return c->queues ? &c->queue.many[ordinal % MAX_PIPELINE] : &c->queue.few[ordinal % FEW_ASKED];
}

void pairs_end(struct http_kit *k, struct http_conn *c)
{
	if (!c->queues)
		return;
	pool_give(&k->queues, c->queue.many);
	c->queue.many = NULL;
	c->queues = false;
}

static void make_room(struct http_kit *k, struct http_conn *c)
{
	uint8_t *const many = pool_take_uncleared(&k->queues);
	if (many == NULL)
		return;
	for (uint32_t i = 0; i < FEW_ASKED; i++)
		many[(http_asked(c) - 1 - i) % MAX_PIPELINE] = *place(c, http_asked(c) - 1 - i);
	c->queue.many = many;
	c->queues = true;
}

bool pairs_full(const struct http_conn *c)
{
	return outstanding(c) >= MAX_PIPELINE;
}

static bool asks_upgrade(const struct head *h)
{
	unsigned at_field = 0;
	size_t at_byte = 0;
	struct slice token;
	return head_next_element(h, SLICE("Upgrade"), &at_field, &at_byte, &token);
}

static bool is_simple(const struct head *h)
{
	return h->major == 0 && h->minor == 9 && (h->odd & ODD_BIT(HTTP09)) != 0;
}

static void believe_again(struct http_conn *c)
{
	if (c->doubt == 0 || !c->answered_since || outstanding(c) != 0)
		return;
	c->doubt--;
	c->answered_since = false;
}

/* Before it is counted. */
void pairs_ask(struct http_kit *k, struct http_conn *c, const struct head *h, struct http_ask *ask)
{
	believe_again(c);
	*ask = (struct http_ask){
		.ordinal = http_asked(c),
		.method = (uint8_t)h->method,
		.minor = is_simple(h) ? 9 : h->minor != 0 || h->major > 1,
		.connect = h->method == METHOD_CONNECT,
		.upgrade = asks_upgrade(h),
		.known = true,
	};
	unsigned kept = ask->method & ASK_METHOD;
	if (ask->minor != 0)
		kept |= ask->minor == 9 ? ASK_SIMPLE : ASK_MINOR;
	if (ask->upgrade)
		kept |= ASK_UPGRADE;
	if (c->doubt != 0)
		kept |= ASK_IN_DOUBT;
	if (outstanding(c) == FEW_ASKED && !c->queues)
		make_room(k, c);
	*place(c, http_asked(c)) = (uint8_t)kept;
}

void pairs_oldest(const struct http_conn *c, struct http_ask *ask)
{
	*ask = (struct http_ask){ .ordinal = c->answered };
	if (outstanding(c) == 0 || outstanding(c) > capacity(c))
		return;
	const unsigned kept =
	    c->queues ? c->queue.many[c->answered % MAX_PIPELINE] : c->queue.few[c->answered % FEW_ASKED];
	ask->method = kept & ASK_METHOD;
	ask->minor = kept & ASK_SIMPLE ? 9 : (kept & ASK_MINOR) != 0;
	ask->connect = ask->method == METHOD_CONNECT;
	ask->upgrade = (kept & ASK_UPGRADE) != 0;
	ask->known = (kept & ASK_IN_DOUBT) == 0;
}

void pairs_answered(struct http_kit *k, struct http_conn *c)
{
	c->answered_since = true;
	if (outstanding(c) != 0)
		c->answered++;
	if (outstanding(c) == 0)
		pairs_end(k, c);
}

void pairs_lost(struct http_conn *c, enum side from)
{
	const unsigned least = from == SERVER ? 2 : 1;
	if (c->doubt < least)
		c->doubt = least & 3;
	c->answered_since = false;
	if (from == SERVER)
		for (uint32_t i = 0; i < capacity(c); i++)
			*place(c, i) |= ASK_IN_DOUBT;
}

void pairs_found(struct http_conn *c, enum side from)
{
	if (from == SERVER && outstanding(c) > 1)
		c->answered = http_asked(c) - 1;
}

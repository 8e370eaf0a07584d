/* How a verdict is reached, from the highest label down; the first step that holds decides.  A strong sign is one of
 * weight STRONG or PROOF.
 *
 *   1. HTTP tunnel.  One proof that a foreign protocol is wrapped in the messages: certain.  Two different strong signs
 *      of it: likely.  One strong sign is not enough: odd HTTP exists.  Graded signs, of which none is strong by itself:
 *      likely when their score reaches SCORE_CONVICTS, from two families at least, one of them content or structure.
 *   2. The answer to a handshake came in two versions, one that accepts and one that does not, and nothing shows which the
 *      client took; or a CONNECT is content by another reading of its connection's framing, is not answered by either, and the
 *      client goes on behind it; or what stands behind the client's lost framing was answered as a handshake would be, and the
 *      client goes on with what is no request: undecided, "two-readings", and both labels are named.  This takes back a label.
 *   3. Blind relay.  Proof that a handshake was accepted: certain.  A strong sign of it: likely.
 *   4. Still awaiting the answer to a handshake whose client has already sent on: those bytes are HTTP if the answer
 *      is a refusal and a relay's if it is not.  Undecided, whatever HTTP went before: "awaiting-answer", or
 *      "answer-not-seen" when no more will come; the latter takes back what that HTTP was called.
 *   5. Plain HTTP.  Proof, that is, a whole exchange: certain.  A strong sign, a request or a response by itself, is
 *      worth waiting for its other half: undecided, "awaiting-exchange", while more may come; likely at the end;
 *      uncertain if the other side strongly spoke against HTTP.  Never more than likely, so that a capture that shows
 *      one direction or lacks the beginning needs no rule of its own.
 *   6. Not HTTP.  Proof against HTTP: certain.  A strong sign against it: likely.  But a server may greet in one protocol
 *      and answer in another, and may answer a lost request in any way: its own sign counts at the end only, and not where
 *      bytes are missing.  And where the beginning or bytes are missing, a response to a request that was not seen, with
 *      something else behind it, may be a handshake as well: undecided, "contradiction".
 *   7. Undecided: nothing was seen, or one direction only, or too little.
 *
 * Then doubts weigh.  Where bytes were missing, a bound was reached, framing was lost or the conversation was forgotten
 * early, what was not seen may have changed what strong signs mean: one step less certain, but a proof stands.  Two
 * versions of the same bytes, or a handshake in a form that no standard has, mean that the peers may have read something
 * other than we did: that lowers a proof too.  However many doubts there are, it is one step; a label they change only as step 6 says.
 *
 * More notes never lead to a lower label, only to a higher one or, while more may come, to waiting; whoever announces
 * labels keeps the highest one announced, but for steps 2 and 4.
 */
#include "verdict/verdict.h"

#include <stddef.h>

enum {
	DOUBTS_OF_SIGNS = DOUBT_GAP | DOUBT_OVERLAP | DOUBT_CAP | DOUBT_DESYNC | DOUBT_SPELLING | DOUBT_EVICTED,
	DOUBTS_OF_PROOF = DOUBT_OVERLAP | DOUBT_SPELLING,
};

static struct verdict undecided(enum lack lack)
{
	return (struct verdict){ .label = LABEL_UNDECIDED, .certainty = UNCERTAIN, .lack = (uint8_t)lack };
}

static struct verdict two_readings(void)
{
	struct verdict v = undecided(LACKS_ONE_READING);
	v.readings = 1 << LABEL_PLAIN_HTTP | 1 << LABEL_BLIND_RELAY;
	return v;
}

static struct verdict decided(
    const struct dossier *d, enum label label, enum certainty certainty, const struct sign *because)
{
	const unsigned lowering = because->weight == PROOF ? DOUBTS_OF_PROOF : DOUBTS_OF_SIGNS;
	const bool lowered = (d->doubts & lowering) != 0 && certainty > UNCERTAIN;
	return (struct verdict){ .label = (uint8_t)label,
		.certainty = (uint8_t)(lowered ? certainty - 1u : certainty),
		.because = because };
}

static enum certainty certainty_of(const struct sign *s)
{
	return s->weight == PROOF ? CERTAIN : LIKELY;
}

/* The strongest sign of that leaning if it is a strong sign at least, else NULL. */
static const struct sign *strong(const struct dossier *d, enum leaning leaning)
{
	const struct sign *const n = dossier_strongest(d, leaning);
	return n != NULL && n->weight >= STRONG ? n : NULL;
}

static struct verdict weigh_one_half(
    const struct dossier *d, const struct sign *http, const struct sign *against, bool over)
{
	if (!over)
		return undecided(LACKS_OTHER_HALF);
	return decided(d, LABEL_PLAIN_HTTP, against != NULL ? UNCERTAIN : LIKELY, http);
}

/* The strongest that speaks against HTTP and can be believed. */
static const struct sign *strong_against(const struct dossier *d, bool over)
{
	const bool server_counts = over && (d->doubts & DOUBT_GAP) == 0;
	const struct sign *best = NULL;
	for (unsigned i = 0; i < d->count; i++) {
		const struct sign *const sign = dossier_sign(d, i);
		if (sign->leaning != AGAINST_HTTP || sign->weight < STRONG)
			continue;
		if (sign->weight < PROOF && !server_counts && dossier_note(d, i).from == SERVER)
			continue;
		if (best == NULL || sign->weight > best->weight)
			best = sign;
	}
	return best;
}

static enum lack what_lacks(const struct dossier *d)
{
	if (d->count == 0)
		return LACKS_ANYTHING;
	if (d->doubts & DOUBT_ONE_WAY)
		return LACKS_ONE_WAY;
	if (d->doubts & DOUBT_GAP)
		return LACKS_BYTES;
	return LACKS_MORE;
}

struct verdict verdict_weigh(const struct dossier *d, bool awaiting, bool over)
{
	const struct sign *const tunnel = strong(d, FOR_TUNNEL), *const relay = strong(d, FOR_RELAY),
				 *const http = strong(d, FOR_HTTP), *const against = strong_against(d, over);

	if (tunnel != NULL && (tunnel->weight == PROOF || dossier_count(d, FOR_TUNNEL, STRONG) >= 2))
		return decided(d, LABEL_HTTP_TUNNEL, certainty_of(tunnel), tunnel);
	const struct sign *const graded = dossier_strongest(d, FOR_TUNNEL);
	if (graded != NULL && dossier_convicts(d))
		return decided(d, LABEL_HTTP_TUNNEL, LIKELY, graded);
	if (d->doubts & DOUBT_READINGS)
		return two_readings();
	if (relay != NULL)
		return decided(d, LABEL_BLIND_RELAY, certainty_of(relay), relay);
	if (awaiting)
		return undecided(over ? LACKS_ANSWER_STILL : LACKS_ANSWER);
	if (http != NULL && http->weight == PROOF)
		return decided(d, LABEL_PLAIN_HTTP, CERTAIN, http);
	if (http != NULL)
		return weigh_one_half(d, http, against, over);
	const bool contradicted =
	    dossier_strongest(d, FOR_HTTP) != NULL && (d->doubts & (DOUBT_GAP | DOUBT_MIDSTREAM)) != 0;
	if (against != NULL && contradicted)
		return undecided(LACKS_HARMONY);
	if (against != NULL)
		return decided(d, LABEL_NOT_HTTP, certainty_of(against), against);
	return undecided(what_lacks(d));
}

const char *label_name(enum label l)
{
	static const char *const names[LABELS] = {
		[LABEL_UNDECIDED] = "undecided",
		[LABEL_NOT_HTTP] = "not-http",
		[LABEL_PLAIN_HTTP] = "plain-http",
		[LABEL_BLIND_RELAY] = "blind-relay",
		[LABEL_HTTP_TUNNEL] = "http-tunnel",
	};
	return (unsigned)l < LABELS ? names[l] : "";
}

const char *certainty_name(enum certainty c)
{
	static const char *const names[] = { [UNCERTAIN] = "uncertain", [LIKELY] = "likely", [CERTAIN] = "certain" };
	return (unsigned)c <= CERTAIN ? names[c] : "";
}

const char *lack_name(enum lack l)
{
	static const char *const names[LACKS] = {
		[LACKS_NOTHING] = "",
		[LACKS_ANYTHING] = "nothing-seen",
		[LACKS_ANSWER] = "awaiting-answer",
		[LACKS_OTHER_HALF] = "awaiting-exchange",
		[LACKS_ANSWER_STILL] = "answer-not-seen",
		[LACKS_ONE_WAY] = "one-way",
		[LACKS_BYTES] = "gap",
		[LACKS_HARMONY] = "contradiction",
		[LACKS_MORE] = "too-little",
		[LACKS_ONE_READING] = "two-readings",
	};
	return (unsigned)l < LACKS ? names[l] : "";
}

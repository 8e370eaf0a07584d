#include "tunnel/grades.h"

/* Where a grade comes from: all are judged, by what a sign would be worth to a careful reader, and none is measured as a
 * likelihood.  Beside those whose base rate is known it stands: of 9,011 public HTTP flows and 10,838 bodies, or as said.  They
 * are kept so low that timing, volume and header together convict nobody, and were held against ordinary traffic
 * (`make innocents`: nobody convicted). */
const struct graded graded_signs[ROWS] = {
	/* no body of either side began so (SSH, TLS, SOCKS; the other protocols were not counted) */
	[FOREIGN] = { { "general", "foreign-protocol", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 45 },
	/* the same protocol from both sides, each speaking its own part: next to a proof */
	[FOREIGN_BOTH] = { { "general", "foreign-dialogue", FOR_TUNNEL, WEAK }, FAMILY_STRUCTURE, 40 },
	/* 1 flow, and that was a tunnel */
	[BASE64_AS_BINARY] = { { "general", "base64-as-binary", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 25 },
	/* 13 flows, nearly all malware */
	[RANDOM_AS_TEXT] = { { "general", "random-as-text", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 25 },
	[NO_IMAGE] = { { "general", "image-that-is-none", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 20 },
	[NO_EVENTS] = { { "general", "event-stream-without-events", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 25 },
	/* nobody streams noise both ways at once but a pipe */
	[RANDOM_DUPLEX] = { { "general", "random-in-both-streams", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 25 },
	/* 0.7 % of flows one way, fewer both ways */
	[RANDOM_BOTH] = { { "general", "random-both-ways", FOR_TUNNEL, WEAK }, FAMILY_CONTENT, 10 },
	/* 13 flows: crashes, exploits, uploads given up */
	[UNANSWERED] = { { "general", "unanswered-upload", FOR_TUNNEL, WEAK }, FAMILY_STRUCTURE, 20 },
	/* an answer that comes while the question is being asked, by turns */
	[DUPLEX] = { { "general", "both-ways-at-once", FOR_TUNNEL, WEAK }, FAMILY_STRUCTURE, 40 },
	/* 1 group */
	[PAIRED] = { { "general", "upload-beside-download", FOR_TUNNEL, WEAK }, FAMILY_STRUCTURE, 25 },
	[DIFFERENT] = { { "general", "many-different-bodies", FOR_TUNNEL, WEAK }, FAMILY_STRUCTURE, 10 },
	[ABSURD_LENGTH] = { { "general", "absurd-length", FOR_TUNNEL, WEAK }, FAMILY_HEADER, 25 },
	/* 323 requests */
	[ODD_HEAD] = { { "general", "type-without-content", FOR_TUNNEL, WEAK }, FAMILY_HEADER, 8 },
	/* 809 flows */
	[NO_AGENT] = { { "general", "no-agent", FOR_TUNNEL, WEAK }, FAMILY_HEADER, 4 },
	/* none there; but every poller of a well-made application does it */
	[EVEN_POLL] = { { "general", "even-polls", FOR_TUNNEL, WEAK }, FAMILY_TIMING, 10 },
	[GROWING_POLL] = { { "general", "growing-polls", FOR_TUNNEL, WEAK }, FAMILY_TIMING, 10 },
	[BALANCE] = { { "general", "as-much-up-as-down", FOR_TUNNEL, WEAK }, FAMILY_VOLUME, 8 },
};

bool grades_weighty(uint32_t signs)
{
	for (unsigned i = 0; i < ROWS; i++)
		if ((signs >> i & 1) != 0 &&
		    (graded_signs[i].family == FAMILY_CONTENT || graded_signs[i].family == FAMILY_STRUCTURE))
			return true;
	return false;
}

/* Sensors, honeypots and log shippers send what they were told, and their collector answers with something else: a
 * beginning that only one side ever sends is a quotation until the way it travels, or what follows from both sides, says
 * otherwise.  A steady beat and new bodies do not, every sensor has them; nor does a collector that is down. */
static bool is_quotation(const struct group *g)
{
	const uint32_t foreign = UINT32_C(1) << FOREIGN, unanswered = UINT32_C(1) << UNANSWERED;
	const uint32_t borne_out = UINT32_C(1) << FOREIGN_BOTH | UINT32_C(1) << DUPLEX | UINT32_C(1) << PAIRED |
				   UINT32_C(1) << ABSURD_LENGTH | UINT32_C(1) << RANDOM_BOTH;
	if ((g->signs & foreign) == 0 || (g->signs & borne_out) != 0)
		return false;
	return (g->signs & unanswered) == 0 || g->foreign[CLIENT] == NULL || g->foreign[SERVER] == NULL;
}

/* A quotation may be suspect, whatever else is noticed, and no more. */
unsigned grades_now(const struct dossier *d, const struct group *g, const struct graded *row)
{
	const unsigned grade = row->grade;
	unsigned others = 0;
	if (!is_quotation(g))
		return grade;
	for (unsigned i = 0; i < FAMILIES; i++)
		others += i != row->family ? d->grade[i] : 0;
	const unsigned room = others < SCORE_CONVICTS ? SCORE_CONVICTS - 1u - others : 0;
	return grade < room ? grade : room;
}

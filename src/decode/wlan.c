/* IEEE 802.11: the data frames that are not encrypted, as a capture of the air shows them, or as Aruba's access points
 * carry them to their controllers.  Aggregates (A-MSDU) and fragments of the air are passed over. */
#include "decode/peel.h"

enum {
	HEADER_LEN = 24,
	RADIOTAP_LEN = 8,
	KIND_MASK = 0x0f,
	KIND_DATA = 0x08,
	EMPTY = 0x40,
	QOS = 0x80, /* first byte */
	TO_DS = 0x01,
	FROM_DS = 0x02,
	MORE_FRAGMENTS = 0x04,
	PROTECTED = 0x40,
	ORDER = 0x80, /* second byte */
	AGGREGATE = 0x80
};

enum step wlan_peel(struct peel *p)
{
	if (p->rest.len < HEADER_LEN)
		return STEP_MALFORMED;
	const uint8_t *at = p->rest.at;
	const bool fragment = (at[1] & MORE_FRAGMENTS) != 0 || (at[22] & 0x0f) != 0;
	if ((at[0] & KIND_MASK) != KIND_DATA || (at[0] & EMPTY) != 0 || (at[1] & PROTECTED) != 0 || fragment)
		return STEP_OTHER;
	const bool qos = (at[0] & QOS) != 0;
	const size_t addresses = HEADER_LEN + ((at[1] & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS) ? 6 : 0);
	const size_t len = addresses + (qos ? 2 : 0) + (qos && (at[1] & ORDER) != 0 ? 4 : 0);
	if (p->rest.len < len)
		return STEP_MALFORMED;
	if (qos && (at[addresses] & AGGREGATE) != 0)
		return STEP_OTHER;
	peel_past(p, len);
	return link_llc(p);
}

/* Version 0 and a length, least byte first; what it says of the radio is not for us. */
enum step wlan_radiotap(struct peel *p)
{
	if (p->rest.len < RADIOTAP_LEN)
		return STEP_MALFORMED;
	const size_t len = (size_t)p->rest.at[2] | (size_t)p->rest.at[3] << 8;
	if (p->rest.at[0] != 0)
		return STEP_OTHER;
	if (len < RADIOTAP_LEN || len > p->rest.len)
		return STEP_MALFORMED;
	peel_past(p, len);
	return wlan_peel(p);
}

/* loop -- reads a capture with libpcap and does nothing else: what no program that reads captures so can go below.
 *
 *   loop FILE      prints how many packets and bytes there are */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUFFER_LEN = 1 << 20 };

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	static char buffer[BUFFER_LEN];
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (f != NULL)
		setvbuf(f, buffer, _IOFBF, sizeof buffer);
	pcap_t *p = f != NULL ? pcap_fopen_offline(f, why) : NULL;
	if (p == NULL) {
		fprintf(stderr, "usage: loop FILE %s\n", why);
		return 2;
	}
	struct pcap_pkthdr *h;
	const uint8_t *bytes;
	uint64_t packets = 0, total = 0;
	int got;
	while ((got = pcap_next_ex(p, &h, &bytes)) == 1) {
		packets++;
		total += h->caplen;
	}
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, total);
	pcap_close(p);
	return got == PCAP_ERROR_BREAK ? 0 : 1;
}

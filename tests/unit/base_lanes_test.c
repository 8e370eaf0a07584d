/* Eight digests side by side against those of one at a time, which have the standard's own vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/digest.h"
#include "base/lanes.h"

/* Whatever was in a lane before. */
static void every_length_in_every_lane(void **state)
{
	(void)state;
	static struct lanes l;
	uint8_t text[LANES][LANE_MOST], out[LANES][20], want[20];
	for (unsigned turn = 0; turn < 2 * (LANE_MOST + 1); turn++) {
		size_t len[LANES];
		for (unsigned lane = 0; lane < LANES; lane++) {
			len[lane] = (turn + 7 * lane) % (LANE_MOST + 1);
			for (size_t i = 0; i < len[lane]; i++)
				text[lane][i] = (uint8_t)(turn * 31 + lane * 57 + i * 89);
			lanes_set(&l, lane, (struct slice){ text[lane], len[lane] });
		}
		lanes_sha1(&l, out);
		for (unsigned lane = 0; lane < LANES; lane++) {
			digest_sha1((struct slice){ text[lane], len[lane] }, want);
			assert_memory_equal(out[lane], want, sizeof want);
		}
	}
}

static void a_lane_that_is_not_set_again_stays(void **state)
{
	(void)state;
	static struct lanes l;
	uint8_t out[LANES][20], before[20];
	const uint8_t one[] = "one", other[] = "another";
	for (unsigned lane = 0; lane < LANES; lane++)
		lanes_set(&l, lane, (struct slice){ one, sizeof one });
	lanes_sha1(&l, out);
	memcpy(before, out[3], sizeof before);
	lanes_set(&l, 2, (struct slice){ other, sizeof other });
	lanes_sha1(&l, out);
	assert_memory_equal(out[3], before, sizeof before);
	assert_memory_not_equal(out[2], before, sizeof before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_in_every_lane),
		cmocka_unit_test(a_lane_that_is_not_set_again_stays),
	};
	return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}

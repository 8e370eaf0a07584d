/* Capabilities, through libcap-ng, and the user.  Besides this, nothing knows libcap-ng.
 *
 * Who stays root keeps the two capabilities without which root could not read the captures of others; Landlock says which. */
#include <cap-ng.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "guard/inside.h"

static bool change_user(void)
{
	const struct guard_user to = guard_user();
	return setgroups(0, NULL) == 0 && setresgid(to.gid, to.gid, to.gid) == 0 &&
	       setresuid(to.uid, to.uid, to.uid) == 0 && setuid(0) != 0;
}

uint32_t rights_drop(const struct guard *g)
{
	const bool root = geteuid() == 0;
	uint32_t missing = 0;
	capng_clear(CAPNG_SELECT_ALL);
	/* Without the capability for it there is nothing in it to give away. */
	(void)capng_apply(CAPNG_SELECT_BOUNDS);
	/* Else they would go with the user. */
	prctl(PR_SET_KEEPCAPS, g->answers ? 1 : 0, 0, 0, 0);
	if (g->user && root && !change_user())
		missing |= 1u << GUARD_USER;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (g->answers)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (!g->user && root)
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, -1);
	/* In a container root may hold less than that. */
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return missing;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		missing |= 1u << GUARD_CAPS;
	return missing;
}

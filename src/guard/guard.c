/* The order: another user while there are rights to change it; then no new privileges, without which nobody may shut himself
 * in; files before calls, for the calls that Landlock takes are refused afterwards. */
#include "guard/guard.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "guard/inside.h"

#define BIT(part) (UINT32_C(1) << (part))

enum { NOBODY = 65534 };

static uint32_t no_new_privileges(void)
{
	const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	const bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
	return done ? 0 : BIT(GUARD_NO_NEW);
}

uint32_t guard_close(struct guard *g)
{
	uint32_t missing = rights_drop(g);
	/* To change the user has cleared the wish, and later nothing can be wished any more. */
	if (g->child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	missing |= no_new_privileges();
	missing |= files_close(g);
	return missing | calls_close(g);
}

void guard_names(uint32_t missing, char *to)
{
	static const char *const names[] = {
		[GUARD_USER] = "another user",
		[GUARD_CAPS] = "no capabilities",
		[GUARD_NO_NEW] = "no new privileges",
		[GUARD_FILES] = "Landlock",
		[GUARD_CALLS] = "seccomp",
	};
	size_t used = 0;
	*to = '\0';
	for (unsigned i = 0; i < GUARD_PARTS; i++)
		if ((missing & BIT(i)) != 0 && used < GUARD_TEXT)
			used += (size_t)snprintf(to + used, GUARD_TEXT - used, "%s%s", used != 0 ? ", " : "", names[i]);
}

struct guard_user guard_user(void)
{
	const struct passwd *found = getpwnam("culvert");
	if (found == NULL)
		found = getpwnam("nobody");
	if (found == NULL || found->pw_uid == 0)
		return (struct guard_user){ NOBODY, NOBODY };
	return (struct guard_user){ found->pw_uid, found->pw_gid };
}

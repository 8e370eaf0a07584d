/* What tunnels carry, in files: appended, set aside on suspicion, kept or thrown away, never mixed with an earlier run's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tunnel/unwrap.h"

struct place {
	char folder[64];
	struct unwrap *u;
};

static void name_of(const struct place *p, const char *file, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", p->folder, file);
}

static struct place place_new(void)
{
	struct place p = { .folder = "/tmp/unwrap_test.XXXXXX" };
	struct err e;
	assert_non_null(mkdtemp(p.folder));
	p.u = unwrap_open(p.folder, &e);
	assert_non_null(p.u);
	return p;
}

static void place_free(struct place *p)
{
	static const char *const made[] = { "0000000000000007/up", "0000000000000007/down", "0000000000000007" };
	char path[128];
	unwrap_close(p->u);
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		name_of(p, made[i], path, sizeof path);
		remove(path);
	}
	assert_int_equal(rmdir(p->folder), 0);
}

static void holds(const struct place *p, const char *file, const char *wanted)
{
	char path[128], got[64] = "";
	name_of(p, file, path, sizeof path);
	FILE *f = fopen(path, "rb");
	if (wanted == NULL) {
		assert_null(f);
		return;
	}
	assert_non_null(f);
	got[fread(got, 1, sizeof got - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, wanted);
}

static void kept(void **state)
{
	(void)state;
	struct place p = place_new();
	unwrap_write(p.u, 0, 9, CLIENT, SLICE("one "));
	unwrap_write(p.u, 0, 9, CLIENT, SLICE("two "));
	holds(&p, ".0000000000000009.up", "one two ");
	unwrap_keep(p.u, 7, 9);
	holds(&p, ".0000000000000009.up", NULL);
	unwrap_write(p.u, 7, 9, CLIENT, SLICE("three"));
	unwrap_write(p.u, 7, 8, SERVER, SLICE("back"));
	holds(&p, "0000000000000007/up", "one two three");
	holds(&p, "0000000000000007/down", "back");
	assert_int_equal(unwrap_lost(p.u), 0);
	place_free(&p);
}

static void dropped(void **state)
{
	(void)state;
	struct place p = place_new();
	unwrap_write(p.u, 0, 9, SERVER, SLICE("nothing"));
	unwrap_drop(p.u, 9);
	holds(&p, ".0000000000000009.down", NULL);
	unwrap_drop(p.u, 9);
	place_free(&p);
}

static void not_empty(void **state)
{
	(void)state;
	struct place p = place_new();
	struct err e;
	unwrap_write(p.u, 7, 9, CLIENT, SLICE("x"));
	assert_null(unwrap_open(p.folder, &e));
	assert_non_null(strstr(e.what, "not empty"));
	assert_null(unwrap_open("/proc/nothing/here", &e));
	place_free(&p);
}

static void nowhere(void **state)
{
	(void)state;
	unwrap_write(NULL, 7, 9, CLIENT, SLICE("x"));
	unwrap_keep(NULL, 7, 9);
	unwrap_drop(NULL, 9);
	unwrap_close(NULL);
	assert_int_equal(unwrap_lost(NULL), 0);
}

/* The folder vanished: what could not be written is counted. */
static void lost(void **state)
{
	(void)state;
	struct place p = place_new();
	assert_int_equal(rmdir(p.folder), 0);
	unwrap_write(p.u, 7, 9, CLIENT, SLICE("twelve bytes"));
	assert_int_equal(unwrap_lost(p.u), 12);
	unwrap_close(p.u);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept), cmocka_unit_test(dropped),
		cmocka_unit_test(not_empty), cmocka_unit_test(nowhere), cmocka_unit_test(lost) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

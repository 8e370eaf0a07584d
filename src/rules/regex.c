/* The one file of PCRE2.  Bytes, not characters: what comes from the wire need not be UTF-8.
 *
 * Neither a pattern nor a text can cost much: the pattern and what it compiles to are bounded, and a match that takes too
 * many steps is stopped and told as such.  Matching takes no memory: what it needs was taken when the pattern was read.
 * For that reason one pattern serves one worker at a time. */
#include "rules/ruleset.h"

#include <stdlib.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	MAX_PATTERN = 1024,   /* bytes */
	MAX_PARENTHESES = 32, /* nested */
	/* The longest text from the wire is 256 bytes: what honest patterns need is far less. */
	MATCH_STEPS = 20000,
	MATCH_DEPTH = 2000,
	MATCH_HEAP = 1024 /* KiB */
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static bool set_why(char why[256], const char *text)
{
	snprintf(why, 256, "%s", text);
	return false;
}

static bool compile(struct regex *r, struct slice pattern, bool any_case, char why[256], size_t *at)
{
	int error = 0;
	PCRE2_SIZE offset = 0;
	pcre2_compile_context *bounds = pcre2_compile_context_create(NULL);
	if (bounds == NULL)
		return set_why(why, "no memory");
	pcre2_set_parens_nest_limit(bounds, MAX_PARENTHESES);
	const uint32_t options =
	    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C | (any_case ? PCRE2_CASELESS : 0);
	r->code = pcre2_compile(
	    pattern.at != NULL ? pattern.at : (PCRE2_SPTR) "", pattern.len, options, &error, &offset, bounds);
	pcre2_compile_context_free(bounds);
	if (r->code != NULL)
		return true;
	*at = offset;
	if (pcre2_get_error_message(error, (PCRE2_UCHAR *)why, 256) < 0)
		return set_why(why, "not a regular expression");
	return false;
}

static bool prepare(struct regex *r, char why[256])
{
	/* Without it (no support, or a system that forbids memory that is written and run) the interpreter serves. */
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->limits == NULL)
		return set_why(why, "no memory");
	pcre2_set_match_limit(r->limits, MATCH_STEPS);
	pcre2_set_depth_limit(r->limits, MATCH_DEPTH);
	pcre2_set_heap_limit(r->limits, MATCH_HEAP);
	return true;
}

struct regex *regex_new(struct slice pattern, bool any_case, char why[256], size_t *at)
{
	*at = 0;
	if (pattern.len > MAX_PATTERN) {
		set_why(why, "longer than 1024 bytes");
		return NULL;
	}
	struct regex *r = calloc(1, sizeof *r);
	if (r == NULL) {
		set_why(why, "no memory");
		return NULL;
	}
	if (!compile(r, pattern, any_case, why, at) || !prepare(r, why)) {
		regex_free(r);
		return NULL;
	}
	return r;
}

void regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
	free(r);
}

enum regex_result regex_match(const struct regex *r, struct slice text)
{
	const int got =
	    pcre2_match(r->code, text.at != NULL ? text.at : (PCRE2_SPTR) "", text.len, 0, 0, r->data, r->limits);
	if (got >= 0)
		return REGEX_YES;
	return got == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

/* orders -- what a keeper and a worker say to each other, beside lines and numbers: rare, in messages of a fixed size.
 *
 * A worker is not trusted: its answer is a few numbers and a text for the log.
 */
#ifndef MAIN_ORDERS_H
#define MAIN_ORDERS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

enum order {
	ORDER_NONE,  /* nothing has been said */
	ORDER_END,   /* read what is there, conclude, go; said twice: at once */
	ORDER_RULES, /* a descriptor comes with it: use these from now on */
	ORDER_GONE   /* the other side is no more */
};

enum answer { ANSWER_NONE, ANSWER_READY, ANSWER_FAILED, ANSWER_GONE };

struct answer_message {
	uint32_t answer;
	uint32_t missing; /* of the sandbox */
	int32_t sys;
	char where[256], what[256]; /* ANSWER_FAILED */
};

/* Two ends, of which nothing is inherited by a program that is started. */
bool orders_pair(int *keeper, int *worker, struct err *e) MUST_CHECK;

/* `fd` goes along; -1: none. */
bool orders_give(int to, enum order order, int fd);

/* Never waits.  *fd is -1 when none came along. */
enum order orders_take(int from, int *fd);

bool orders_answer(int to, const struct answer_message *m);
enum answer orders_hear(int from, struct answer_message *m);

#endif

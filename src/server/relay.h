// SPDX-License-Identifier: Apache-2.0
//
// Whose questions a follower has passed on to its leader, in the order of asking: its own clients',
// or those of an observer that learns from it (a link). The leader answers in that order and does
// not say whom.
//
// Bound: questions of observers by RELAY_FOREIGN_MAX, our own by what clients may have outstanding.
#ifndef PADDOCK_SERVER_RELAY_H
#define PADDOCK_SERVER_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RELAY_FOREIGN_MAX = 1 << 16 };

struct relay_question {
    uint64_t link;      // 0: our own
    int32_t timeout_ms; // of the session that is asked for
};

struct relay {
    struct relay_question *ring;
    size_t first, count, cap;
    size_t foreign_count;
};

// Zeros are an empty one.
void relay_fini(struct relay *r);
void relay_clear(struct relay *r);

// False: too many of observers wait.
bool relay_ask(struct relay *r, struct relay_question question);
// Whose turn it is; our own when nobody has asked.
struct relay_question relay_answer(struct relay *r);

#endif

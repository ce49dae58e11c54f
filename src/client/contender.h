// SPDX-License-Identifier: Apache-2.0
//
// The names of nodes that queue for a lock or an election, and who comes before whom. The number
// that the server has appended decides; what stands before it says what the contender wants. Pure.
//
// Names of others are understood as well, since they share paths with us: Curator's and
// go-zookeeper's `_c_<uuid>-lock-<n>`, kazoo's `<hex>__lock__<n>` and `__rlock__`, and everything
// else that ends in ten digits, which is taken for an exclusive lock.
#ifndef PADDOCK_CLIENT_CONTENDER_H
#define PADDOCK_CLIENT_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct contender {
    int64_t number;
    bool is_reader;
};

// False when the name is not that of a contender.
bool contender_parse(const char *name, struct contender *ret);

// The place among `names` of the one whose end `own` has to wait for: the highest number below its
// own that excludes it. `count` when there is none: it is its turn.
size_t contender_find_predecessor(const char *const *names, size_t count, const char *own);

// Keep the contenders, in the order of their turns. Their count.
size_t contender_sort(const char **names, size_t count);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// How much quota there is and how much of it is used, summed by the first name of a path. Asked of
// the quota nodes when somebody wants to know: nothing is kept.
// Source: QuotaMetricsUtils.
#ifndef PADDOCK_SERVER_QUOTA_GAUGES_H
#define PADDOCK_SERVER_QUOTA_GAUGES_H

#include "tree/tree.h"

struct quota_gauges {
    bool has_limits; // a node with limits was found, else the first two mean nothing
    bool has_usage;
    int64_t count_limit, bytes_limit; // hard ones where there are, else soft ones; -1 is summed too
    int64_t count_usage, bytes_usage;
};

// Call `each` for every name that has a quota on it or below. `name` is borrowed from the tree.
void quota_gauges_each(const struct tree *t,
                       void (*each)(void *ctx, struct slice name, const struct quota_gauges *g),
                       void *ctx);

#endif

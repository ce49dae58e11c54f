// SPDX-License-Identifier: Apache-2.0
//
// A sorted list and how far it has been met.
#include "store/expected.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"

void expected_fini(struct expected *x)
{
    mem_free(x->items);
    *x = (struct expected){0};
}

void expected_add(struct expected *x, int64_t zxid, const char *who)
{
    ASSERT(x->met == 0);
    if (x->count == x->cap) {
        x->cap = x->cap == 0 ? 8 : x->cap * 2;
        x->items = mem_realloc(x->items, x->cap * sizeof *x->items);
    }
    size_t at = x->count++;
    for (; at > 0 && x->items[at - 1].zxid > zxid; at--) {
        x->items[at] = x->items[at - 1];
    }
    x->items[at].zxid = zxid;
    (void)snprintf(x->items[at].who, sizeof x->items[at].who, "%s", who);
}

void expected_begin(struct expected *x, int64_t zxid)
{
    while (x->met < x->count && x->items[x->met].zxid <= zxid) {
        x->met++;
    }
}

bool expected_see(struct expected *x, int64_t zxid)
{
    if (x->met < x->count && x->items[x->met].zxid < zxid) {
        return false;
    }
    while (x->met < x->count && x->items[x->met].zxid == zxid) {
        x->met++;
    }
    return true;
}

const struct expected_txn *expected_missing(const struct expected *x)
{
    return x->met < x->count ? &x->items[x->met] : NULL;
}

// SPDX-License-Identifier: Apache-2.0
//
// Reading stops as it does when too much is in flight.
#include "server/hold.h"

#include "base/assert.h"
#include "server/server_priv.h"

void hold_begin(struct server *s)
{
    ASSERT(!s->hold.is_on);
    s->hold.is_on = true;
    LIST_FOREACH_SAFE (it, tmp, &s->conns) {
        struct conn *c = CONTAINER_OF(it, struct conn, link);
        if (c->state == CONN_OPEN) {
            conn_throttle(c);
        }
    }
}

void hold_end(struct server *s)
{
    if (s->hold.is_on) {
        s->hold.is_on = false;
        server_settled(s);
    }
}

void hold_forget(struct server *s)
{
    s->hold.is_on = false;
}

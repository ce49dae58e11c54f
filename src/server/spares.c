// SPDX-License-Identifier: Apache-2.0
//
// A stack of buffers: the one given last is warm in the cache.
#include "server/spares.h"

#include "base/assert.h"

void spares_fini(struct spares *s)
{
    while (s->count > 0) {
        buf_fini(&s->items[--s->count]);
    }
}

void spares_take(struct spares *s, struct buf *to)
{
    ASSERT(to->data == NULL);
    if (s->count > 0) {
        *to = s->items[--s->count];
    }
}

void spares_give(struct spares *s, struct buf *from)
{
    if (s->count == SPARES_MAX || from->cap > SPARE_BYTES_MAX || from->data == NULL) {
        buf_fini(from);
        return;
    }
    buf_clear(from);
    s->items[s->count++] = *from;
    buf_init(from);
}

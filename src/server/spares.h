// SPDX-License-Identifier: Apache-2.0
//
// Output buffers between two uses: a busy connection takes one for a turn, an idle one has none.
#ifndef PADDOCK_SERVER_SPARES_H
#define PADDOCK_SERVER_SPARES_H

#include "base/buf.h"

enum {
    SPARES_MAX = 64,             // buffers kept
    SPARE_BYTES_MAX = 64 * 1024, // a larger one is freed
};

struct spares {
    struct buf items[SPARES_MAX];
    size_t count;
};

void spares_fini(struct spares *s);
void spares_take(struct spares *s, struct buf *to);   // `to` is empty and gets memory, if there is
void spares_give(struct spares *s, struct buf *from); // leaves `from` empty

#endif

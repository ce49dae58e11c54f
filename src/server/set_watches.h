// SPDX-License-Identifier: Apache-2.0
//
// setWatches: a client that comes back tells which watches it had and the last zxid it saw. What
// changed since then is reported now, the rest is watched again. Source: DataTree.setWatches.
#ifndef PADDOCK_SERVER_SET_WATCHES_H
#define PADDOCK_SERVER_SET_WATCHES_H

#include "jute/code.h"
#include "jute/records.h"
#include "server/conn.h"

// Events are appended to the connection's output, before the reply that the caller appends.
// Errors: MarshallingError when one of the first three lists is null.
enum zk_code set_watches(struct conn *c, const struct jute_set_watches2 *q);

#endif

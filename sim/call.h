// SPDX-License-Identifier: Apache-2.0
//
// Requests of a history as bytes, and bytes of answers as parts of a history.
#ifndef PADDOCK_SIM_CALL_H
#define PADDOCK_SIM_CALL_H

#include "sim/annals.h"

// Append the body of a request of `type` with these parts.
void call_encode(const struct annals *h, int32_t type, const struct annals_part *parts,
                 size_t count, int64_t relative_zxid, struct buf *to);

// Read the body of an answer whose header says `code` into `parts`, which are those of the call.
// Names are added to the history. False: it does not decode, or holds data that nobody wrote.
bool call_decode(struct annals *h, int32_t type, int32_t code, struct jute_in *body,
                 struct annals_part *parts, size_t count);

#endif

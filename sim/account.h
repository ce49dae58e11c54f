// SPDX-License-Identifier: Apache-2.0
//
// The client library's word against the wire: what a program was told, and what the tap saw.
#ifndef PADDOCK_SIM_ACCOUNT_H
#define PADDOCK_SIM_ACCOUNT_H

#include "paddock/paddock.h"
#include "sim/annals.h"

// True when a request that left (`call`, `count` parts) is what was asked for.
bool account_is_request(const struct annals *h, const struct annals_item *call, int32_t type,
                        const struct annals_part *parts, size_t count);

// True when a result is the answer that came. Paths are looked up in `h`.
bool account_is_answer(struct annals *h, const struct annals_item *answer,
                       const struct paddock_result *r);

// NULL when a result is true of a request: `call` is its item, ANNALS_NONE when no whole frame of
// it left. Else what is wrong with it.
const char *account_of(struct annals *h, int32_t call, const struct paddock_result *r);

#endif

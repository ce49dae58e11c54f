// SPDX-License-Identifier: Apache-2.0
//
// What a visitor asks for (annals.h), as an operation of the client library.
#ifndef PADDOCK_SIM_WISH_H
#define PADDOCK_SIM_WISH_H

#include "paddock/paddock.h"
#include "sim/annals.h"
#include "sim/model.h"

// A request's type; of a multi that of the whole.
enum paddock_op_type wish_type(int32_t type);

// `value` decides the data of a write; `watch` is what an op with a watch gets.
// Memory: borrows the path from `h`, and `data`.
struct paddock_op wish_op(const struct annals *h, const struct annals_part *p, uint32_t value,
                          struct paddock_watch watch, uint8_t data[MODEL_DATA_MAX]);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// What a visitor asks: one random request on the nodes that all visitors share.
#ifndef PADDOCK_SIM_VISIT_H
#define PADDOCK_SIM_VISIT_H

#include "sim/visitor.h"

// Send something.
void visit(struct visitor *v);

// Send creates of the nodes that the others lie below. Returns how many.
int visit_base(struct visitor *v);

// Of visitor.c: write a request down and send it.
void visitor_send(struct visitor *v, int32_t type, struct annals_part *parts, size_t count);

#endif

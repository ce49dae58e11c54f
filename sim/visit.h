// SPDX-License-Identifier: Apache-2.0
//
// What a visitor asks: one random request on the nodes that all visitors share. It leaves through
// v->send; of the visitor, only its history, its generator and what it has seen are looked at.
#ifndef PADDOCK_SIM_VISIT_H
#define PADDOCK_SIM_VISIT_H

#include "sim/visitor.h"

// Send something.
void visit(struct visitor *v);

// Send creates of the nodes that the others lie below. Returns how many.
int visit_base(struct visitor *v);

#endif

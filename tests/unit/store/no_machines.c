// SPDX-License-Identifier: Apache-2.0
//
// The tests of store/ use the simulated disk without a machine around it. What the disk's world
// would ask of machines and of their names stands here: nothing, for there are none.
#include "base/assert.h"
#include "base/list.h"
#include "sim/node.h"
#include "sim/resolver.h"

void node_turn(struct sim_node *n)
{
    ASSERT(n == NULL);
}

void names_fini(struct world *w)
{
    ASSERT(list_is_empty(&w->names));
}

// SPDX-License-Identifier: Apache-2.0
//
// Randomness from the kernel, good for secrets; fetched a block at a time.
#ifndef PADDOCK_HOST_ENTROPY_H
#define PADDOCK_HOST_ENTROPY_H

#include <stddef.h>

#include "port/entropy.h"

struct host_entropy {
    struct port_entropy port; // first
    size_t left;              // unused numbers at the front of `block`
    uint64_t block[32];
};

void entropy_init(struct host_entropy *e);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Randomness for secrets and jitter; a simulation answers it from its seed.
#ifndef PADDOCK_PORT_ENTROPY_H
#define PADDOCK_PORT_ENTROPY_H

#include <stdint.h>

struct port_entropy {
    uint64_t (*next)(struct port_entropy *entropy);
};

static inline uint64_t entropy_next(struct port_entropy *entropy)
{
    return entropy->next(entropy);
}

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A seeded pseudo random generator (SplitMix64): for simulation, jitter and tests. Not secret.
#ifndef PADDOCK_BASE_PRNG_H
#define PADDOCK_BASE_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state;
};

void prng_init(struct prng *p, uint64_t seed);
uint64_t prng_next(struct prng *p);
uint64_t prng_below(struct prng *p, uint64_t bound); // 0 <= result < bound; bound > 0

#endif

// SPDX-License-Identifier: Apache-2.0
//
// SplitMix64 (Steele, Lea, Flood 2014): one addition and three xor-shift-multiplies a number.
#include "base/prng.h"

#include "base/assert.h"

__extension__ typedef unsigned __int128 uint128;

void prng_init(struct prng *p, uint64_t seed)
{
    p->state = seed;
}

uint64_t prng_next(struct prng *p)
{
    p->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = p->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t prng_below(struct prng *p, uint64_t bound)
{
    ASSERT(bound > 0);
    // The high half of a product instead of a remainder: no division, and the bias is below
    // bound / 2^64, which no simulation can notice.
    return (uint64_t)(((uint128)prng_next(p) * bound) >> 64);
}

// SPDX-License-Identifier: Apache-2.0
//
// Checksums by libdeflate (vectorised, chosen at run time by the CPU) and table hashes by XXH3.
#include "base/hash.h"

#include <libdeflate.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t hash_adler32(uint32_t start, struct slice bytes)
{
    // libdeflate takes a NULL pointer as the question for the start value.
    return bytes.len > 0 ? libdeflate_adler32(start, bytes.data, bytes.len) : start;
}

uint32_t hash_crc32(uint32_t start, struct slice bytes)
{
    return bytes.len > 0 ? libdeflate_crc32(start, bytes.data, bytes.len) : start;
}

uint64_t hash_keyed(uint64_t seed, struct slice bytes)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, seed);
}

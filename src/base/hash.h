// SPDX-License-Identifier: Apache-2.0
//
// Checksums of the formats (Adler-32, CRC-32 as zlib computes them) and the keyed hash of the
// tables. The libraries behind them (libdeflate, xxHash) appear nowhere else.
#ifndef PADDOCK_BASE_HASH_H
#define PADDOCK_BASE_HASH_H

#include "base/slice.h"

// Continue a checksum: Adler-32 starts at 1, CRC-32 at 0.
uint32_t hash_adler32(uint32_t start, struct slice bytes);
uint32_t hash_crc32(uint32_t start, struct slice bytes);

// For hash tables: `seed` is secret and random per process, so that clients cannot aim at buckets.
uint64_t hash_keyed(uint64_t seed, struct slice bytes);

#endif

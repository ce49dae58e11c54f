// SPDX-License-Identifier: Apache-2.0
//
// The order in which Java's HashSet and HashMap give what was put into them, so that the tools that
// print children or sessions as Apache's do it in the same order.
// Source: java.util.HashMap (JDK 8 and later), String.hashCode, Long.hashCode. Differs: buckets of
// more than eight in a table of 64 or more, which Java turns into trees, stay in order of
// insertion.
#ifndef PADDOCK_CLI_JAVA_ORDER_H
#define PADDOCK_CLI_JAVA_ORDER_H

#include "base/slice.h"

uint32_t java_string_hash(struct slice utf8); // malformed runs count as Java reads them
uint32_t java_long_hash(int64_t value);

// The table sizes with which Java begins.
enum { JAVA_ORDER_CHILDREN = 8, JAVA_ORDER_MAP = 16 }; // DataNode; new HashMap<>()

// *ret_order[i] is the place in `hashes` (in order of insertion, all different keys) of the i-th.
// Memory: ret_order has room for `count`.
void java_order(const uint32_t *hashes, size_t count, uint32_t table, size_t *ret_order);

// String.compareTo of two UTF-8 texts: by UTF-16 units.
int java_compare(struct slice a, struct slice b);

#endif

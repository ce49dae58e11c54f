// SPDX-License-Identifier: Apache-2.0
//
// Bytes as readable text in tests: pairs of hex digits and "quoted text", blanks between them
// ignored.
#ifndef PADDOCK_TESTS_UNIT_JUTE_HEX_H
#define PADDOCK_TESTS_UNIT_JUTE_HEX_H

#include "base/buf.h"

// Append the bytes that `text` names; a digit without a partner fails the test.
void hex_append(struct buf *to, const char *text);

// A buffer of just those bytes; the caller releases it with buf_fini.
struct buf hex_bytes(const char *text);

// Fail the test unless `got` is exactly the bytes of `text`; prints both.
void hex_assert(struct slice got, const char *text);

#endif

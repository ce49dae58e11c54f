// SPDX-License-Identifier: Apache-2.0
//
// JSON text that is written, not read: one string value with its quotes and escapes. What reads or
// builds whole documents uses a JSON library; a log line needs no more than this.
#ifndef PADDOCK_BASE_JSON_H
#define PADDOCK_BASE_JSON_H

#include "base/buf.h"

// Append `text` as a quoted JSON string; `null` when it is null. Bytes that are no UTF-8 become
// U+FFFD, so that the result is valid JSON whatever a client sent.
// Source: RFC 8259, section 7.
void json_append_string(struct buf *to, struct slice text);

#endif

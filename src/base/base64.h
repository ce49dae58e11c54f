// SPDX-License-Identifier: Apache-2.0
//
// Base64 with padding (RFC 4648): ids of the digest scheme, data of nodes as text.
#ifndef PADDOCK_BASE_BASE64_H
#define PADDOCK_BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

void base64_encode(struct slice bytes, struct buf *append);

// Strict: no blanks, no other letters, whole groups of four with padding, no bits behind the end.
// Errors: false, nothing appended.
bool base64_decode(struct slice text, struct buf *append) MUST_CHECK;

#endif

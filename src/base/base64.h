// SPDX-License-Identifier: Apache-2.0
//
// Base64 with padding (RFC 4648), for the ids of the digest scheme.
#ifndef PADDOCK_BASE_BASE64_H
#define PADDOCK_BASE_BASE64_H

#include "base/buf.h"

void base64_encode(struct slice bytes, struct buf *append);

#endif

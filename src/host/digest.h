// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's digests under the names that java.security.MessageDigest has for them.
#ifndef PADDOCK_HOST_DIGEST_H
#define PADDOCK_HOST_DIGEST_H

#include "port/digest.h"

void digest_init(struct port_digest *d);

#endif

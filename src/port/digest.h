// SPDX-License-Identifier: Apache-2.0
//
// Cryptographic digests by their Java names ("SHA1", "SHA-1", "SHA-256", "SHA3-256", "MD5", ...).
#ifndef PADDOCK_PORT_DIGEST_H
#define PADDOCK_PORT_DIGEST_H

#include "base/err.h"
#include "base/slice.h"

enum { PORT_DIGEST_BYTES_MAX = 64 };

struct port_digest {
    // Hash `bytes` into `ret` and its length into `ret_len`.
    // Errors: ERR_UNSUPPORTED for an unknown algorithm.
    enum err (*hash)(struct port_digest *digest, const char *algorithm, struct slice bytes,
                     uint8_t ret[PORT_DIGEST_BYTES_MAX], size_t *ret_len);
};

#endif

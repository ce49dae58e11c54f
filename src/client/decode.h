// SPDX-License-Identifier: Apache-2.0
//
// From the body of an answer to a `struct paddock_result`, which is one block of memory: the result
// first, then vectors, then strings and data, each ended by a zero byte.
#ifndef PADDOCK_CLIENT_DECODE_H
#define PADDOCK_CLIENT_DECODE_H

#include "base/err.h"
#include "client/requests.h"
#include "jute/in.h"

// The answer OK to `r` with the body `in`. In a multi the code is the one of the part that failed.
// Memory: *ret is owned, mem_free. Vectors of the records come from in->arena.
// Errors: ERR_MALFORMED (also paths outside the chroot, and parts that were not asked for),
// ERR_NO_MEMORY.
enum err decode_result(const struct request *r, struct jute_in *in, struct slice chroot,
                       struct paddock_result **ret) MUST_CHECK;

// A result of an ending without data; NULL when memory is out.
struct paddock_result *decode_failure(int code, enum paddock_fate fate, int64_t zxid);

#endif

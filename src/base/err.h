// SPDX-License-Identifier: Apache-2.0
//
// Internal failures. `enum err` says that something could not be done (a write failed, a file is
// damaged); `enum zk_code` (jute/code.h) is an answer on the wire. The two never mix: their values
// are disjoint, and both keep negative members so that compilers reject an accidental mix.
// errno stays in host/, which maps it to one of these.
#ifndef PADDOCK_BASE_ERR_H
#define PADDOCK_BASE_ERR_H

// Position of a row in err.def; only here to number the values from -1001 down.
enum err_index {
#define X(name, text) ERR_INDEX_##name,
#include "base/err.def"
#undef X
    ERR_COUNT,
};

enum err {
    ERR_OK = 0,
#define X(name, text) ERR_##name = -1001 - ERR_INDEX_##name,
#include "base/err.def"
#undef X
};

// Functions that return `enum err` carry this: ignoring a failure is a compile error.
#define MUST_CHECK __attribute__((warn_unused_result))

// A short name ("NO_SPACE") and a sentence fragment ("no space left on device"), never NULL.
const char *err_name(enum err e);
const char *err_text(enum err e);

#endif

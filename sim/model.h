// SPDX-License-Identifier: Apache-2.0
//
// What one client knows of the nodes that only it writes, and what each of its writes must do to
// them. Pure. Because nobody else touches these nodes, the answer to every operation is known in
// advance:
//
//     state after the answered writes ──operation──► code, next state
//
// After a lost connection the fate of the unanswered writes is open: the server may have done a
// first part of them, in order (or, when it was refusing writes, any of them). model_matches says
// whether what the client finds then can be explained so. That is the whole of "no acknowledged
// write lost" and "no half multi seen": a multi is one operation here.
#ifndef PADDOCK_SIM_MODEL_H
#define PADDOCK_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jute/code.h"

enum {
    MODEL_KEYS = 6,
    MODEL_EPHEMERAL = 5, // this key's node belongs to the session
    MODEL_PARTS = 3,     // of one multi
    MODEL_OPEN_MAX = 8,  // writes without an answer
};

struct model_key {
    bool exists;
    int32_t version;
    uint32_t value; // decides the data: model_data
    int64_t mzxid;  // 0: not known
};

struct model {
    struct model_key keys[MODEL_KEYS];
};

enum model_type { MODEL_CREATE, MODEL_DELETE, MODEL_SET, MODEL_CHECK };

struct model_part {
    enum model_type type;
    int key;
    int32_t version; // -1: any
    uint32_t value;
};

// A write: one part, or the parts of a multi, all or none.
struct model_write {
    bool is_multi;
    int count;
    struct model_part parts[MODEL_PARTS];
};

// The answer: the code of the first part that fails, ZK_OK when none does; only then is `m`
// changed.
enum zk_code model_apply(struct model *m, const struct model_write *w);

// True when `found` can be `m` after some of the `count` writes: the first k of them in order; or,
// when `any_subset`, those of any subset in order; and then, when `session_ended`, without the
// ephemeral.
bool model_matches(const struct model *m, const struct model_write *writes, size_t count,
                   bool any_subset, bool session_ended, const struct model *found);

// The data of a value: 4 bytes of it, then bytes that follow from it, MODEL_DATA_MAX at most.
enum { MODEL_DATA_MAX = 700 };
size_t model_data(uint32_t value, uint8_t to[MODEL_DATA_MAX]);
// False when the bytes are no value's data.
bool model_value(const uint8_t *data, size_t len, uint32_t *ret);

#endif

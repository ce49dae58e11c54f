// SPDX-License-Identifier: Apache-2.0
//
// From parts of a history to operations.
#include "sim/wish.h"

#include "base/assert.h"

static const struct paddock_acl alices[] = {
    {PADDOCK_READ, "world", "anyone"},
    {PADDOCK_ALL, "digest", "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E="}};

enum paddock_op_type wish_type(int32_t type)
{
    static const struct {
        int32_t type;
        enum paddock_op_type is;
    } types[] = {{OP_DELETE, PADDOCK_OP_DELETE},
                 {OP_SET_DATA, PADDOCK_OP_SET},
                 {OP_CHECK, PADDOCK_OP_CHECK},
                 {OP_SET_ACL, PADDOCK_OP_SET_ACL},
                 {OP_GET_ACL, PADDOCK_OP_GET_ACL},
                 {OP_GET_DATA, PADDOCK_OP_GET},
                 {OP_EXISTS, PADDOCK_OP_EXISTS},
                 {OP_GET_CHILDREN, PADDOCK_OP_GET_CHILDREN},
                 {OP_GET_CHILDREN2, PADDOCK_OP_GET_CHILDREN},
                 {OP_SYNC, PADDOCK_OP_SYNC},
                 {OP_GET_EPHEMERALS, PADDOCK_OP_GET_EPHEMERALS},
                 {OP_ADD_WATCH, PADDOCK_OP_ADD_WATCH},
                 {OP_REMOVE_WATCHES, PADDOCK_OP_REMOVE_WATCHES},
                 {OP_MULTI, PADDOCK_OP_MULTI},
                 {OP_MULTI_READ, PADDOCK_OP_MULTI_READ}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == type) {
            return types[i].is;
        }
    }
    ASSERT(annals_is_create(type));
    return PADDOCK_OP_CREATE;
}

struct paddock_op wish_op(const struct annals *h, const struct annals_part *p, uint32_t value,
                          struct paddock_watch watch, uint8_t data[MODEL_DATA_MAX])
{
    struct paddock_op op = {.type = wish_type(p->type),
                            .path = annals_path(h, p->node),
                            .is_versioned = p->version != -1,
                            .version = p->version};
    if (annals_is_create(p->type) || p->type == OP_SET_DATA) {
        op.data = p->value != 0 ? paddock_bytes_of(data, model_data(value, data))
                                : paddock_text(p->text != NULL ? p->text : "");
    }
    if (annals_is_create(p->type)) {
        op.mode = (enum paddock_mode)p->mode;
        op.ttl_ms = p->ttl_ms;
        op.is_versioned = false;
    }
    if (p->acl == ANNALS_ACL_ALICE) {
        op.acl = alices;
        op.acl_count = sizeof(alices) / sizeof(alices[0]);
    }
    if (p->watch || p->type == OP_ADD_WATCH) {
        op.watch = watch;
        op.is_recursive = p->type == OP_ADD_WATCH && p->mode == ADD_WATCH_RECURSIVE;
    } else if (p->type == OP_REMOVE_WATCHES) {
        op.watch_kind = (enum paddock_watch_kind)p->mode;
    }
    return op;
}

// SPDX-License-Identifier: Apache-2.0
//
// The effect of writes on a client's own nodes.
#include "sim/model.h"

#include <string.h>

#include "base/assert.h"
#include "base/buf.h"

static enum zk_code check(const struct model_key *key, const struct model_part *p)
{
    if (p->type == MODEL_CREATE) {
        return key->exists ? ZK_NODE_EXISTS : ZK_OK;
    }
    if (!key->exists) {
        return ZK_NO_NODE;
    }
    return p->version == -1 || p->version == key->version ? ZK_OK : ZK_BAD_VERSION;
}

static void change(struct model_key *key, const struct model_part *p)
{
    switch (p->type) {
    case MODEL_CREATE:
        *key = (struct model_key){.exists = true, .value = p->value};
        break;
    case MODEL_DELETE:
        *key = (struct model_key){0};
        break;
    case MODEL_SET:
        key->version++;
        key->value = p->value;
        key->mzxid = 0;
        break;
    case MODEL_CHECK:
        break;
    }
}

enum zk_code model_apply(struct model *m, const struct model_write *w)
{
    struct model next = *m;
    for (int i = 0; i < w->count; i++) {
        struct model_key *key = &next.keys[w->parts[i].key];
        enum zk_code code = check(key, &w->parts[i]);
        if (code != ZK_OK) {
            return code;
        }
        change(key, &w->parts[i]);
    }
    *m = next;
    return ZK_OK;
}

static bool is_same(const struct model *a, const struct model *b)
{
    for (int i = 0; i < MODEL_KEYS; i++) {
        const struct model_key *x = &a->keys[i];
        const struct model_key *y = &b->keys[i];
        if (x->exists != y->exists) {
            return false;
        }
        if (x->exists && (x->version != y->version || x->value != y->value)) {
            return false;
        }
    }
    return true;
}

bool model_matches(const struct model *m, const struct model_write *writes, size_t count,
                   bool any_subset, bool session_ended, const struct model *found)
{
    ASSERT(count <= MODEL_OPEN_MAX);
    uint32_t subsets = (uint32_t)1 << count;
    for (uint32_t set = 0; set < subsets; set++) {
        bool is_prefix = (set & (set + 1)) == 0;
        if (!is_prefix && !any_subset) {
            continue;
        }
        struct model after = *m;
        for (size_t i = 0; i < count; i++) {
            if ((set >> i & 1) != 0) {
                (void)model_apply(&after, &writes[i]);
            }
        }
        if (session_ended) {
            after.keys[MODEL_EPHEMERAL] = (struct model_key){0};
        }
        if (is_same(&after, found)) {
            return true;
        }
    }
    return false;
}

size_t model_data(uint32_t value, uint8_t to[MODEL_DATA_MAX])
{
    size_t len = 4 + value * 37 % (MODEL_DATA_MAX - 4);
    be32_store(to, value);
    for (size_t i = 4; i < len; i++) {
        to[i] = (uint8_t)(value + i);
    }
    return len;
}

bool model_value(const uint8_t *data, size_t len, uint32_t *ret)
{
    if (len < 4) {
        return false;
    }
    uint32_t value = be32_load(data);
    uint8_t expected[MODEL_DATA_MAX];
    if (model_data(value, expected) != len || memcmp(data, expected, len) != 0) {
        return false;
    }
    *ret = value;
    return true;
}

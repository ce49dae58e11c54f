// SPDX-License-Identifier: Apache-2.0
//
// What all streams of nodes share.
#include "cli/node_stream.h"

#include <string.h>

#include "tree/owner.h"

static const char *const kind_names[] = {
    [NODE_PERSISTENT] = "persistent",
    [NODE_EPHEMERAL] = "ephemeral",
    [NODE_CONTAINER] = "container",
    [NODE_TTL] = "ttl",
};

const char *node_kind_name(enum node_kind kind)
{
    return kind_names[kind];
}

bool node_kind_parse(struct slice name, enum node_kind *ret)
{
    for (int i = NODE_PERSISTENT; i <= NODE_TTL; i++) {
        if (slice_equal_str(name, kind_names[i])) {
            *ret = (enum node_kind)i;
            return true;
        }
    }
    return false;
}

void node_set_owner(struct node *n, int64_t ephemeral_owner)
{
    uint64_t bits = (uint64_t)ephemeral_owner;
    n->owner = 0;
    n->ttl_ms = 0;
    if (ephemeral_owner == 0) {
        n->kind = NODE_PERSISTENT;
    } else if (ephemeral_owner == CONTAINER_OWNER) {
        n->kind = NODE_CONTAINER;
    } else if ((bits & ~(uint64_t)TTL_MS_MAX) == TTL_OWNER_MARK && bits != TTL_OWNER_MARK) {
        n->kind = NODE_TTL;
        n->ttl_ms = ephemeral_owner & TTL_MS_MAX;
    } else {
        n->kind = NODE_EPHEMERAL;
        n->owner = ephemeral_owner;
    }
}

bool node_acl_is_open(const struct node *n)
{
    return n->acl_count == 1 && n->acl[0].perms == PADDOCK_ALL &&
           strcmp(n->acl[0].scheme, "world") == 0 && strcmp(n->acl[0].id, "anyone") == 0;
}

// Bytes of the user in "user:x", 0 when the entry is none of those.
static size_t masked_user_bytes(const struct paddock_acl *a)
{
    const char *colon = strrchr(a->id, ':');
    bool is_masked =
        strcmp(a->scheme, "digest") == 0 && colon != NULL && strcmp(colon, ":x") == 0;
    return is_masked ? (size_t)(colon - a->id) + 1 : 0;
}

bool node_acl_is_masked(const struct node *n)
{
    bool is_masked = false;
    for (size_t i = 0; i < n->acl_count && !is_masked; i++) {
        is_masked = masked_user_bytes(&n->acl[i]) > 0;
    }
    return is_masked;
}

bool node_kind_equal(const struct node *a, const struct node *b)
{
    if (!a->is_kind_exact || !b->is_kind_exact) {
        return (a->kind == NODE_EPHEMERAL) == (b->kind == NODE_EPHEMERAL);
    }
    return a->kind == b->kind && a->ttl_ms == b->ttl_ms;
}

static bool same_id(const struct paddock_acl *x, const struct paddock_acl *y)
{
    size_t user = masked_user_bytes(x) > 0 ? masked_user_bytes(x) : masked_user_bytes(y);
    return user > 0 ? strncmp(x->id, y->id, user) == 0 : strcmp(x->id, y->id) == 0;
}

bool node_acl_equal(const struct node *a, const struct node *b)
{
    bool is_equal = a->acl_count == b->acl_count;
    for (size_t i = 0; is_equal && i < a->acl_count; i++) {
        const struct paddock_acl *x = &a->acl[i], *y = &b->acl[i];
        is_equal = x->perms == y->perms && strcmp(x->scheme, y->scheme) == 0 && same_id(x, y);
    }
    return is_equal;
}

bool node_data_equal(const struct node *a, const struct node *b)
{
    return slice_equal(slice_of(a->data.bytes, a->data.len), slice_of(b->data.bytes, b->data.len));
}

void node_stream_close(struct node_stream *s)
{
    if (s != NULL) {
        s->close(s);
    }
}

// SPDX-License-Identifier: Apache-2.0
//
// One record per owner in a hash table, with the list of its nodes; see ephemerals.h.
#include "tree/ephemerals.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"

struct owner {
    struct hmap_link link;
    int64_t session;
    struct list nodes; // of znode_ext.kin
};

void ephemerals_init(struct ephemerals *e, uint64_t hash_seed)
{
    e->hash_seed = hash_seed;
    e->count = 0;
    hmap_init(&e->owners);
}

void ephemerals_fini(struct ephemerals *e)
{
    struct hmap_link *l = hmap_any(&e->owners);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&e->owners, l);
        mem_free(CONTAINER_OF(l, struct owner, link));
        l = after;
    }
    hmap_fini(&e->owners);
}

static uint32_t hash_of(const struct ephemerals *e, int64_t session)
{
    return (uint32_t)hash_keyed(e->hash_seed, slice_of(&session, sizeof(session)));
}

static struct owner *find(const struct ephemerals *e, int64_t session)
{
    uint32_t hash = hash_of(e, session);
    for (struct hmap_link *l = hmap_first(&e->owners, hash); l != NULL; l = hmap_next(l, hash)) {
        struct owner *o = CONTAINER_OF(l, struct owner, link);
        if (o->session == session) {
            return o;
        }
    }
    return NULL;
}

void ephemerals_add(struct ephemerals *e, struct znode_ext *node)
{
    struct owner *o = find(e, node->owner);
    if (o == NULL) {
        o = mem_zalloc(sizeof(*o));
        o->session = node->owner;
        list_init(&o->nodes);
        hmap_insert(&e->owners, &o->link, hash_of(e, node->owner));
    }
    list_push_back(&o->nodes, &node->kin);
    e->count++;
}

void ephemerals_remove(struct ephemerals *e, struct znode_ext *node)
{
    list_remove(&node->kin);
    e->count--;
}

void ephemerals_forget(struct ephemerals *e, int64_t session)
{
    struct owner *o = find(e, session);
    if (o != NULL) {
        ASSERT(list_is_empty(&o->nodes));
        hmap_remove(&e->owners, &o->link);
        mem_free(o);
    }
}

struct znode *ephemerals_first(const struct ephemerals *e, int64_t session)
{
    const struct owner *o = find(e, session);
    if (o == NULL || list_is_empty(&o->nodes)) {
        return NULL;
    }
    return CONTAINER_OF(o->nodes.next, struct znode_ext, kin)->node;
}

void ephemerals_each(const struct ephemerals *e, int64_t session,
                     void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    const struct owner *o = find(e, session);
    if (o == NULL) {
        return;
    }
    LIST_FOREACH (l, &o->nodes) {
        each(ctx, CONTAINER_OF(l, struct znode_ext, kin)->node);
    }
}

void ephemerals_owners_each(const struct ephemerals *e, void (*each)(void *ctx, int64_t session),
                            void *ctx)
{
    for (struct hmap_link *l = hmap_any(&e->owners); l != NULL; l = hmap_after(&e->owners, l)) {
        each(ctx, CONTAINER_OF(l, struct owner, link)->session);
    }
}

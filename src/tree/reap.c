// SPDX-License-Identifier: Apache-2.0
//
// Containers and TTL nodes: which of them may be deleted now. A node with children never may, so
// those are kept in a list that nobody looks at. TTL nodes without children lie in buckets by the
// minute in which their time ends:
//
//     ttl_buckets --hash(minute)--> bucket { minute, nodes }
//
// so that a million nodes that may stay cost nothing but their buckets. A bucket goes with its last
// node. Source: ContainerManager.getCandidates.
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tree/tree_priv.h"

enum { BUCKET_MS = 60000 };

struct ttl_bucket {
    struct hmap_link link;
    int64_t number; // of BUCKET_MS since 1970
    struct list nodes;
};

void reap_init(struct reap_lists *r)
{
    list_init(&r->idle_containers);
    list_init(&r->busy);
    hmap_init(&r->ttl_buckets);
    r->ttl_count = 0;
}

void reap_fini(struct reap_lists *r)
{
    struct hmap_link *l = hmap_any(&r->ttl_buckets);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&r->ttl_buckets, l);
        mem_free(CONTAINER_OF(l, struct ttl_bucket, link));
        l = after;
    }
    hmap_fini(&r->ttl_buckets);
}

static uint32_t hash_of(const struct tree *t, int64_t number)
{
    return (uint32_t)hash_keyed(t->options.hash_seed, slice_of(&number, sizeof(number)));
}

static struct ttl_bucket *bucket_of(struct tree *t, int64_t number)
{
    struct hmap *buckets = &t->reap.ttl_buckets;
    uint32_t hash = hash_of(t, number);
    for (struct hmap_link *l = hmap_first(buckets, hash); l != NULL; l = hmap_next(l, hash)) {
        struct ttl_bucket *b = CONTAINER_OF(l, struct ttl_bucket, link);
        if (b->number == number) {
            return b;
        }
    }
    struct ttl_bucket *b = mem_zalloc(sizeof(*b));
    b->number = number;
    list_init(&b->nodes);
    hmap_insert(buckets, &b->link, hash);
    return b;
}

static int64_t bucket_number(int64_t wall_ms)
{
    return wall_ms > 0 ? wall_ms / BUCKET_MS : 0;
}

static bool is_ttl(const struct tree *t, const struct znode_ext *x)
{
    return tree_kind_of_owner(t, x->owner) == ZNODE_TTL;
}

static void enlist(struct tree *t, struct znode_ext *x)
{
    if (x->child_count > 0) {
        list_push_back(&t->reap.busy, &x->kin);
    } else if (is_ttl(t, x)) {
        int64_t end_ms;
        if (__builtin_add_overflow(x->node->mtime, tree_ttl_of_owner(t, x->owner), &end_ms)) {
            end_ms = INT64_MAX;
        }
        list_push_back(&bucket_of(t, bucket_number(end_ms))->nodes, &x->kin);
    } else {
        list_push_back(&t->reap.idle_containers, &x->kin);
    }
}

// The last node of a bucket has the bucket's list head on both sides.
static void delist(struct tree *t, struct znode_ext *x, bool was_busy)
{
    struct list *head =
        !was_busy && is_ttl(t, x) && x->kin.prev == x->kin.next ? x->kin.prev : NULL;
    list_remove(&x->kin);
    if (head != NULL) {
        struct ttl_bucket *b = CONTAINER_OF(head, struct ttl_bucket, nodes);
        hmap_remove(&t->reap.ttl_buckets, &b->link);
        mem_free(b);
    }
}

void reap_add(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    t->reap.ttl_count += is_ttl(t, x);
    enlist(t, x);
}

void reap_remove(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    t->reap.ttl_count -= is_ttl(t, x);
    delist(t, x, x->child_count > 0);
}

void reap_children_changed(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    enum znode_kind kind = tree_kind_of_owner(t, x->owner);
    if (kind == ZNODE_CONTAINER || kind == ZNODE_TTL) {
        delist(t, x, x->child_count == 0); // there were none before the first one, some before none
        enlist(t, x);
    }
}

void reap_data_changed(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    if (x != NULL && x->owner != 0 && x->child_count == 0 && is_ttl(t, x)) {
        delist(t, x, false);
        enlist(t, x);
    }
}

// ---- asking ----

// The age of a node in ms; Java's subtraction wraps.
static int64_t age_ms(const struct znode *n, int64_t wall_ms)
{
    return (int64_t)((uint64_t)wall_ms - (uint64_t)n->mtime);
}

static void containers_each(const struct tree *t, int64_t wall_ms, int64_t never_used_ms,
                            void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    LIST_FOREACH (l, &t->reap.idle_containers) {
        const struct znode_ext *x = CONTAINER_OF(l, struct znode_ext, kin);
        bool was_used = x->cversion > 0;
        if (was_used || (never_used_ms != 0 && age_ms(x->node, wall_ms) > never_used_ms)) {
            each(ctx, x->node);
        }
    }
}

static void bucket_each(const struct tree *t, const struct ttl_bucket *b, int64_t wall_ms,
                        void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    LIST_FOREACH (l, &b->nodes) {
        const struct znode_ext *x = CONTAINER_OF(l, struct znode_ext, kin);
        int64_t ttl_ms = tree_ttl_of_owner(t, x->owner);
        if (ttl_ms != 0 && age_ms(x->node, wall_ms) > ttl_ms) {
            each(ctx, x->node);
        }
    }
}

void tree_reapable_each(const struct tree *t, int64_t wall_ms, int64_t never_used_ms,
                        void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    containers_each(t, wall_ms, never_used_ms, each, ctx);
    const struct hmap *buckets = &t->reap.ttl_buckets;
    for (struct hmap_link *l = hmap_any(buckets); l != NULL; l = hmap_after(buckets, l)) {
        const struct ttl_bucket *b = CONTAINER_OF(l, struct ttl_bucket, link);
        if (b->number <= bucket_number(wall_ms)) {
            bucket_each(t, b, wall_ms, each, ctx);
        }
    }
}

struct ttl_count {
    const struct tree *t;
    uint64_t count;
};

static void count_node(void *ctx, const struct znode *n)
{
    (void)n;
    (*(uint64_t *)ctx)++;
}

static void count_if_marked(void *ctx, int64_t session)
{
    struct ttl_count *c = ctx;
    if ((uint64_t)session >> 40 == 0xff0000) {
        ephemerals_each(&c->t->ephemerals, session, count_node, &c->count);
    }
}

// With the types off, TTL nodes lie among the ephemerals, of owners that no session can have.
uint64_t tree_ttl_node_count(const struct tree *t)
{
    struct ttl_count c = {.t = t, .count = t->reap.ttl_count};
    ephemerals_owners_each(&t->ephemerals, count_if_marked, &c);
    return c.count;
}

// ---- checking ----

static bool list_holds(const struct tree *t, const struct list *head, bool is_busy, bool is_ttls,
                       uint64_t *count)
{
    LIST_FOREACH (l, head) {
        const struct znode_ext *x = CONTAINER_OF(l, struct znode_ext, kin);
        enum znode_kind kind = tree_kind_of_owner(t, x->owner);
        bool is_here = kind == ZNODE_TTL || (kind == ZNODE_CONTAINER && !is_ttls);
        if (!is_here || (x->child_count > 0) != is_busy ||
            (!is_busy && !is_ttls && kind == ZNODE_TTL)) {
            return false;
        }
        (*count)++;
    }
    return true;
}

bool reap_holds(const struct tree *t, uint64_t node_count)
{
    uint64_t count = 0;
    bool holds = list_holds(t, &t->reap.busy, true, false, &count) &&
                 list_holds(t, &t->reap.idle_containers, false, false, &count);
    const struct hmap *buckets = &t->reap.ttl_buckets;
    for (struct hmap_link *l = hmap_any(buckets); l != NULL; l = hmap_after(buckets, l)) {
        const struct ttl_bucket *b = CONTAINER_OF(l, struct ttl_bucket, link);
        holds = holds && !list_is_empty(&b->nodes) && list_holds(t, &b->nodes, false, true, &count);
    }
    return holds && count == node_count;
}

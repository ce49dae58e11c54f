// SPDX-License-Identifier: Apache-2.0
//
// Two tables that only grow: what the tree was at a zxid, who led an epoch.
#include "sim/look.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/mem.h"
#include "server/server_priv.h"
#include "tree/tree.h"

struct known {
    struct hmap_link link;
    int64_t key;    // zxid, epoch
    uint64_t value; // digest, leader
    int by;         // the server where it was seen first
};

static uint32_t hash_of(int64_t key)
{
    return (uint32_t)hash_keyed(0, slice_of(&key, sizeof(key)));
}

static void drop_all(struct hmap *map)
{
    struct hmap_link *next = NULL;
    for (struct hmap_link *l = hmap_any(map); l != NULL; l = next) {
        next = hmap_after(map, l);
        mem_free(CONTAINER_OF(l, struct known, link));
    }
    hmap_fini(map);
}

// What is known of the key; made of the other arguments when nothing is.
static const struct known *learn(struct hmap *map, int64_t key, uint64_t value, int by,
                                 bool *ret_is_new)
{
    uint32_t hash = hash_of(key);
    for (struct hmap_link *l = hmap_first(map, hash); l != NULL; l = hmap_next(l, hash)) {
        const struct known *k = CONTAINER_OF(l, struct known, link);
        if (k->key == key) {
            *ret_is_new = false;
            return k;
        }
    }
    struct known *k = mem_alloc(sizeof(*k));
    *k = (struct known){.key = key, .value = value, .by = by};
    hmap_insert(map, &k->link, hash);
    *ret_is_new = true;
    return k;
}

void look_init(struct look *l, struct world *w)
{
    *l = (struct look){.world = w};
    hmap_init(&l->states);
    hmap_init(&l->epochs);
}

void look_fini(struct look *l)
{
    drop_all(&l->states);
    drop_all(&l->epochs);
}

void look_forget(struct look *l, int number)
{
    l->last_zxid[number] = 0;
    l->last_epoch[number] = 0;
}

// ---- the rules ----

// The counter 0 is an epoch's beginning and nobody's transaction: the tree is as it was.
static void check_state(struct look *l, int number, const struct sight *s)
{
    if ((s->zxid & UINT32_MAX) == 0 || s->zxid == l->last_zxid[number]) {
        return;
    }
    l->last_zxid[number] = s->zxid;
    bool is_new;
    const struct known *k = learn(&l->states, s->zxid, s->digest, number, &is_new);
    l->compared += !is_new;
    if (k->value != s->digest) {
        world_fail(l->world,
                   "replicas: the tree of server %d at zxid 0x%" PRIx64 " has digest %016" PRIx64
                   ", that of server %d had %016" PRIx64,
                   number + 1, s->zxid, s->digest, k->by + 1, k->value);
    }
}

static void check_leader(struct look *l, int number, const struct sight *s)
{
    bool is_new;
    const struct known *k = learn(&l->epochs, s->epoch, (uint64_t)number, number, &is_new);
    if (k->value != (uint64_t)number) {
        world_fail(l->world, "leaders: servers %d and %d lead epoch %" PRId64, k->by + 1,
                   number + 1, s->epoch);
    }
}

void look_at(struct look *l, int number, const struct box *b)
{
    struct sight s = sight_of(b);
    if (l->is_blind) {
        return;
    }
    if (!s.is_up) {
        l->last_zxid[number] = 0;
        return;
    }
    if (s.epoch < l->last_epoch[number]) {
        world_fail(l->world, "epochs: server %d goes back from epoch %" PRId64 " to %" PRId64,
                   number + 1, l->last_epoch[number], s.epoch);
    }
    l->last_epoch[number] = s.epoch;
    if (s.is_serving) {
        check_state(l, number, &s);
    }
    if (s.is_serving && s.is_leading) {
        check_leader(l, number, &s);
    }
}

// ---- inside ----

struct sight sight_of(const struct box *b)
{
    const struct server *server = b->server;
    if (server == NULL) {
        return (struct sight){0};
    }
    struct sight s = {.is_up = true,
                      .is_serving = true,
                      .is_leading = true,
                      .role = "standalone",
                      .zxid = tree_last_zxid(server->tree),
                      .digest = tree_digest(server->tree)};
    if (server->ensemble != NULL) {
        const struct zab *z = ensemble_zab(server->ensemble);
        s.is_serving = zab_is_serving(z);
        s.is_leading = zab_role(z) == ZAB_LEADING;
        s.role = zab_role_name(zab_role(z));
        s.epoch = zab_epoch(z);
    }
    return s;
}

bool sight_has(const struct box *b, struct slice path)
{
    return b->server != NULL && tree_find(b->server->tree, path) != NULL;
}

static uint64_t hash_of_node(const struct tree *t, const struct znode *n, struct buf *scratch)
{
    struct jute_stat_persisted stat;
    znode_stat_stored(n, &stat);
    buf_clear(scratch);
    znode_path(n, scratch);
    if (slice_starts_with(buf_slice(scratch),
                          slice_str("/zookeeper"))) { // statistics, configuration
        return 0;
    }
    buf_put_i32(scratch, (int32_t)znode_data(n).len);
    buf_append_slice(scratch, znode_data(n));
    jute_stat_persisted_encode(&stat, scratch);
    jute_acl_vec_encode(tree_acl(t, znode_acl_id(n)), scratch);
    return hash_keyed(1, buf_slice(scratch));
}

static void add_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    uint64_t *sum = ctx;
    int64_t pair[2] = {session, timeout_ms};
    *sum += hash_keyed(2, slice_of(pair, sizeof(pair)));
}

static const struct znode *next_node(const struct znode *n)
{
    const struct znode *next = znode_first_child(n);
    while (next == NULL && n != NULL) {
        next = znode_next_sibling(n);
        n = znode_parent(n);
    }
    return next;
}

uint64_t sight_hash(const struct box *b)
{
    const struct tree *t = b->server->tree;
    uint64_t sum = 0;
    struct buf scratch = {0};
    for (const struct znode *n = tree_find(t, slice_str("/")); n != NULL; n = next_node(n)) {
        sum += hash_of_node(t, n, &scratch); // children stand in no order
    }
    buf_fini(&scratch);
    tree_sessions_each(t, add_session, &sum);
    return sum;
}

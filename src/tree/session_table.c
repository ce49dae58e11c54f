// SPDX-License-Identifier: Apache-2.0
//
// One small record per session in a hash table; see session_table.h.
#include "tree/session_table.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"

struct session {
    struct hmap_link link; // `spare` is the newest pass that had it
    int64_t id;
    int32_t timeout_ms;
};

void session_table_init(struct session_table *s, uint64_t hash_seed)
{
    s->hash_seed = hash_seed;
    hmap_init(&s->sessions);
}

void session_table_fini(struct session_table *s)
{
    struct hmap_link *l = hmap_any(&s->sessions);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&s->sessions, l);
        mem_free(CONTAINER_OF(l, struct session, link));
        l = after;
    }
    hmap_fini(&s->sessions);
}

static uint32_t hash_of(const struct session_table *s, int64_t id)
{
    return (uint32_t)hash_keyed(s->hash_seed, slice_of(&id, sizeof(id)));
}

static struct session *find(const struct session_table *s, int64_t id)
{
    uint32_t hash = hash_of(s, id);
    for (struct hmap_link *l = hmap_first(&s->sessions, hash); l != NULL; l = hmap_next(l, hash)) {
        struct session *e = CONTAINER_OF(l, struct session, link);
        if (e->id == id) {
            return e;
        }
    }
    return NULL;
}

void session_table_put(struct session_table *s, int64_t session, int32_t timeout_ms)
{
    struct session *e = find(s, session);
    if (e == NULL) {
        e = mem_zalloc(sizeof(*e));
        e->id = session;
        hmap_insert(&s->sessions, &e->link, hash_of(s, session));
    }
    e->timeout_ms = timeout_ms;
}

void session_table_remove(struct session_table *s, int64_t session)
{
    struct session *e = find(s, session);
    if (e != NULL) {
        hmap_remove(&s->sessions, &e->link);
        mem_free(e);
    }
}

bool session_table_find(const struct session_table *s, int64_t session, int32_t *ret_timeout_ms)
{
    const struct session *e = find(s, session);
    if (e == NULL) {
        return false;
    }
    *ret_timeout_ms = e->timeout_ms;
    return true;
}

void session_table_each(const struct session_table *s,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx)
{
    for (struct hmap_link *l = hmap_any(&s->sessions); l != NULL; l = hmap_after(&s->sessions, l)) {
        const struct session *e = CONTAINER_OF(l, struct session, link);
        each(ctx, e->id, e->timeout_ms);
    }
}

bool session_table_step(struct session_table *s, size_t index, uint32_t pass,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx)
{
    if (index >= s->sessions.bucket_count) {
        return false;
    }
    for (struct hmap_link *l = hmap_bucket(&s->sessions, index); l != NULL; l = l->next) {
        if (l->spare != pass) {
            l->spare = pass;
            const struct session *e = CONTAINER_OF(l, struct session, link);
            each(ctx, e->id, e->timeout_ms);
        }
    }
    return true;
}

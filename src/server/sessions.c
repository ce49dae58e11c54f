// SPDX-License-Identifier: Apache-2.0
//
// Sessions by id, and their deadlines.
#include "server/sessions.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/connect.h"

// Ids count up from a start value, so a multiplicative hash spreads them over the buckets.
uint32_t sessions_hash(int64_t id)
{
    return (uint32_t)(((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

void sessions_init(struct sessions *s, int64_t tick_ms, int64_t sid, int64_t now_ms)
{
    hmap_init(&s->by_id);
    expiry_init(&s->expiry, tick_ms, now_ms);
    s->next_id = connect_first_session_id(now_ms, sid);
    s->is_leading = false;
}

static void remove_all(struct sessions *s)
{
    struct hmap_link *link = hmap_any(&s->by_id);
    while (link != NULL) {
        struct hmap_link *next = hmap_after(&s->by_id, link);
        hmap_remove(&s->by_id, link);
        mem_free(CONTAINER_OF(link, struct session, link));
        link = next;
    }
}

void sessions_fini(struct sessions *s)
{
    remove_all(s);
    hmap_fini(&s->by_id);
}

void sessions_clear(struct sessions *s, int64_t now_ms)
{
    remove_all(s);
    expiry_init(&s->expiry, s->expiry.interval_ms, now_ms);
}

int64_t sessions_new_id(struct sessions *s)
{
    return s->next_id++;
}

struct session *sessions_find(const struct sessions *s, int64_t id)
{
    uint32_t hash = sessions_hash(id);
    for (struct hmap_link *l = hmap_first(&s->by_id, hash); l != NULL; l = hmap_next(l, hash)) {
        struct session *session = CONTAINER_OF(l, struct session, link);
        if (session->id == id) {
            return session;
        }
    }
    return NULL;
}

struct session *sessions_track(struct sessions *s, int64_t id, int32_t timeout_ms, int64_t now_ms)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        session = mem_zalloc(sizeof(*session));
        session->id = id;
        session->timeout_ms = timeout_ms;
        expiry_item_init(&session->expiry);
        hmap_insert(&s->by_id, &session->link, sessions_hash(id));
    }
    if (!session->is_closing) {
        expiry_touch(&s->expiry, &session->expiry, now_ms, timeout_ms);
    }
    return session;
}

void sessions_remove(struct sessions *s, int64_t id)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        return;
    }
    expiry_remove(&s->expiry, &session->expiry);
    hmap_remove(&s->by_id, &session->link);
    mem_free(session);
}

bool sessions_touch(struct sessions *s, struct session *session, int32_t timeout_ms, int64_t now_ms)
{
    if (session == NULL || session->is_closing) {
        return false;
    }
    expiry_touch(&s->expiry, &session->expiry, now_ms, timeout_ms);
    return true;
}

void sessions_end(struct sessions *s, struct session *session, int64_t now_ms)
{
    if (!session->is_closing) {
        expiry_touch(&s->expiry, &session->expiry, now_ms, 0);
    }
}

void sessions_set_closing(struct sessions *s, struct session *session)
{
    session->is_closing = true;
    expiry_remove(&s->expiry, &session->expiry);
}

void sessions_reopen(struct sessions *s, struct session *session, int64_t now_ms)
{
    session->is_closing = false;
    expiry_touch(&s->expiry, &session->expiry, now_ms, session->timeout_ms);
}

enum zk_code sessions_check(const struct sessions *s, int64_t id, uint64_t link)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        return s->is_leading ? ZK_SESSION_EXPIRED : ZK_UNKNOWN_SESSION;
    }
    if (session->is_closing) {
        return ZK_SESSION_EXPIRED;
    }
    if (!session->has_owner) {
        session_set_owner(session, link);
    }
    return session->owner == link ? ZK_OK : ZK_SESSION_MOVED;
}

struct session *sessions_take_expired(struct sessions *s, int64_t now_ms)
{
    struct expiry_item *item = expiry_take_due(&s->expiry, now_ms);
    if (item == NULL) {
        return NULL;
    }
    struct session *session = CONTAINER_OF(item, struct session, expiry);
    ASSERT(!session->is_closing);
    session->is_closing = true;
    return session;
}

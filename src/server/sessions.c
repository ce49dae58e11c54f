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
    *s = (struct sessions){.next_id = connect_first_session_id(now_ms, sid), .sid = sid};
    hmap_init(&s->by_id);
    expiry_init(&s->expiry, tick_ms, now_ms);
    expiry_init(&s->local, tick_ms, now_ms);
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
    expiry_init(&s->local, s->local.interval_ms, now_ms);
    s->local_count = 0;
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

static struct session *add(struct sessions *s, int64_t id, int32_t timeout_ms)
{
    struct session *session = mem_zalloc(sizeof(*session));
    session->id = id;
    session->timeout_ms = timeout_ms;
    expiry_item_init(&session->expiry);
    hmap_insert(&s->by_id, &session->link, sessions_hash(id));
    return session;
}

static struct expiry *queue_of(struct sessions *s, const struct session *session)
{
    return session->is_local ? &s->local : &s->expiry;
}

struct session *sessions_track(struct sessions *s, int64_t id, int32_t timeout_ms, int64_t now_ms)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        session = add(s, id, timeout_ms);
    }
    (void)sessions_touch(s, session, timeout_ms, now_ms);
    return session;
}

struct session *sessions_track_local(struct sessions *s, int64_t id, int32_t timeout_ms,
                                     int64_t now_ms)
{
    ASSERT(sessions_find(s, id) == NULL);
    struct session *session = add(s, id, timeout_ms);
    session->is_local = true;
    s->local_count++;
    expiry_touch(&s->local, &session->expiry, now_ms, timeout_ms);
    return session;
}

void sessions_make_global(struct sessions *s, struct session *session, int64_t now_ms)
{
    ASSERT(session->is_local);
    expiry_remove(&s->local, &session->expiry);
    session->is_local = false;
    s->local_count--;
    (void)sessions_touch(s, session, session->timeout_ms, now_ms);
}

void sessions_remove(struct sessions *s, int64_t id)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        return;
    }
    expiry_remove(queue_of(s, session), &session->expiry);
    s->local_count -= session->is_local ? 1 : 0;
    hmap_remove(&s->by_id, &session->link);
    mem_free(session);
}

bool sessions_touch(struct sessions *s, struct session *session, int32_t timeout_ms, int64_t now_ms)
{
    if (session == NULL || session->is_closing) {
        return false;
    }
    expiry_touch(queue_of(s, session), &session->expiry, now_ms, timeout_ms);
    return true;
}

void sessions_end(struct sessions *s, struct session *session, int64_t now_ms)
{
    if (!session->is_closing) {
        expiry_touch(queue_of(s, session), &session->expiry, now_ms, 0);
    }
}

void sessions_set_closing(struct sessions *s, struct session *session)
{
    session->is_closing = true;
    expiry_remove(queue_of(s, session), &session->expiry);
}

void sessions_reopen(struct sessions *s, struct session *session, int64_t now_ms)
{
    session->is_closing = false;
    expiry_touch(queue_of(s, session), &session->expiry, now_ms, session->timeout_ms);
}

// The server that made an id is in its first byte. Source: LeaderSessionTracker.checkSession;
// differs: server ids from 128 on are recognised, too.
static bool may_be_foreign(const struct sessions *s, int64_t id)
{
    return s->allows_local && (uint8_t)(id >> 56) != (uint8_t)s->sid;
}

enum zk_code sessions_check(const struct sessions *s, int64_t id, uint64_t link)
{
    struct session *session = sessions_find(s, id);
    if (session == NULL) {
        if (s->is_leading && may_be_foreign(s, id)) {
            return ZK_OK;
        }
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

enum zk_code sessions_check_global(const struct sessions *s, int64_t id, uint64_t link)
{
    const struct session *session = sessions_find(s, id);
    if (session == NULL) {
        return ZK_SESSION_EXPIRED;
    }
    return session->is_local ? ZK_EPHEMERAL_ON_LOCAL_SESSION : sessions_check(s, id, link);
}

void sessions_postpone(struct sessions *s, int64_t by_ms)
{
    expiry_postpone(&s->expiry, by_ms);
    expiry_postpone(&s->local, by_ms);
}

static struct session *take_expired(struct expiry *queue, int64_t now_ms)
{
    struct expiry_item *item = expiry_take_due(queue, now_ms);
    if (item == NULL) {
        return NULL;
    }
    struct session *session = CONTAINER_OF(item, struct session, expiry);
    ASSERT(!session->is_closing);
    session->is_closing = true;
    return session;
}

struct session *sessions_take_expired(struct sessions *s, int64_t now_ms)
{
    return take_expired(&s->expiry, now_ms);
}

struct session *sessions_take_ended(struct sessions *s, int64_t now_ms)
{
    struct session *session = take_expired(&s->expiry, now_ms);
    while (session != NULL && session->conn != NULL) {
        session->is_closing = false; // its next request queues it again
        session = take_expired(&s->expiry, now_ms);
    }
    return session;
}

struct session *sessions_take_expired_local(struct sessions *s, int64_t now_ms)
{
    return take_expired(&s->local, now_ms);
}

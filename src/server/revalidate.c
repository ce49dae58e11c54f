// SPDX-License-Identifier: Apache-2.0
//
// Both ends of the question whether a session lives.
#include "server/revalidate.h"

#include "base/mark.h"
#include "base/mem.h"
#include "server/server_priv.h"

enum { TOUCH_BYTES = 12, QUESTION_BYTES = 12, ANSWER_BYTES = 9 };

// ---- what was heard ----

struct touch {
    struct hmap_link link;
    int64_t session;
    int32_t timeout_ms;
};

void touched_init(struct touched *t)
{
    hmap_init(&t->by_id);
    t->round = 1;
}

static struct touch *find_touch(const struct touched *t, int64_t session)
{
    uint32_t hash = sessions_hash(session);
    for (struct hmap_link *l = hmap_first(&t->by_id, hash); l != NULL; l = hmap_next(l, hash)) {
        struct touch *touch = CONTAINER_OF(l, struct touch, link);
        if (touch->session == session) {
            return touch;
        }
    }
    return NULL;
}

void touched_add(struct touched *t, int64_t session, int32_t timeout_ms)
{
    struct touch *touch = find_touch(t, session);
    if (touch == NULL) {
        touch = mem_zalloc(sizeof(*touch));
        touch->session = session;
        hmap_insert(&t->by_id, &touch->link, sessions_hash(session));
    }
    touch->timeout_ms = timeout_ms;
}

static void forget(struct touched *t, struct touch *touch)
{
    hmap_remove(&t->by_id, &touch->link);
    mem_free(touch);
}

void touched_remove(struct touched *t, int64_t session)
{
    struct touch *touch = find_touch(t, session);
    if (touch != NULL) {
        forget(t, touch);
    }
}

// `to` may be NULL.
static void take_all(struct touched *t, struct buf *to)
{
    struct hmap_link *l = hmap_any(&t->by_id);
    while (l != NULL) {
        struct hmap_link *next = hmap_after(&t->by_id, l);
        struct touch *touch = CONTAINER_OF(l, struct touch, link);
        if (to != NULL) {
            buf_put_i64(to, touch->session);
            buf_put_i32(to, touch->timeout_ms);
        }
        forget(t, touch);
        l = next;
    }
    t->round++;
}

void touched_take(struct touched *t, struct buf *to)
{
    take_all(t, to);
}

void touched_clear(struct touched *t)
{
    take_all(t, NULL);
}

void touched_fini(struct touched *t)
{
    touched_clear(t);
    hmap_fini(&t->by_id);
}

// ---- a learner ----

void revalidate_ask(struct server *s, struct conn *c)
{
    struct buf data = {0};
    buf_put_i64(&data, c->session_id);
    buf_put_i32(&data, c->timeout_ms);
    const struct zab_packet packet = {
        .type = ZAB_REVALIDATE, .zxid = -1, .data = buf_slice(&data), .authinfo = slice_null()};
    list_push_back(&s->revalidating, &c->resumable);
    ensemble_ask_session(s->ensemble, &packet);
    buf_fini(&data);
}

void revalidate_touched(struct server *s, struct session *session, int32_t timeout_ms)
{
    struct touched *t = &s->touched;
    if (session->touched_round != t->round) {
        session->touched_round = t->round;
        touched_add(t, session->id, timeout_ms);
    }
}

// One answer for each question, in their order; a connection that has gone meanwhile leaves its
// answer to a later one of the same session.
void revalidate_answered(struct server *s, const struct zab_packet *packet)
{
    if (packet->data.len < ANSWER_BYTES) {
        MARK("malformed answer to a revalidation");
        return;
    }
    int64_t session = (int64_t)be64_load(packet->data.data);
    LIST_FOREACH_SAFE (it, tmp, &s->revalidating) {
        struct conn *c = CONTAINER_OF(it, struct conn, resumable);
        if (c->session_id == session) {
            list_remove(&c->resumable);
            connect_revalidated(c, packet->data.data[8] != 0);
            return;
        }
    }
}

// ---- the leader ----

// Nobody's local session is valid anywhere else. Source: LeaderZooKeeperServer,
// checkIfValidGlobalSession.
static bool is_valid(struct server *s, struct session *session, int32_t timeout_ms)
{
    return session != NULL && !session->is_local &&
           sessions_touch(&s->sessions, session, timeout_ms, server_now_ms(s));
}

void revalidate_requested(struct server *s, zab_link link, const struct zab_packet *packet)
{
    if (packet->data.len < QUESTION_BYTES) {
        MARK("malformed revalidation");
        return;
    }
    stats_count(s->stats, STATS_REVALIDATE_COUNT, 1);
    int64_t id = (int64_t)be64_load(packet->data.data);
    int32_t timeout_ms = (int32_t)be32_load(packet->data.data + 8);
    struct session *session = sessions_find(&s->sessions, id);
    bool lives = is_valid(s, session, timeout_ms);
    if (lives) {
        session_set_owner(session, link);
    }
    uint8_t data[ANSWER_BYTES];
    be64_store(data, (uint64_t)id);
    data[8] = lives ? 1 : 0;
    const struct zab_packet answer = {.type = ZAB_REVALIDATE,
                                      .zxid = packet->zxid,
                                      .data = slice_of(data, sizeof(data)),
                                      .authinfo = slice_null()};
    ensemble_answer(s->ensemble, link, &answer);
}

void revalidate_heard(struct server *s, struct slice touched)
{
    for (; touched.len >= TOUCH_BYTES; touched = slice_skip(touched, TOUCH_BYTES)) {
        int64_t id = (int64_t)be64_load(touched.data);
        int32_t timeout_ms = (int32_t)be32_load(touched.data + 8);
        struct session *session = sessions_find(&s->sessions, id);
        if (session != NULL && !session->is_local) { // a local one is not theirs to touch
            (void)sessions_touch(&s->sessions, session, timeout_ms, server_now_ms(s));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//
// What a follower does for the observers that learn from it, between them and its leader: their
// requests go on as they are, and come back to them as transactions (zab/leader_master.c); answers
// to syncs and to questions for sessions go back to who asked.
//
// An observer is not read while the leader does not take what we have for it.
// Source: ObserverMaster, FollowerRequestProcessor.
#include "base/mark.h"
#include "base/mem.h"
#include "jute/op.h"
#include "server/ensemble_priv.h"
#include "server/forward.h"
#include "server/revalidate.h"

enum { OPCODE_AT = 12, SESSION_BYTES = 8, TOUCH_BYTES = 12, ANSWER_BYTES = 9 };

// ---- from an observer ----

static void refuse(struct ensemble *e, zab_link link)
{
    MARK("an observer asks too much");
    ensemble_close_link(e, link);
    struct zab_event event = {.type = ZAB_EV_LINK_DOWN, .link = link};
    ensemble_step(e, &event);
}

static void pass_on(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    struct link *leader = links_find(&e->links, zab_leader_link(e->zab));
    struct link *observer = links_find(&e->links, link);
    ensemble_ask_leader(e, packet);
    if (leader != NULL && observer != NULL && !link_has_room(leader)) {
        MARK("an observer waits for the leader");
        link_hold(observer);
        e->holds_observers = true;
    }
}

void ensemble_relay_room(struct ensemble *e, zab_link link)
{
    if (!e->holds_observers || link != zab_leader_link(e->zab)) {
        return;
    }
    e->holds_observers = false;
    size_t count = zab_followers(e->zab, NULL, 0);
    struct zab_follower *observers = mem_alloc((count + 1) * sizeof(*observers));
    (void)zab_followers(e->zab, observers, count);
    for (size_t i = 0; i < count; i++) {
        struct link *l = links_find(&e->links, observers[i].link);
        if (l != NULL) {
            link_release(l);
        }
    }
    mem_free(observers);
}

// What else there is, a leader ignores.
static bool is_for_leader(int32_t type)
{
    return type == OP_SYNC || type == OP_CREATE_SESSION || op_kind(type) == OP_KIND_WRITE;
}

void ensemble_relay_request(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    int32_t type = (int32_t)be32_load(packet->data.data + OPCODE_AT); // zab/ has seen the header
    const struct relay_question question = {.link = link};
    if (type == OP_SYNC && !relay_ask(&e->syncs_asked, question)) {
        refuse(e, link);
    } else if (is_for_leader(type)) {
        pass_on(e, link, packet);
    }
}

void ensemble_relay_revalidate(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    const struct relay_question question = {
        .link = link,
        .timeout_ms = (int32_t)be32_load(packet->data.data + SESSION_BYTES),
    };
    stats_count(e->server->stats, STATS_REVALIDATE_COUNT, 1);
    if (relay_ask(&e->sessions_asked, question)) {
        pass_on(e, link, packet);
    } else {
        refuse(e, link);
    }
}

void ensemble_relay_touched(struct ensemble *e, struct slice touched)
{
    for (; touched.len >= TOUCH_BYTES; touched = slice_skip(touched, TOUCH_BYTES)) {
        int64_t session = (int64_t)be64_load(touched.data);
        int32_t timeout_ms = (int32_t)be32_load(touched.data + SESSION_BYTES);
        touched_add(&e->server->touched, session, timeout_ms);
    }
}

// ---- from the leader ----

void ensemble_relay_synced(struct ensemble *e)
{
    zab_link link = relay_answer(&e->syncs_asked).link;
    if (link == 0) {
        pipeline_forward_synced(&e->server->pipeline);
        return;
    }
    struct zab_event event = {.type = ZAB_EV_SYNC, .link = link};
    ensemble_step(e, &event);
}

// A session that lives is touched, as the leader has touched it.
void ensemble_relay_revalidated(struct ensemble *e, const struct zab_packet *packet)
{
    struct relay_question question = relay_answer(&e->sessions_asked);
    if (question.link == 0) {
        revalidate_answered(e->server, packet);
        return;
    }
    ensemble_send(e, question.link, packet);
    if (packet->data.len >= ANSWER_BYTES && packet->data.data[SESSION_BYTES] != 0) {
        touched_add(&e->server->touched, (int64_t)be64_load(packet->data.data),
                    question.timeout_ms);
    }
}

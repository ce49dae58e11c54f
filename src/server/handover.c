// SPDX-License-Identifier: Apache-2.0
//
// Why a leader goes, and how long a server that stops takes for it.
#include "server/handover.h"

#include "base/mark.h"
#include "server/server_priv.h"

enum {
    STOP_TICKS = 2, // for the hand-over of a server that is to stop
    STAY_MS = 500,  // with the new leader, which needs a quorum until slower ones have come
};

static void on_time(struct port_timer *timer)
{
    struct handover *h = CONTAINER_OF(timer, struct handover, timer);
    server_take_time(h->server);
    server_stop(h->server);
}

void handover_init(struct handover *h, struct server *s)
{
    *h = (struct handover){.server = s, .timer = {.fire = on_time}};
}

void handover_fini(struct handover *h)
{
    if (h->server != NULL) {
        h->server->options.loop->timer_stop(h->server->options.loop, &h->timer);
    }
}

static bool leads(const struct server *s)
{
    return s->state == SERVER_SERVING && s->pipeline.mode == PIPELINE_LEADING;
}

static bool try_to_go(struct handover *h, const char *why)
{
    struct server *s = h->server;
    const char *refusal = ensemble_hand_over(s->ensemble, -1);
    if (refusal == NULL) {
        log_event_str(s->log, EVENT_HAND_OVER, "why", why);
    } else if (refusal != h->refused) {
        struct log_line l;
        if (log_begin(&l, s->log, EVENT_HAND_OVER_REFUSED)) {
            log_str(&l, "why", why);
            log_str(&l, "reason", refusal);
            log_end(&l);
        }
    }
    h->refused = refusal;
    return refusal == NULL;
}

// ---- a server that is to stop ----

static void stop_in(struct handover *h, int64_t ms)
{
    h->server->options.loop->timer_start(h->server->options.loop, &h->timer, ms);
}

bool handover_before_stop(struct handover *h)
{
    struct server *s = h->server;
    if (h->is_stopping || s->ensemble == NULL || !leads(s) ||
        !try_to_go(h, "this server is to stop")) {
        handover_fini(h);
        return false;
    }
    h->is_stopping = true;
    stop_in(h, (int64_t)STOP_TICKS * s->config->tick_time_ms);
    return true;
}

void handover_served(struct handover *h)
{
    if (h->is_stopping && !h->has_successor) {
        h->has_successor = true; // roles that come and go do not keep it
        stop_in(h, STAY_MS);
    }
}

void handover_given_up(struct handover *h)
{
    if (h->is_stopping) {
        stop_in(h, 0);
    }
}

// ---- a leader that should not go on ----

void handover_look(struct handover *h)
{
    struct server *s = h->server;
    if (s->ensemble == NULL || !leads(s) || s->hold.is_on) {
        return;
    }
    int64_t zxid = s->pipeline.last_zxid;
    bool is_quiet = zxid == h->seen_zxid && pipeline_is_idle(&s->pipeline);
    h->seen_zxid = zxid;
    if (pipeline_log_silence_ms(&s->pipeline) >= s->config->tick_time_ms) {
        MARK("a disk that does not answer ends a role");
        (void)try_to_go(h, "the disk does not answer");
    } else if ((uint32_t)zxid >= HANDOVER_COUNTER_LATE ||
               ((uint32_t)zxid >= HANDOVER_COUNTER_EARLY && is_quiet)) {
        (void)try_to_go(h, "the zxids of this epoch are nearly used up");
    }
}

// SPDX-License-Identifier: Apache-2.0
//
// When read-only mode begins and ends.
#include "server/read_only.h"

#include "jute/op.h"
#include "server/server_priv.h"

enum { GRACE_MIN_MS = 2000 };

static void on_grace_over(struct port_timer *timer)
{
    struct read_only *r = CONTAINER_OF(timer, struct read_only, timer);
    server_take_time(r->server);
    if (r->server->state == SERVER_RESTING) {
        server_read(r->server);
    }
}

void read_only_init(struct read_only *r, struct server *s)
{
    *r = (struct read_only){.server = s, .timer = {.fire = on_grace_over}};
}

void read_only_fini(struct read_only *r)
{
    if (r->server != NULL) {
        read_only_look(r, false);
    }
}

void read_only_look(struct read_only *r, bool is_looking)
{
    struct server *s = r->server;
    if (is_looking == r->is_looking || !s->config->read_only_mode_enabled) {
        return;
    }
    r->is_looking = is_looking;
    struct port_loop *loop = s->options.loop;
    if (is_looking) {
        int64_t tick_ms = s->config->tick_time_ms;
        loop->timer_start(loop, &r->timer, tick_ms > GRACE_MIN_MS ? tick_ms : GRACE_MIN_MS);
        return;
    }
    loop->timer_stop(loop, &r->timer);
    if (s->state == SERVER_READING) {
        server_rest(s);
    }
}

// A session that is closed is a local one, which ends here.
bool read_only_refuses(int32_t type)
{
    return type == OP_SYNC || (op_kind(type) == OP_KIND_WRITE && type != OP_CLOSE_SESSION);
}

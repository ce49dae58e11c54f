// SPDX-License-Identifier: Apache-2.0
//
// Recording callbacks, and the two machines.
#include "tests/unit/server/link_world.h"

#include <inttypes.h>

#include "base/mem.h"

// ---- what is told ----

static struct link_side *side_of(struct link *l)
{
    return link_links(l)->options.owner;
}

static struct link_world *world_of(struct link_side *side)
{
    return CONTAINER_OF(side->node->world, struct link_world, world);
}

static void on_up(struct link *l)
{
    buf_append_str(&side_of(l)->told, "up;");
}

static void on_packet(struct link *l, const struct zab_packet *p)
{
    struct link_side *side = side_of(l);
    side->packets++;
    side->packet_bytes += p->data.len;
    for (size_t i = 0; i < p->data.len; i++) {
        assert_int_equal(p->data.data[i], (uint8_t)(p->zxid + (int64_t)i));
    }
    if (!side->is_quiet) {
        buf_printf(&side->told, "%s %" PRId64 " %zu;", zab_packet_name(p->type), p->zxid,
                   p->data.len);
    }
    if (side->holds_at_packet) {
        link_hold(l);
    }
    if (side->raw_at_packet) {
        link_set_raw(l, true);
    }
    if (side->closes_at_packet) {
        link_close(l);
        struct link_world *w = world_of(side);
        *(side == &w->here ? &w->link : &w->accepted) = NULL;
    }
}

static void on_raw(struct link *l, struct slice bytes, size_t *ret_used, bool *ret_done)
{
    struct link_side *side = side_of(l);
    size_t take = bytes.len;
    take = side->raw_take_max != 0 && take > side->raw_take_max ? side->raw_take_max : take;
    if (side->raw_ends_at != 0 && take > side->raw_ends_at - side->raw.len) {
        take = side->raw_ends_at - side->raw.len;
    }
    buf_append(&side->raw, bytes.data, take);
    *ret_used = take;
    *ret_done = side->raw_ends_at != 0 && side->raw.len == side->raw_ends_at;
}

static void on_room(struct link *l)
{
    struct link_side *side = side_of(l);
    side->rooms++;
    if (side->answers_room > 0) {
        side->answers_room--;
        link_world_say(l, ZAB_COMMIT, 0, 0);
    }
}

static void on_down(struct link *l, enum err reason)
{
    struct link_side *side = side_of(l);
    struct link_world *w = world_of(side);
    buf_printf(&side->told, "down %s;", err_name(reason));
    if (w->link == l) {
        w->link = NULL;
    } else if (w->accepted == l) {
        w->accepted = NULL;
    }
}

static const struct link_handler handler = {
    .on_up = on_up,
    .on_packet = on_packet,
    .on_raw = on_raw,
    .on_room = on_room,
    .on_down = on_down,
};

const char *link_side_told(struct link_side *side)
{
    static char text[4096]; // valid until the next call
    size_t len = side->told.len < sizeof(text) ? side->told.len : sizeof(text) - 1;
    memcpy(text, len > 0 ? (const char *)side->told.data : "", len);
    text[len] = 0;
    buf_clear(&side->told);
    return text;
}

// ---- the machines ----

static void on_turn_end(void *ctx)
{
    struct link_side *side = ctx;
    side->turns_flushed++;
    links_flush(&side->links);
}

static void side_open(struct link_side *side, struct world *w)
{
    side->node = node_open(w);
    struct sim_node *n = side->node;
    const struct links_options options = {
        .loop = &n->loop,
        .clock = &n->clock,
        .net = &n->net.port,
        .resolver = &n->resolver.port,
        .handler = &handler,
        .owner = side,
        .data_max = LINK_WORLD_DATA_MAX,
        .read_timeout_ms = 10000,
        .stall_timeout_ms = LINK_WORLD_STALL_MS,
    };
    links_init(&side->links, &options);
    n->loop.on_turn_end(&n->loop, on_turn_end, side);
}

static void side_close(struct link_side *side)
{
    links_fini(&side->links);
    buf_fini(&side->told);
    buf_fini(&side->raw);
    node_stop_process(side->node);
    node_close(side->node);
}

void link_world_open(struct link_world *w, uint64_t seed)
{
    *w = (struct link_world){.next_id = 1};
    world_init(&w->world, seed);
    side_open(&w->here, &w->world);
    side_open(&w->there, &w->world);
    struct port_address address = net_address(&w->there.node->net, 0);
    names_set(&w->world, "there", &address, 1);
}

void link_world_close(struct link_world *w)
{
    links_fini(&w->here.links);
    links_fini(&w->there.links);
    if (w->listener != NULL) {
        w->listener->close(w->listener);
    }
    side_close(&w->here);
    side_close(&w->there);
    assert_string_equal(w->world.failure, "");
    names_fini(&w->world);
    world_fini(&w->world);
}

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct link_world *w = l->owner;
    struct link *link = link_accept(&w->there.links, s, w->next_id++);
    w->accepted = link != NULL ? link : w->accepted;
}

void link_world_listen(struct link_world *w)
{
    struct port_net *net = &w->there.node->net.port;
    assert_int_equal(net->listen(net, NULL, LINK_WORLD_PORT, 0, false, &w->listener), ERR_OK);
    w->listener->owner = w;
    w->listener->on_accept = on_accept;
}

struct link *link_world_dial(struct link_world *w, const char *host)
{
    struct link_dialling where = {
        .targets = {{.host = host, .port = LINK_WORLD_PORT}},
        .target_count = 1,
        .tries = 5,
        .try_ms = 2000,
        .pause_ms = 100,
        .whole_ms = 6000,
    };
    w->link = link_dial(&w->here.links, w->next_id++, &where);
    return w->link;
}

struct alarm {
    struct port_timer timer;
    bool has_rung;
};

static void ring(struct port_timer *timer)
{
    CONTAINER_OF(timer, struct alarm, timer)->has_rung = true;
}

void link_world_run(struct link_world *w, int64_t ms)
{
    struct alarm alarm = {.timer = {.fire = ring}};
    links_flush(&w->here.links); // the test's turn ends
    links_flush(&w->there.links);
    world_start(&w->world, &alarm.timer, ms * 1000000);
    while (!alarm.has_rung && world_step(&w->world)) {
    }
    assert_string_equal(w->world.failure, "");
}

void link_world_join(struct link_world *w)
{
    link_world_listen(w);
    assert_non_null(link_world_dial(w, "there"));
    for (int i = 0; i < 1000 && (w->accepted == NULL || !link_is_up(w->link)); i++) {
        link_world_run(w, 10);
    }
    assert_non_null(w->accepted);
    assert_string_equal(link_side_told(&w->here), "up;");
}

void link_world_say(struct link *l, int32_t type, int64_t zxid, size_t data_len)
{
    uint8_t *data = mem_alloc(data_len > 0 ? data_len : 1);
    for (size_t i = 0; i < data_len; i++) {
        data[i] = (uint8_t)(zxid + (int64_t)i);
    }
    struct zab_packet p = {.type = type, .zxid = zxid, .data = slice_of(data, data_len)};
    link_send(l, &p);
    mem_free(data);
}

// SPDX-License-Identifier: Apache-2.0
//
// Building an ensemble on one stage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/server/troupe.h"

enum { READY_MS = 60000 };

// ---- set-up ----

static void print_config(const struct troupe_options *o, int id, struct buf *to)
{
    buf_printf(to, "tickTime=%d\ninitLimit=20\nsyncLimit=5\nclientPort=%d\ndataDir=/data\n",
               TROUPE_TICK_MS, BOX_CLIENT_PORT);
    for (int i = 1; i <= o->voters + o->observers; i++) {
        buf_printf(to, "server.%d=node-%d:2888:3888%s\n", i, i, i > o->voters ? ":observer" : "");
    }
    buf_append_str(to, id > o->voters ? "peerType=observer\n" : "");
    buf_append_str(to, o->zoo_cfg != NULL ? o->zoo_cfg : "");
}

// What -D sets can only be set before the file is read.
static void configure(struct box *b, const struct troupe_options *o, int id)
{
    struct buf text = {0};
    char myid[16];
    (void)snprintf(myid, sizeof(myid), "%d", id);
    print_config(o, id, &text);
    config_free(b->config);
    b->config = config_new();
    for (size_t i = 0; o->defines != NULL && o->defines[i] != NULL; i++) {
        config_define(b->config, o->defines[i]);
    }
    config_parse_file(b->config, "zoo.cfg", buf_slice(&text));
    config_set_myid(b->config, "/data/myid", slice_str(myid));
    config_finish(b->config);
    assert_false(config_has_errors(b->config));
    buf_fini(&text);
}

static void add_machine(struct troupe *t, const struct troupe_options *o, int id)
{
    struct box *b = &t->boxes[id - 1];
    struct buf text = {0};
    char name[16];
    print_config(o, id, &text);
    box_init_member(b, &t->st.world, id, buf_cstr(&text), false);
    configure(b, o, id);
    b->log.level = LOG_DEBUG; // every line is formatted
    (void)snprintf(name, sizeof(name), "node-%d", id);
    struct port_address address = net_address(&b->node->net, 0);
    names_set(&t->st.world, name, &address, 1);
    buf_fini(&text);
}

void troupe_open(struct troupe *t, uint64_t seed, const struct troupe_options *options)
{
    *t = (struct troupe){.count = options->voters + options->observers};
    list_init(&t->st.guests);
    world_init(&t->st.world, seed);
    for (int id = 1; id <= t->count; id++) {
        add_machine(t, options, id);
    }
    for (int id = 1; id <= t->count; id++) {
        troupe_start(t, id);
    }
    troupe_until_serving(t);
}

// A connection is gone when both its ends are closed: all processes end before the first machine.
void troupe_close(struct troupe *t)
{
    LIST_FOREACH_SAFE (it, tmp, &t->st.guests) {
        guest_leave(CONTAINER_OF(it, struct guest, link));
    }
    for (int id = 1; id <= t->count; id++) {
        if (troupe_server(t, id) != NULL) {
            troupe_kill(t, id);
        }
    }
    for (int id = 1; id <= t->count; id++) {
        box_fini(&t->boxes[id - 1]);
    }
    assert_string_equal(t->st.world.failure, "");
    world_fini(&t->st.world);
    buf_fini(&t->answer);
}

void troupe_kill(struct troupe *t, int id)
{
    box_kill(&t->boxes[id - 1]);
}

void troupe_start(struct troupe *t, int id)
{
    assert_int_equal(box_start(&t->boxes[id - 1]), SERVER_EXIT_OK);
}

void troupe_run(struct troupe *t, int64_t duration_ms)
{
    stage_run(&t->st, duration_ms);
}

// ---- roles ----

static bool is_serving(const struct troupe *t, int id)
{
    const struct server *s = troupe_server(t, id);
    return s != NULL && s->state == SERVER_SERVING;
}

int troupe_leader(const struct troupe *t)
{
    for (int id = 1; id <= t->count; id++) {
        if (is_serving(t, id) && troupe_server(t, id)->pipeline.mode == PIPELINE_LEADING) {
            return id;
        }
    }
    return 0;
}

int troupe_follower(const struct troupe *t)
{
    int id = troupe_leader(t) == 1 ? 2 : 1;
    assert_true(is_serving(t, id));
    return id;
}

static bool all_serve(const struct troupe *t)
{
    for (int id = 1; id <= t->count; id++) {
        if (troupe_server(t, id) != NULL && !is_serving(t, id)) {
            return false;
        }
    }
    return troupe_leader(t) != 0;
}

void troupe_until_serving(struct troupe *t)
{
    int64_t end_ms = stage_now_ms(&t->st) + READY_MS;
    while (!all_serve(t)) {
        assert_true(stage_now_ms(&t->st) < end_ms);
        stage_step(&t->st);
    }
}

static bool all_equal(const struct troupe *t)
{
    const struct server *leader = troupe_server(t, troupe_leader(t));
    for (int id = 1; id <= t->count; id++) {
        const struct server *s = troupe_server(t, id);
        // An epoch begins with a zxid that no learner applies.
        if (s != NULL && s != leader && (uint32_t)tree_last_zxid(leader->tree) != 0 &&
            tree_last_zxid(s->tree) != tree_last_zxid(leader->tree)) {
            return false;
        }
    }
    return leader->in_process == 0 && pipeline_is_idle(&leader->pipeline);
}

void troupe_until_equal(struct troupe *t)
{
    int64_t end_ms = stage_now_ms(&t->st) + READY_MS;
    while (!all_serve(t) || !all_equal(t)) {
        assert_true(stage_now_ms(&t->st) < end_ms);
        stage_step(&t->st);
    }
}

// ---- guests ----

void troupe_connect(struct guest *g, struct troupe *t, int id)
{
    guest_connect_to(g, &t->st, t->boxes[id - 1].node);
}

void troupe_enter(struct guest *g, struct troupe *t, int id)
{
    struct connect_response r;
    troupe_connect(g, t, id);
    guest_ask_session(g, 0, GUEST_TIMEOUT_MS);
    assert_true(guest_take_session(g, &r));
    assert_true(g->session_id != 0);
}

bool troupe_move(struct guest *g, struct troupe *t, int id)
{
    g->node = t->boxes[id - 1].node;
    return guest_come_back(g);
}

bool troupe_take_over(struct guest *thief, const struct guest *g, struct troupe *t, int id)
{
    struct connect_response r;
    troupe_connect(thief, t, id);
    memcpy(thief->passwd, g->passwd, sizeof(thief->passwd));
    guest_ask_session(thief, g->session_id, GUEST_TIMEOUT_MS);
    return guest_take_session(thief, &r) && thief->session_id != 0;
}

// ---- words ----

static void on_answer(void *owner, struct slice bytes)
{
    buf_append_slice(&((struct troupe *)owner)->answer, bytes);
}

static void on_end(void *owner, enum err reason)
{
    (void)reason;
    ((struct troupe *)owner)->has_answered = true;
}

const char *troupe_word(struct troupe *t, int id, const char *word)
{
    static const struct net_client_handler handler = {on_answer, on_end};
    buf_clear(&t->answer);
    t->has_answered = false;
    struct sim_node *node = t->boxes[id - 1].node;
    struct net_link *link = net_connect(node, BOX_CLIENT_PORT, &handler, t);
    assert_non_null(link);
    net_send(link, slice_str(word));
    while (!t->has_answered) {
        stage_step(&t->st);
    }
    net_hang_up(link);
    return buf_cstr(&t->answer);
}

void troupe_until_led_by_another(struct troupe *t, int than)
{
    int64_t end_ms = stage_now_ms(&t->st) + 5000;
    while (troupe_leader(t) == 0 || troupe_leader(t) == than) {
        assert_true(stage_now_ms(&t->st) < end_ms);
        stage_step(&t->st);
    }
}

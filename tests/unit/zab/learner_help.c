// SPDX-License-Identifier: Apache-2.0
//
// Building events, and comparing the printed effects.
#include "tests/unit/zab/learner_help.h"

#include <stdio.h>
#include <string.h>

#include "jute/op.h"
#include "jute/txn.h"

const char HELP_OF_THREE[] = "server.1=a:2888:3888:participant\n"
                             "server.2=b:2888:3888:participant\n"
                             "server.3=c:2888:3888:participant\n";
const char HELP_OF_TWO[] = "server.1=a:2888:3888:participant\n"
                           "server.2=b:2888:3888:participant\n";
const char HELP_OF_THREE_4[] = "server.1=a:2888:3888:participant\n"
                               "server.2=b:2888:3888:participant\n"
                               "server.3=c:2888:3888:participant\n"
                               "server.4=d:2888:3888:observer\n";
const char HELP_ONE_OBSERVES[] = "server.1=a:2888:3888:observer\n"
                                 "server.2=b:2888:3888:participant\n"
                                 "server.3=c:2888:3888:participant\n";

const char *help_config(const char *members, const char *version)
{
    static char text[512];
    (void)snprintf(text, sizeof(text), "%sversion=%s", members, version);
    return text;
}

// ---- life cycle ----

void help_init_idle(struct learner_help *h, enum zab_role role)
{
    const char *members = role == ZAB_OBSERVING ? HELP_ONE_OBSERVES : HELP_OF_THREE;
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    struct slice text = slice_str(help_config(members, "0"));
    assert_int_equal(config_servers_parse(text, &config, &complaint), ERR_OK);
    const struct zab_options options = {.sid = 1,
                                        .tick_ms = HELP_TICK_MS,
                                        .init_limit = HELP_INIT_LIMIT,
                                        .sync_limit = HELP_SYNC_LIMIT,
                                        .reconfig_enabled = true,
                                        .history_count = 100,
                                        .history_bytes = 1 << 20};
    const struct zab_recovered recovered = {
        .accepted_epoch = 1, .current_epoch = 1, .last_zxid = HELP_LAST_ZXID};
    *h = (struct learner_help){.now_ms = 1000};
    core_init(&h->core, &options, &recovered, &config, NULL);
    h->core.role = role;
    h->core.vote = (struct vote){.leader = 3, .zxid = HELP_LAST_ZXID, .peer_epoch = 1};
    h->learner = learner_new(&h->core);
    zab_effects_init(&h->effects);
    config_servers_fini(&config);
    buf_fini(&complaint);
}

// Print what is to be done, and forget it.
static void collect(struct learner_help *h)
{
    for (size_t i = 0; i < h->effects.count; i++) {
        bool is_note = h->effects.items[i].type == ZAB_DO_NOTE;
        struct buf *to = is_note ? &h->notes : &h->text;
        zab_effect_print(&h->effects.items[i], to);
        buf_append_str(to, "\n");
    }
    zab_effects_clear(&h->effects);
}

void help_begin(struct learner_help *h)
{
    learner_begin(h->learner, &h->core.vote, h->now_ms, &h->effects);
    collect(h);
}

void help_init(struct learner_help *h, enum zab_role role)
{
    help_init_idle(h, role);
    help_begin(h);
}

void help_fini(struct learner_help *h)
{
    learner_free(h->learner);
    core_fini(&h->core);
    zab_effects_fini(&h->effects);
    buf_fini(&h->text);
    buf_fini(&h->notes);
}

// ---- events ----

void help_step(struct learner_help *h, struct zab_event e)
{
    e.now_ms = h->now_ms;
    learner_step(h->learner, &e, &h->effects);
    collect(h);
}

void help_event(struct learner_help *h, enum zab_event_type type)
{
    help_step(h, (struct zab_event){.type = type, .link = learner_link(h->learner), .is_ok = true});
}

void help_packet(struct learner_help *h, int32_t type, int64_t zxid, struct slice data)
{
    help_step(h, (struct zab_event){.type = ZAB_EV_PACKET,
                                    .link = learner_link(h->learner),
                                    .packet = {.type = type, .zxid = zxid, .data = data}});
}

void help_proposal(struct learner_help *h, int32_t packet_type, int64_t zxid)
{
    help_packet(h, packet_type, zxid, help_txn(zxid));
}

void help_logged(struct learner_help *h, int64_t zxid)
{
    help_step(h, (struct zab_event){.type = ZAB_EV_LOGGED, .zxid = zxid});
}

void help_pass(struct learner_help *h, int64_t ms)
{
    h->now_ms += ms;
    help_event(h, ZAB_EV_TIME);
}

// ---- looking ----

void help_expect_at(struct learner_help *h, const char *expected, const char *file, int line)
{
    _assert_string_equal(buf_cstr(&h->text), expected, file, line);
    buf_clear(&h->text);
}

void help_expect_note_at(struct learner_help *h, const char *part, const char *file, int line)
{
    if (strstr(buf_cstr(&h->notes), part) == NULL) {
        print_error("expected a note with: %s\ngot:\n%s", part, buf_cstr(&h->notes));
        _fail(file, line);
    }
}

void help_expect_over_at(struct learner_help *h, const char *reason, const char *file, int line)
{
    int64_t next;
    const char *over = learner_is_over(h->learner, &next);
    _assert_string_equal(over != NULL ? over : "it goes on", reason, file, line);
}

// ---- the usual course ----

void help_to_choosing(struct learner_help *h)
{
    static const uint8_t version[] = {0, 1, 0, 0};
    help_event(h, ZAB_EV_LINK_UP);
    help_packet(h, ZAB_LEADERINFO, 0x200000000, slice_of(version, sizeof(version)));
    help_event(h, ZAB_EV_EPOCH_SAVED);
    buf_clear(&h->text);
}

void help_to_syncing(struct learner_help *h)
{
    help_to_choosing(h);
    help_packet(h, ZAB_DIFF, HELP_LAST_ZXID, slice_null());
    buf_clear(&h->text);
}

void help_to_waiting(struct learner_help *h)
{
    help_to_syncing(h);
    help_packet(h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_event(h, ZAB_EV_EPOCH_SAVED);
    buf_clear(&h->text);
}

void help_to_broadcasting(struct learner_help *h)
{
    help_to_waiting(h);
    help_packet(h, ZAB_UPTODATE, -1, slice_null());
    buf_clear(&h->text);
}

// ---- transactions ----

static uint8_t txn_bytes[1024];

static struct slice keep(struct buf *b)
{
    assert_true(b->len <= sizeof(txn_bytes));
    memcpy(txn_bytes, b->data, b->len);
    struct slice kept = slice_of(txn_bytes, b->len);
    buf_fini(b);
    return kept;
}

struct slice help_txn(int64_t zxid)
{
    struct buf b = {0};
    const struct txn t = {
        .header = {.client_id = 1, .zxid = zxid, .type = OP_DELETE},
        .op = {.type = OP_DELETE, .del = {.path = slice_str("/a")}},
    };
    txn_encode(&t, &b);
    return keep(&b);
}

struct slice help_reconfig_txn(int64_t zxid, const char *text)
{
    struct buf b = {0};
    const struct txn t = {
        .header = {.client_id = 1, .zxid = zxid, .type = OP_RECONFIG},
        .op = {.type = OP_RECONFIG,
               .set_data = {.path = slice_str("/zookeeper/config"), .data = slice_str(text)}},
    };
    txn_encode(&t, &b);
    return keep(&b);
}

struct slice help_designated(int64_t leader, struct slice txn)
{
    struct buf b = {0};
    buf_put_i64(&b, leader);
    buf_append_slice(&b, txn);
    return keep(&b);
}

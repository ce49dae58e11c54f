// SPDX-License-Identifier: Apache-2.0
//
// The leader under test and its learners' packets. Notes are kept apart from what is done.
#include "tests/unit/zab/leader_help.h"

#include <stdio.h>
#include <string.h>

void lead_init_config(struct leader_help *h, const char *config)
{
    struct config_servers servers;
    struct buf complaint = {0};
    config_servers_init(&servers);
    assert_int_equal(config_servers_parse(slice_str(config), &servers, &complaint), ERR_OK);
    const struct zab_options options = {
        .sid = 1,
        .tick_ms = LEAD_TICK_MS,
        .init_limit = LEAD_INIT_LIMIT,
        .sync_limit = LEAD_SYNC_LIMIT,
        .reconfig_enabled = true,
        .log_sync_enabled = true,
        .history_count = LEAD_HISTORY_COUNT,
        .history_bytes = 1 << 20,
        .snap_syncs_max = 2,
        .diff_syncs_max = 2,
    };
    const struct zab_recovered recovered = {
        .accepted_epoch = 1, .current_epoch = 1, .last_zxid = LEAD_LAST_ZXID};
    *h = (struct leader_help){.now_ms = 1000};
    core_init(&h->core, &options, &recovered, &servers, NULL);
    recent_remember(&h->core.history, LEAD_Z(1, 1), slice_str("one"));
    recent_remember(&h->core.history, LEAD_Z(1, 2), slice_str("two"));
    h->leader = leader_new(&h->core);
    zab_effects_init(&h->effects);
    config_servers_fini(&servers);
    buf_fini(&complaint);
}

void lead_init(struct leader_help *h, size_t voters)
{
    struct buf config = {0};
    for (size_t i = 1; i <= voters; i++) {
        buf_printf(&config, "server.%zu=h%zu:2888:3888:participant\n", i, i);
    }
    buf_append_str(&config, "server.8=h8:2888:3888:observer\n"
                            "server.9=h9:2888:3888:observer\n"
                            "version=100000000");
    lead_init_config(h, buf_cstr(&config));
    buf_fini(&config);
}

// Effects of the last step become text.
static void look(struct leader_help *h)
{
    for (size_t i = 0; i < h->effects.count; i++) {
        const struct zab_effect *e = &h->effects.items[i];
        if (e->type == ZAB_DO_NOTE) {
            buf_printf(&h->notes, "%s\n", e->text);
            continue;
        }
        zab_effect_print(e, &h->text);
        buf_put_u8(&h->text, '\n');
        if (e->type == ZAB_DO_SEND) {
            buf_clear(&h->data);
            buf_append_slice(&h->data, e->packet.data);
        }
    }
    zab_effects_clear(&h->effects);
}

void lead_begin(struct leader_help *h)
{
    leader_begin(h->leader, h->now_ms, &h->effects);
    look(h);
}

void lead_host(struct leader_help *h)
{
    h->is_host = true;
    h->core.role = ZAB_FOLLOWING;
    leader_host(h->leader, h->now_ms, LEAD_LAST_ZXID, LEAD_LAST_ZXID, &h->effects);
    look(h);
}

void lead_fini(struct leader_help *h)
{
    leader_end(h->leader, &h->effects);
    leader_free(h->leader);
    zab_effects_fini(&h->effects);
    core_fini(&h->core);
    buf_fini(&h->text);
    buf_fini(&h->notes);
    buf_fini(&h->data);
}

void lead_step(struct leader_help *h, struct zab_event e)
{
    e.now_ms = h->now_ms;
    if (h->is_host) {
        leader_host_step(h->leader, &e, &h->effects);
    } else {
        leader_step(h->leader, &e, &h->effects);
    }
    look(h);
}

void lead_event(struct leader_help *h, enum zab_event_type type)
{
    lead_step(h, (struct zab_event){.type = type, .is_ok = true});
}

void lead_link(struct leader_help *h, enum zab_event_type type, zab_link link)
{
    lead_step(h, (struct zab_event){.type = type, .link = link, .is_ok = true});
}

void lead_packet(struct leader_help *h, zab_link link, int32_t type, int64_t zxid,
                 struct slice data)
{
    const struct zab_packet p = {.type = type, .zxid = zxid, .data = data};
    lead_step(h, (struct zab_event){.type = ZAB_EV_PACKET, .link = link, .packet = p});
}

void lead_propose(struct leader_help *h, int64_t zxid)
{
    lead_step(h, (struct zab_event){
                     .type = ZAB_EV_PROPOSE, .zxid = zxid, .bytes = slice_str("transaction")});
}

void lead_logged(struct leader_help *h, int64_t zxid)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_LOGGED, .zxid = zxid});
}

void lead_applied(struct leader_help *h, int64_t zxid)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_APPLIED, .zxid = zxid});
}

void lead_ack(struct leader_help *h, zab_link link, int64_t zxid)
{
    lead_packet(h, link, ZAB_ACK, zxid, slice_null());
}

void lead_pass(struct leader_help *h, int64_t ms)
{
    int64_t until_ms = h->now_ms + ms;
    int64_t next_ms;
    while (leader_deadline_ms(h->leader, &next_ms) && next_ms <= until_ms) {
        h->now_ms = next_ms > h->now_ms ? next_ms : h->now_ms;
        lead_event(h, ZAB_EV_TIME);
    }
    h->now_ms = until_ms;
}

void lead_expect_at(struct leader_help *h, const char *expected, const char *file, int line)
{
    const char *text = buf_cstr(&h->text);
    if (strcmp(text, expected) != 0) {
        print_error("expected:\n%sgot:\n%s", expected, text);
        _fail(file, line);
    }
    buf_clear(&h->text);
}

void lead_expect_note_at(struct leader_help *h, const char *part, const char *file, int line)
{
    if (strstr(buf_cstr(&h->notes), part) == NULL) {
        print_error("expected a note with: %s\ngot:\n%s", part, buf_cstr(&h->notes));
        _fail(file, line);
    }
    buf_clear(&h->notes);
}

void lead_expect_over_at(struct leader_help *h, const char *reason, const char *file, int line)
{
    int64_t next;
    const char *over = leader_is_over(h->leader, &next);
    _assert_true(over != NULL, "it is over", file, line);
    _assert_string_equal(over, reason, file, line);
}

void lead_forget(struct leader_help *h)
{
    buf_clear(&h->text);
    buf_clear(&h->notes);
}

void lead_info(struct leader_help *h, zab_link link, int32_t type, int64_t accepted_epoch)
{
    struct buf data = {0};
    const struct zab_learner_info info = {
        .has_sid = true,
        .sid = (int64_t)link,
        .protocol_version = ZAB_PROTOCOL_VERSION,
        .config_version = LEAD_Z(1, 0),
    };
    zab_learner_info_encode(&info, &data);
    lead_packet(h, link, type, LEAD_Z(accepted_epoch, 0), buf_slice(&data));
    buf_fini(&data);
}

void lead_ack_epoch(struct leader_help *h, zab_link link, int32_t epoch, int64_t zxid)
{
    uint8_t data[4];
    be32_store(data, (uint32_t)epoch);
    lead_packet(h, link, ZAB_ACKEPOCH, zxid, slice_of(data, sizeof(data)));
}

void lead_join(struct leader_help *h, zab_link link)
{
    lead_link(h, ZAB_EV_LINK_UP, link);
    lead_info(h, link, ZAB_FOLLOWERINFO, 1);
}

void lead_to_live(struct leader_help *h, zab_link link, int32_t type, int64_t zxid)
{
    lead_link(h, ZAB_EV_LINK_UP, link);
    lead_info(h, link, type, 1);
    lead_ack_epoch(h, link, 1, zxid);
    lead_ack(h, link, LEAD_Z(2, 0));
    lead_forget(h);
}

void lead_to_comparing(struct leader_help *h)
{
    lead_begin(h);
    lead_join(h, 2);
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    lead_forget(h);
}

void lead_to_synchronising(struct leader_help *h)
{
    lead_to_comparing(h);
    lead_ack_epoch(h, 2, 1, LEAD_LAST_ZXID);
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    lead_forget(h);
}

void lead_to_serving(struct leader_help *h)
{
    lead_to_synchronising(h);
    lead_ack(h, 2, LEAD_Z(2, 0));
    lead_forget(h);
}

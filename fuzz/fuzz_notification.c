// SPDX-License-Identifier: Apache-2.0
//
// Frames of the election connections: a member that looks and one that leads get them one after the
// other from server 2, from an observer and from a stranger. What decodes must encode to bytes that
// decode to the same; what the member sends must decode.
#include "base/assert.h"
#include "zab/core.h"
#include "zab/election.h"
#include "zab/notification.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config_text[] = "server.1=127.0.0.1:2888:3888:participant\n"
                                  "server.2=127.0.0.1:2889:3889:participant\n"
                                  "server.3=127.0.0.1:2890:3890:observer\n"
                                  "version=100000000";

static void check_codec(struct slice frame)
{
    struct notification n, again;
    struct buf bytes = {0};
    if (notification_decode(frame, &n) == ERR_OK) {
        notification_encode(&n, &bytes);
        ASSERT(notification_decode(buf_slice(&bytes), &again) == ERR_OK);
        ASSERT(n.vote.state == again.vote.state && n.vote.leader == again.vote.leader);
        ASSERT(n.vote.zxid == again.vote.zxid && n.vote.peer_epoch == again.vote.peer_epoch);
        ASSERT(slice_is_null(n.config) || slice_equal(n.config, again.config));
    }
    buf_fini(&bytes);
}

static void start(struct zab_core *core)
{
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    ASSERT(config_servers_parse(slice_str(config_text), &config, &complaint) == ERR_OK);
    core_init(core,
              &(struct zab_options){.sid = 1,
                                    .tick_ms = 2000,
                                    .reconfig_enabled = true,
                                    .notification_min_ms = 200,
                                    .notification_max_ms = 60000,
                                    .finalize_wait_ms = 200,
                                    .history_count = 1,
                                    .history_bytes = 1},
              &(struct zab_recovered){.accepted_epoch = 1, .current_epoch = 1, .last_zxid = 5},
              &config, NULL);
    config_servers_fini(&config);
    buf_fini(&complaint);
}

static void check_effects(struct zab_effects *effects)
{
    struct notification n;
    for (size_t i = 0; i < effects->count; i++) {
        const struct zab_effect *e = &effects->items[i];
        ASSERT(e->type != ZAB_DO_NOTIFY || notification_decode(e->bytes, &n) == ERR_OK);
    }
    zab_effects_clear(effects);
}

// The first byte of each frame says who sent it and how long it is.
static void run(struct election *e, struct slice left)
{
    struct zab_effects effects = {0};
    for (int64_t now_ms = 0; left.len > 0; now_ms += 70) {
        int64_t from = 2 + left.data[0] % 3;
        size_t len = left.data[0] / 3 < left.len - 1 ? left.data[0] / 3 : left.len - 1;
        len = left.data[0] == 255 ? left.len - 1 : len;
        struct slice frame = slice_of(left.data + 1, len);
        check_codec(frame);
        election_step(
            e,
            &(struct zab_event){
                .type = ZAB_EV_NOTIFICATION, .now_ms = now_ms, .sid = from, .bytes = frame},
            &effects);
        election_step(e, &(struct zab_event){.type = ZAB_EV_TIME, .now_ms = now_ms}, &effects);
        check_effects(&effects);
        left = slice_skip(left, 1 + len);
    }
    zab_effects_fini(&effects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct zab_core core;
    struct zab_effects effects = {0};
    start(&core);
    struct election *e = election_new(&core);
    if (data[0] % 2 == 0) {
        election_begin(e, 0, &effects);
    } else {
        core.role = ZAB_LEADING;
        core.vote = (struct vote){.leader = 1, .state = ZAB_LEADING};
    }
    check_effects(&effects);
    run(e, slice_of(data + 1, size - 1));
    zab_effects_fini(&effects);
    election_free(e);
    core_fini(&core);
    return 0;
}

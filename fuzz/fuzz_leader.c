// SPDX-License-Identifier: Apache-2.0
//
// A leader and four learners that send what they like. Each input byte is something that happens:
// its low half says what, its high bits on which link; some take further bytes. The machine around
// the leader keeps its contracts (what is asked is answered, zxids are given in order), the
// learners keep none. Checked besides the assertions: what each link is sent is a stream that a
// learner could follow, nothing is sent to who was closed, and commits come in order.
#include "base/assert.h"
#include "zab/core.h"
#include "zab/leader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINKS = 5, LOG_MAX = 4096, TICK_MS = 100 };

struct stream { // what a link was sent
    bool is_open, is_streaming, has_begun, has_newleader;
    bool wants_log;
    int64_t log_after, log_up_to;
    int64_t proposed, committed, snap_min;
};

struct game {
    struct zab_core core;
    struct leader *leader;
    struct zab_effects effects;
    int64_t now_ms;
    const uint8_t *data;
    size_t size, at;
    zab_link first; // of this term: links are never given again
    struct stream streams[LINKS];
    int64_t log[LOG_MAX];
    size_t log_count;
    int64_t committed, logged;
    bool is_saving, is_serving, is_over;
};

static uint8_t next(struct game *g)
{
    return g->at < g->size ? g->data[g->at++] : 0;
}

static struct slice next_bytes(struct game *g, size_t max)
{
    size_t len = next(g) % (max + 1);
    len = len < g->size - g->at ? len : g->size - g->at;
    struct slice bytes = slice_of(g->data + g->at, len);
    g->at += len;
    return bytes;
}

static int64_t next_zxid(struct game *g)
{
    const int64_t epoch = g->core.accepted_epoch << 32;
    const int64_t picks[] = {-1,        0,         (INT64_C(1) << 32) + 1, g->core.last_zxid,
                             epoch,     epoch + 1, g->core.last_zxid + 1,  g->committed,
                             INT64_MAX, INT64_MIN, epoch + next(g),        g->core.last_zxid - 1};
    return picks[next(g) % (sizeof(picks) / sizeof(picks[0]))];
}

// ---- what is done ----

static void check_packet(struct stream *s, const struct zab_packet *p)
{
    ASSERT(s->is_open);
    ASSERT(!s->is_streaming);
    if (p->type == ZAB_PROPOSAL || p->type == ZAB_INFORM || p->type == ZAB_INFORMANDACTIVATE) {
        ASSERT(p->zxid > s->proposed);
        s->proposed = p->zxid;
    }
    if (p->type == ZAB_COMMIT || p->type == ZAB_COMMITANDACTIVATE) {
        ASSERT(p->zxid > s->committed);
        ASSERT(p->zxid <= s->proposed);
        s->committed = p->zxid;
    }
    if (p->type == ZAB_NEWLEADER) {
        ASSERT(!s->has_newleader);
        s->has_newleader = true;
    }
    ASSERT(p->type != ZAB_UPTODATE || s->has_newleader);
}

static void perform(struct game *g, const struct zab_effect *e)
{
    struct stream *s = e->link > g->first ? &g->streams[(e->link - g->first) % LINKS] : NULL;
    switch ((int)e->type) {
    case ZAB_DO_SEND:
        check_packet(s, &e->packet);
        break;
    case ZAB_DO_CLOSE:
        ASSERT(s->is_open);
        *s = (struct stream){0};
        break;
    case ZAB_DO_SEND_SNAP:
        s->is_streaming = true;
        s->has_begun = false;
        s->snap_min = e->zxid;
        break;
    case ZAB_DO_READ_LOG:
        ASSERT(!s->wants_log);
        s->wants_log = true;
        s->log_after = e->zxid;
        s->log_up_to = e->zxid_end;
        break;
    case ZAB_DO_SAVE_ACCEPTED:
    case ZAB_DO_SAVE_CURRENT:
        g->is_saving = true;
        break;
    case ZAB_DO_SERVE:
        g->is_serving = true;
        g->committed = e->zxid;
        break;
    case ZAB_DO_COMMIT:
        ASSERT(e->zxid > g->committed);
        g->committed = e->zxid;
        break;
    }
}

static void perform_all(struct game *g)
{
    for (size_t i = 0; i < g->effects.count; i++) {
        perform(g, &g->effects.items[i]);
    }
    zab_effects_clear(&g->effects);
}

static void begin(struct game *g)
{
    g->is_serving = false;
    g->is_over = false;
    g->is_saving = false;
    g->first += 16;
    g->committed = g->core.last_zxid;
    g->logged = g->core.last_zxid;
    leader_begin(g->leader, g->now_ms, &g->effects);
    perform_all(g);
}

static void step(struct game *g, struct zab_event e)
{
    int64_t unused;
    e.now_ms = g->now_ms;
    leader_step(g->leader, &e, &g->effects);
    perform_all(g);
    if (leader_is_over(g->leader, &unused) != NULL) {
        leader_end(g->leader, &g->effects);
        perform_all(g);
        begin(g);
    }
}

// ---- what happens ----

static void packet(struct game *g, zab_link link, int32_t type, int64_t zxid, struct slice data)
{
    const struct zab_packet p = {.type = type, .zxid = zxid, .data = data};
    step(g, (struct zab_event){.type = ZAB_EV_PACKET, .link = link, .packet = p});
}

static void say_who(struct game *g, zab_link link, size_t index)
{
    struct buf data = {0};
    uint8_t how = next(g);
    const struct zab_learner_info info = {
        .has_sid = true, .sid = (int64_t)index + 1, .protocol_version = ZAB_PROTOCOL_VERSION};
    zab_learner_info_encode(&info, &data);
    int64_t epoch = g->core.accepted_epoch - (how & 1) + (how & 2);
    packet(g, link, (how & 4) != 0 ? ZAB_OBSERVERINFO : ZAB_FOLLOWERINFO, epoch << 32,
           buf_slice(&data));
    buf_fini(&data);
}

static void say_history(struct game *g, zab_link link)
{
    uint8_t data[4];
    be32_store(data, (uint32_t)(next(g) % 4 - 1));
    packet(g, link, ZAB_ACKEPOCH, next_zxid(g), slice_of(data, sizeof(data)));
}

static void propose(struct game *g)
{
    static const char *const members[] = {"", "server.4=h4:2888:3888:participant\n"};
    const struct zab_core *core = &g->core;
    uint8_t how = next(g);
    if (!g->is_serving || g->log_count == LOG_MAX) {
        return;
    }
    struct buf config = {0};
    int64_t zxid = core->last_zxid + 1;
    bool is_reconfig = how < 32 && core->seen.version == core->committed.version;
    if (is_reconfig) {
        buf_printf(&config, "%sserver.2=h2:2888:3888:participant\n%sserver.3=h3:2888:3888:%s\n",
                   (how & 1) != 0 ? "server.1=h1:2888:3888:participant\n" : "",
                   members[how >> 1 & 1], (how & 4) != 0 ? "participant" : "observer");
        buf_printf(&config, "version=%llx", (unsigned long long)zxid);
    }
    g->log[g->log_count++] = zxid;
    step(g, (struct zab_event){.type = ZAB_EV_PROPOSE,
                               .zxid = zxid,
                               .bytes = slice_str("txn"),
                               .config = is_reconfig ? buf_slice(&config) : slice_null()});
    buf_fini(&config);
}

static void answer_log(struct game *g, zab_link link, struct stream *s)
{
    struct zab_record records[8];
    uint8_t how = next(g);
    struct zab_event e = {.type = ZAB_EV_LOG_READ,
                          .link = link,
                          .zxid = -1,
                          .is_ok = how % 8 != 0,
                          .is_end = true,
                          .records = records};
    for (size_t i = 0; i < g->log_count; i++) {
        if (g->log[i] <= s->log_after) {
            e.zxid = g->log[i];
        } else if (g->log[i] <= s->log_up_to && e.record_count < 1 + how % 7u) {
            records[e.record_count++] = (struct zab_record){g->log[i], slice_str("txn")};
        } else if (g->log[i] <= s->log_up_to) {
            e.is_end = false;
        }
    }
    s->wants_log = false;
    step(g, e);
}

static void answer(struct game *g, zab_link link, struct stream *s)
{
    if (s->wants_log) {
        answer_log(g, link, s);
    } else if (s->is_streaming && !s->has_begun) {
        s->has_begun = true;
        int64_t zxid = next(g) % 4 != 0 && s->snap_min > 0 ? s->snap_min : g->committed;
        s->proposed = zxid;
        s->committed = zxid;
        step(g, (struct zab_event){.type = ZAB_EV_SNAP_BEGUN, .link = link, .zxid = zxid});
    } else if (s->is_streaming) {
        s->is_streaming = false;
        step(g,
             (struct zab_event){.type = ZAB_EV_SNAP_SENT, .link = link, .is_ok = next(g) % 8 != 0});
    }
}

static void come_or_go(struct game *g, zab_link link, struct stream *s)
{
    enum zab_event_type type = s->is_open ? ZAB_EV_LINK_DOWN : ZAB_EV_LINK_UP;
    bool was_open = s->is_open;
    *s = (struct stream){.is_open = !was_open};
    step(g, (struct zab_event){.type = type, .link = link});
}

static void log_some(struct game *g)
{
    g->logged = g->core.last_zxid;
    step(g, (struct zab_event){.type = ZAB_EV_LOGGED, .zxid = g->logged});
}

static void apply_some(struct game *g)
{
    int64_t zxid = g->committed < g->logged ? g->committed : g->logged;
    step(g, (struct zab_event){.type = ZAB_EV_APPLIED, .zxid = zxid});
}

static void happen(struct game *g)
{
    uint8_t head = next(g);
    size_t index = 1 + (head >> 4) % (LINKS - 1);
    struct stream *s = &g->streams[index];
    zab_link link = g->first + index;
    uint8_t request[16] = {[15] = next(g) % 12}; // sync is 9
    switch (head & 15) {
    case 0:
        come_or_go(g, link, s);
        break;
    case 1:
        say_who(g, link, index);
        break;
    case 2:
        say_history(g, link);
        break;
    case 3:
    case 4:
        packet(g, link, ZAB_ACK, next_zxid(g), slice_null());
        break;
    case 5:
        packet(g, link, ZAB_PING, 0, slice_of("", 0));
        break;
    case 6:
        packet(g, link, ZAB_REQUEST, -1, slice_of(request, sizeof(request)));
        break;
    case 7:
        packet(g, link, next(g) % 24, next_zxid(g), next_bytes(g, 40));
        break;
    case 8:
        step(g, (struct zab_event){.type = ZAB_EV_LINK_ROOM, .link = link});
        break;
    case 9:
        g->now_ms += next(g);
        step(g, (struct zab_event){.type = ZAB_EV_TIME});
        break;
    case 10:
        if (g->is_saving) {
            g->is_saving = false;
            step(g, (struct zab_event){.type = ZAB_EV_EPOCH_SAVED, .is_ok = next(g) != 1});
        }
        break;
    case 11:
    case 12:
        propose(g);
        break;
    case 13:
        log_some(g);
        break;
    case 14:
        answer(g, link, s);
        break;
    case 15:
        apply_some(g);
        step(g, (struct zab_event){.type = g->is_serving ? ZAB_EV_SYNC : ZAB_EV_TIME, .token = 1});
        break;
    }
}

// ---- a game ----

static void open_game(struct game *g)
{
    static const char members[] = "server.1=h1:2888:3888:participant\n"
                                  "server.2=h2:2888:3888:participant\n"
                                  "server.3=h3:2888:3888:participant\nversion=0";
    const struct zab_options options = {.sid = 1,
                                        .tick_ms = TICK_MS,
                                        .init_limit = 10,
                                        .sync_limit = 5,
                                        .reconfig_enabled = true,
                                        .log_sync_enabled = true,
                                        .history_count = 3,
                                        .history_bytes = 1 << 20,
                                        .snap_syncs_max = 1,
                                        .diff_syncs_max = 1};
    const int64_t last_zxid = (INT64_C(1) << 32) + 2;
    const struct zab_recovered recovered = {
        .accepted_epoch = 1, .current_epoch = 1, .last_zxid = last_zxid};
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    ASSERT(config_servers_parse(slice_str(members), &config, &complaint) == ERR_OK);
    core_init(&g->core, &options, &recovered, &config, NULL);
    config_servers_fini(&config);
    buf_fini(&complaint);
    for (int64_t zxid = last_zxid - 1; zxid <= last_zxid; zxid++) {
        recent_remember(&g->core.history, zxid, slice_str("txn"));
        g->log[g->log_count++] = zxid;
    }
    g->leader = leader_new(&g->core);
    zab_effects_init(&g->effects);
    begin(g);
}

static void close_game(struct game *g)
{
    leader_end(g->leader, &g->effects);
    perform_all(g);
    leader_free(g->leader);
    zab_effects_fini(&g->effects);
    core_fini(&g->core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game g; // large
    g = (struct game){.now_ms = 1, .data = data, .size = size};
    open_game(&g);
    while (g.at < size) {
        happen(&g);
    }
    close_game(&g);
    return 0;
}

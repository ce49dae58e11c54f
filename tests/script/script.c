// SPDX-License-Identifier: Apache-2.0
//
// The commands. A word that is not a number where a server is expected is an error of the script.
#include "tests/script/script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "zab/core.h"

enum { WORDS_MAX = 40 };

struct line {
    struct world *world;
    const char *words[WORDS_MAX]; // behind the command
    size_t count;
    struct buf *complaint;
    bool has_failed;
};

__attribute__((format(printf, 2, 3))) static void fail(struct line *l, const char *format, ...)
{
    if (!l->has_failed) {
        va_list args;
        va_start(args, format);
        buf_vprintf(l->complaint, format, args);
        va_end(args);
        l->has_failed = true;
    }
}

static int64_t number(struct line *l, size_t at)
{
    char *end = NULL;
    if (at >= l->count) {
        fail(l, "a number is missing");
        return 0;
    }
    int64_t v = strtoll(l->words[at], &end, 0);
    if (*end != '\0') {
        fail(l, "'%s' is no number", l->words[at]);
    }
    return v;
}

static struct member *member(struct line *l, size_t at)
{
    int64_t sid = number(l, at);
    if (sid <= 0 || sid >= WORLD_SIDS || !world_member(l->world, sid)->is_listed) {
        fail(l, "there is no server %s", at < l->count ? l->words[at] : "");
        return world_member(l->world, 0);
    }
    return world_member(l->world, sid);
}

static const char *word(struct line *l, size_t at)
{
    if (at >= l->count) {
        fail(l, "a word is missing");
        return "";
    }
    return l->words[at];
}

// ---- configurations: "1 2 3 observers 4 5 groups 1:2 3" ----

static void print_members(struct line *l, size_t at, struct buf *to)
{
    const char *role = "participant";
    for (; at < l->count && strcmp(l->words[at], "groups") != 0; at++) {
        if (strcmp(l->words[at], "observers") == 0) {
            role = "observer";
        } else {
            int64_t sid = number(l, at);
            buf_printf(to, "server.%" PRId64 "=h%" PRId64 ":2888:3888:%s\n", sid, sid, role);
        }
    }
    for (size_t group = 1; at + group < l->count; group++) {
        buf_printf(to, "group.%zu=%s\n", group, l->words[at + group]);
    }
}

static void do_ensemble(struct line *l)
{
    struct world *w = l->world;
    buf_clear(&w->config);
    print_members(l, 0, &w->config);
    buf_append_str(&w->config, "version=0");
    for (size_t i = 0; i < l->count && strcmp(l->words[i], "groups") != 0; i++) {
        if (strcmp(l->words[i], "observers") != 0) {
            world_add(w, number(l, i));
        }
    }
}

// A server that is in no configuration but its own: "join 4 1 2 3 4".
static void do_join(struct line *l)
{
    struct world *w = l->world;
    int64_t sid = number(l, 0);
    buf_clear(&w->config);
    print_members(l, 1, &w->config);
    buf_append_str(&w->config, "version=0");
    world_add(w, sid);
    world_start(w, sid);
}

static void do_reconfig(struct line *l)
{
    struct buf members = {0};
    print_members(l, 1, &members);
    member_propose(member(l, 0), NULL, buf_cstr(&members));
    buf_fini(&members);
}

// A file of a server that has not started yet.
static void write_config(struct line *l, struct buf *file)
{
    buf_clear(file);
    print_members(l, 2, file);
    buf_printf(file, "version=%" PRIx64, (uint64_t)number(l, 1));
}

// "config 1 0x500000000 1 2 3"
static void do_config(struct line *l)
{
    struct disk *d = &member(l, 0)->disk;
    write_config(l, &d->committed);
    write_config(l, &d->seen);
}

// "saw 1 0x500000000 1 2 3": as above, and nobody knows what became of it.
static void do_saw(struct line *l)
{
    write_config(l, &member(l, 0)->disk.seen);
}

// ---- options, before the servers start ----

static void do_set(struct line *l)
{
    struct zab_options *o = &l->world->options;
    const struct {
        const char *name;
        int64_t *place;
    } numbers[] = {
        {"initLimit", &o->init_limit},
        {"syncLimit", &o->sync_limit},
        {"observerElectionDelay", &o->observer_election_delay_ms},
        {"observerReconnectDelay", &o->observer_reconnect_delay_ms},
    };
    int64_t value = number(l, 1);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(word(l, 0), numbers[i].name) == 0) {
            *numbers[i].place = value;
            return;
        }
    }
    if (strcmp(word(l, 0), "commitLogCount") == 0) {
        o->history_count = (size_t)value;
    } else if (strcmp(word(l, 0), "reconfigEnabled") == 0) {
        o->reconfig_enabled = value != 0;
    } else if (strcmp(word(l, 0), "forceSnapshotSync") == 0) {
        o->force_snapshot_sync = value != 0;
    } else {
        fail(l, "there is no option '%s'", word(l, 0));
    }
}

// ---- life ----

static void do_start(struct line *l)
{
    for (size_t i = 0; i < l->count; i++) {
        world_start(l->world, member(l, i)->sid);
    }
}

static void do_crash(struct line *l)
{
    for (size_t i = 0; i < l->count; i++) {
        world_crash(l->world, member(l, i)->sid, true);
    }
}

static void do_wipe(struct line *l)
{
    for (size_t i = 0; i < l->count; i++) {
        world_wipe(l->world, member(l, i)->sid);
    }
}

static void do_failed(struct line *l)
{
    member_step(member(l, 0), (struct zab_event){.type = ZAB_EV_FAILED});
}

static void do_hand_over(struct line *l)
{
    int64_t to = l->count > 1 ? member(l, 1)->sid : -1;
    const char *why = l->has_failed ? NULL : zab_refuses_handover(member(l, 0)->zab, to);
    if (why != NULL) {
        buf_printf(&l->world->trace, "        refused: %s\n", why);
    }
    member_step(member(l, 0), (struct zab_event){.type = ZAB_EV_HAND_OVER, .sid = to});
}

// ---- network ----

static void cut(struct line *l, int64_t a, int64_t b, bool is_cut)
{
    if (is_cut) {
        l->world->is_cut[a][b] = true;
        l->world->is_cut[b][a] = true;
    } else {
        network_heal(l->world, a, b);
    }
}

static void do_cut(struct line *l)
{
    cut(l, member(l, 0)->sid, member(l, 1)->sid, true);
}

static void cut_all(struct line *l, bool is_cut)
{
    for (int64_t other = 0; l->count > 0 && other < WORLD_SIDS; other++) {
        int64_t sid = member(l, 0)->sid;
        if (other != sid) {
            cut(l, sid, other, is_cut);
        }
    }
}

static void do_isolate(struct line *l)
{
    cut_all(l, true);
}

static void do_heal(struct line *l)
{
    if (l->count == 1) {
        cut_all(l, false);
    } else if (l->count == 2) {
        cut(l, member(l, 0)->sid, member(l, 1)->sid, false);
    } else {
        for (int64_t a = 0; a < WORLD_SIDS; a++) {
            for (int64_t b = 0; b < a; b++) {
                cut(l, a, b, false);
            }
        }
    }
}

static void do_break(struct line *l)
{
    network_break(l->world, member(l, 0)->sid, member(l, 1)->sid);
}

static void do_deliver(struct line *l)
{
    int64_t times = l->count > 2 ? number(l, 2) : 1;
    for (; times > 0 && !l->has_failed; times--) {
        if (!network_deliver(l->world, member(l, 0)->sid, member(l, 1)->sid)) {
            fail(l, "there is nothing to deliver");
        }
    }
}

static void do_settle(struct line *l)
{
    world_settle(l->world);
}

// ---- time ----

static void do_run(struct line *l)
{
    world_run(l->world, number(l, 0));
}

static void do_pass(struct line *l)
{
    world_pass(l->world, number(l, 0));
}

// ---- disks ----

static void do_hold(struct line *l)
{
    member(l, 0)->disk.is_held = true;
}

static void do_release(struct line *l)
{
    member(l, 0)->disk.is_held = false;
}

// The first job is done; with "untold", nobody hears of it.
static void do_write(struct line *l)
{
    struct member *m = member(l, 0);
    bool was_held = m->disk.is_held;
    m->disk.is_held = false;
    if (!member_work(m, l->count == 1)) {
        fail(l, "there is nothing to write");
    }
    m->disk.is_held = was_held;
}

static void do_image(struct line *l)
{
    struct member *m = member(l, 0);
    disk_take_image(&m->disk, m->tree_zxid, &m->tree);
}

static void do_purge(struct line *l)
{
    disk_purge(&member(l, 0)->disk, INT64_MAX);
}

// "history 1 2 a b": before its start, server 1 has a and b of epoch 2 in its log, and took part in
// that epoch. May be said again for a later one.
static void do_history(struct line *l)
{
    struct member *m = member(l, 0);
    int64_t epoch = number(l, 1);
    m->disk.accepted_epoch = epoch;
    m->disk.current_epoch = epoch;
    for (size_t i = 2; i < l->count; i++) {
        int64_t zxid = zab_epoch_start(epoch) + (int64_t)i - 1;
        records_add(&m->disk.log,
                    (struct record){.zxid = zxid,
                                    .txn = record_txn(&l->world->arena, zxid, l->words[i], false)});
    }
}

// ---- clients ----

// "propose 1 a b c": one transaction for each text; "x*20" are twenty.
static void do_propose(struct line *l)
{
    struct member *m = member(l, 0);
    for (size_t i = 1; i < l->count; i++) {
        const char *star = strchr(l->words[i], '*');
        long times = star != NULL ? strtol(star + 1, NULL, 10) : 1;
        for (long k = 0; k < times; k++) {
            struct buf text = {0};
            buf_append(&text, l->words[i],
                       star != NULL ? (size_t)(star - l->words[i]) : strlen(l->words[i]));
            member_propose(m, buf_cstr(&text), NULL);
            buf_fini(&text);
        }
    }
}

static void do_sync(struct line *l)
{
    member_sync(member(l, 0));
}

// ---- traces ----

static void do_quiet(struct line *l)
{
    l->world->is_quiet = true;
}

static void do_loud(struct line *l)
{
    l->world->is_quiet = false;
}

// ---- expectations ----

static void expect_leader(struct line *l)
{
    for (int64_t sid = 1; sid < WORLD_SIDS; sid++) {
        struct member *m = world_member(l->world, sid);
        bool leads = m->is_up && zab_role(m->zab) == ZAB_LEADING && zab_is_serving(m->zab);
        bool should = l->count > 1 && sid == strtoll(l->words[1], NULL, 10);
        if (leads != should) {
            fail(l, "server %" PRId64 " %s", sid, leads ? "leads" : "does not lead");
        }
    }
}

static void expect_role(struct line *l)
{
    for (size_t i = 2; i < l->count; i++) {
        struct member *m = member(l, i);
        const char *role = !m->is_up                 ? "down"
                           : !zab_is_serving(m->zab) ? "looking"
                                                     : zab_role_name(zab_role(m->zab));
        if (strcmp(role, l->words[1]) != 0) {
            fail(l, "server %s is %s", l->words[i], role);
        }
    }
}

// The texts of the tree, in order; "x*20" matches twenty of them.
static void print_tree(const struct member *m, struct buf *to)
{
    struct buf last = {0};
    size_t times = 0;
    for (size_t i = 0; i <= m->tree.count; i++) {
        struct buf text = {0};
        if (i < m->tree.count) {
            record_print(&m->tree.items[i], &text);
        }
        if (times > 0 && (i == m->tree.count || !slice_equal(buf_slice(&text), buf_slice(&last)))) {
            buf_printf(to, times > 1 ? " %s*%zu" : " %s", buf_cstr(&last), times);
            times = 0;
        }
        times++;
        buf_fini(&last);
        last = text;
    }
    buf_fini(&last);
}

static void expect_tree(struct line *l)
{
    struct buf expected = {0};
    struct buf found = {0};
    for (size_t i = 2; i < l->count; i++) {
        buf_printf(&expected, " %s", l->words[i]);
    }
    print_tree(member(l, 1), &found);
    if (strcmp(buf_cstr(&expected), buf_cstr(&found)) != 0) {
        fail(l, "the tree of %s has%s", l->words[1], buf_cstr(&found));
    }
    buf_fini(&expected);
    buf_fini(&found);
}

static void expect_same(struct line *l)
{
    for (size_t i = 1; i < l->count; i++) {
        struct member *m = member(l, i);
        if (!m->is_up || !zab_is_serving(m->zab) || !judge_tree_is_whole(m)) {
            fail(l, "server %s lacks what is committed, or does not serve", l->words[i]);
        }
    }
}

static void expect_epochs(struct line *l)
{
    const struct disk *d = &member(l, 1)->disk;
    if (d->accepted_epoch != number(l, 2) || d->current_epoch != number(l, 3)) {
        fail(l, "accepted %" PRId64 ", current %" PRId64, d->accepted_epoch, d->current_epoch);
    }
}

static void expect_end(struct line *l)
{
    const struct member *m = member(l, 1);
    if (m->tree_zxid != number(l, 2)) {
        fail(l, "the tree stands at 0x%" PRIx64, (uint64_t)m->tree_zxid);
    }
}

static void expect_exit(struct line *l)
{
    const struct member *m = member(l, 1);
    if (m->is_up || m->exit_code != number(l, 2)) {
        fail(l, "the process ended with %d", m->exit_code);
    }
}

static void expect_config(struct line *l)
{
    const struct member *m = member(l, 1);
    int64_t committed = m->is_up ? zab_committed_config(m->zab)->version : -1;
    int64_t seen = m->is_up ? zab_seen_config(m->zab)->version : -1;
    if (committed != number(l, 2) || (l->count > 3 && seen != number(l, 3))) {
        fail(l, "committed 0x%" PRIx64 ", seen 0x%" PRIx64, (uint64_t)committed, (uint64_t)seen);
    }
}

static void expect_syncs(struct line *l)
{
    const struct member *m = member(l, 1);
    if ((int64_t)(m->sync_count - m->syncs_done) != number(l, 2)) {
        fail(l, "%zu syncs wait", m->sync_count - m->syncs_done);
    }
}

static void expect_log(struct line *l)
{
    const struct member *m = member(l, 1);
    if ((int64_t)m->disk.log.count != number(l, 2)) {
        fail(l, "the log holds %zu", m->disk.log.count);
    }
}

struct command {
    const char *name;
    void (*run)(struct line *l);
};

static const struct command EXPECTATIONS[] = {
    {"leader", expect_leader}, {"role", expect_role},     {"tree", expect_tree},
    {"same", expect_same},     {"epochs", expect_epochs}, {"end", expect_end},
    {"exit", expect_exit},     {"config", expect_config}, {"syncs", expect_syncs},
    {"log", expect_log},
};

static void do_expect(struct line *l)
{
    for (size_t i = 0; i < sizeof(EXPECTATIONS) / sizeof(EXPECTATIONS[0]); i++) {
        if (strcmp(word(l, 0), EXPECTATIONS[i].name) == 0) {
            EXPECTATIONS[i].run(l);
            return;
        }
    }
    fail(l, "nothing is known of '%s'", word(l, 0));
}

static const struct command COMMANDS[] = {
    {"ensemble", do_ensemble}, {"join", do_join},          {"set", do_set},
    {"start", do_start},       {"crash", do_crash},        {"wipe", do_wipe},
    {"failed", do_failed},     {"handover", do_hand_over}, {"cut", do_cut},
    {"isolate", do_isolate},   {"heal", do_heal},          {"break", do_break},
    {"deliver", do_deliver},   {"settle", do_settle},      {"run", do_run},
    {"pass", do_pass},         {"hold", do_hold},          {"release", do_release},
    {"write", do_write},       {"image", do_image},        {"purge", do_purge},
    {"propose", do_propose},   {"sync", do_sync},          {"history", do_history},
    {"reconfig", do_reconfig}, {"quiet", do_quiet},        {"loud", do_loud},
    {"expect", do_expect},     {"config", do_config},      {"saw", do_saw},
};

// ---- lines ----

static void run_line(struct line *l, char *text)
{
    char *rest = NULL;
    const char *name = strtok_r(text, " \t", &rest);
    if (name == NULL) {
        return;
    }
    for (char *w = strtok_r(NULL, " \t", &rest); w != NULL; w = strtok_r(NULL, " \t", &rest)) {
        ASSERT(l->count < WORDS_MAX);
        l->words[l->count++] = w;
    }
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(name, COMMANDS[i].name) == 0) {
            COMMANDS[i].run(l);
            return;
        }
    }
    fail(l, "there is no command '%s'", name);
}

static bool run_text_line(struct world *w, const char *text, size_t len, struct buf *complaint)
{
    struct buf copy = {0};
    const char *comment = memchr(text, '#', len);
    buf_printf(&w->trace, "%s%.*s\n", len > 0 && text[0] != '#' ? "> " : "", (int)len, text);
    buf_append(&copy, text, comment != NULL ? (size_t)(comment - text) : len);
    buf_put_u8(&copy, '\0');
    struct line l = {.world = w, .complaint = complaint};
    run_line(&l, (char *)copy.data);
    buf_fini(&copy);
    if (!l.has_failed && w->verdict != NULL) {
        fail(&l, "%s: %s", w->verdict, buf_cstr(&w->evidence));
    }
    return !l.has_failed;
}

bool script_run(struct world *w, struct slice text, struct buf *complaint)
{
    int number = 1;
    for (size_t at = 0; at < text.len; number++) {
        const char *line = (const char *)text.data + at;
        const char *end = memchr(line, '\n', text.len - at);
        size_t len = end != NULL ? (size_t)(end - line) : text.len - at;
        if (!run_text_line(w, line, len, complaint)) {
            buf_printf(complaint, " (line %d: %.*s)", number, (int)len, line);
            return false;
        }
        at += len + 1;
    }
    return true;
}

// SPDX-License-Identifier: Apache-2.0
//
// Schedules from seeds. Troubles come in waves: a few close together, so that they meet, then time
// in which the servers can get somewhere.
#include "sim/schedule.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/prng.h"

enum {
    GAP_MS = 250,   // between two troubles, of the order of
    CLOSE_MS = 30,  // within a wave
    SHORT_MS = 200, // how long they last, of the order of
    LONG_MS = 1500,
    LEADER_ONE_IN = 2, // troubles that look for the leader
};

static const struct {
    const char *name;
    uint64_t weight;
} kinds[TROUBLE_KINDS] = {
#define X(id, name, weight) {name, weight},
    TROUBLES(X)
#undef X
};

const char *trouble_name(enum trouble_kind kind)
{
    return kinds[kind].name;
}

static enum trouble_kind choose_kind(struct prng *p, uint64_t mood)
{
    uint64_t total = 0;
    for (int k = 0; k < TROUBLE_KINDS; k++) {
        total += (mood >> k & 1) != 0 ? kinds[k].weight : 0;
    }
    uint64_t dice = prng_below(p, total);
    int k = 0;
    for (;; k++) {
        uint64_t weight = (mood >> k & 1) != 0 ? kinds[k].weight : 0;
        if (dice < weight) {
            break;
        }
        dice -= weight;
    }
    return (enum trouble_kind)k;
}

// What a server acknowledged may be gone.
static bool is_delicate(int kind)
{
    return kind == TROUBLE_ROT || kind == TROUBLE_WIPE || kind == TROUBLE_OLD_DATA;
}

// A seed has a mood: some kinds come not at all, so that the others are seen alone. Two servers
// cannot replace what a third has lost.
static uint64_t choose_mood(struct prng *p, int voters)
{
    uint64_t mood = UINT64_C(1) << TROUBLE_AWAY;
    for (int k = 0; k < TROUBLE_KINDS; k++) {
        uint64_t is_chosen = prng_below(p, 2);
        mood |= is_delicate(k) && voters < 3 ? 0 : is_chosen << k;
    }
    return mood;
}

static int choose_server(struct prng *p, int servers)
{
    return prng_below(p, LEADER_ONE_IN) == 0 ? TROUBLE_LEADER
                                             : (int)prng_below(p, (uint64_t)servers);
}

static int64_t choose_duration(struct prng *p)
{
    int64_t typical = prng_below(p, 3) == 0 ? LONG_MS : SHORT_MS;
    return 1 + typical / 4 + (int64_t)prng_below(p, (uint64_t)typical);
}

static void choose_size(struct prng *p, int voters, struct schedule *s)
{
    uint64_t dice = prng_below(p, 10);
    s->voters = voters > 0 ? voters : dice < 8 ? 3 : 5;
    s->observers = s->voters == 3 && prng_below(p, 5) == 0 ? 1 : 0;
}

static bool is_disk_fault(enum trouble_kind kind)
{
    return kind == TROUBLE_DISK_FAIL || kind == TROUBLE_DISK_FULL;
}

void schedule_make(uint64_t seed, int voters, int64_t trouble_ms, struct schedule *ret)
{
    struct prng p;
    *ret = (struct schedule){.seed = seed, .trouble_ms = trouble_ms};
    prng_init(&p, seed ^ UINT64_C(0x5c4ed01e)); // not the draws of the world
    choose_size(&p, voters, ret);
    uint64_t mood = choose_mood(&p, ret->voters);
    int servers = ret->voters + ret->observers;
    int64_t at_ms = (int64_t)prng_below(&p, GAP_MS);
    while (ret->count < SCHEDULE_TROUBLES_MAX && at_ms < trouble_ms) {
        struct trouble *t = &ret->troubles[ret->count++];
        *t = (struct trouble){.kind = choose_kind(&p, mood), .at_ms = at_ms};
        t->who = choose_server(&p, servers);
        t->other = choose_server(&p, servers);
        t->for_ms = choose_duration(&p);
        t->dice = prng_next(&p);
        ret->has_disk_faults |= is_disk_fault(t->kind);
        uint64_t gap = prng_below(&p, 2) == 0 ? CLOSE_MS : 2 * GAP_MS;
        at_ms += 1 + (int64_t)prng_below(&p, gap);
    }
}

void schedule_govern(struct schedule *s)
{
    s->is_governed = true;
    for (size_t i = 0; i < s->count; i++) {
        struct trouble *t = &s->troubles[i];
        t->kind = is_delicate((int)t->kind) ? TROUBLE_KILL : t->kind;
    }
}

// ---- in words ----

bool schedule_drop(struct schedule *s, const char *list)
{
    while (*list != 0) {
        char *end;
        unsigned long number = strtoul(list, &end, 10);
        if (end == list || number >= s->count || (*end != ',' && *end != 0)) {
            return false;
        }
        s->troubles[number].is_dropped = true;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

void schedule_print_dropped(const struct schedule *s, struct buf *to)
{
    const char *comma = "";
    for (size_t i = 0; i < s->count; i++) {
        if (s->troubles[i].is_dropped) {
            buf_printf(to, "%s%zu", comma, i);
            comma = ",";
        }
    }
}

static void print_server(int who, struct buf *to)
{
    if (who == TROUBLE_LEADER) {
        buf_append_str(to, " the leader");
    } else {
        buf_printf(to, " server %d", who + 1);
    }
}

void trouble_print(const struct trouble *t, struct buf *to)
{
    bool is_of_two = t->kind == TROUBLE_CUT || t->kind == TROUBLE_CUT_ONE ||
                     t->kind == TROUBLE_FLAP || t->kind == TROUBLE_SLOW ||
                     t->kind == TROUBLE_NARROW || t->kind == TROUBLE_RESET;
    bool is_of_none =
        t->kind == TROUBLE_PAUSE_ALL || t->kind == TROUBLE_SPLIT || t->kind == TROUBLE_AWAY;
    buf_append_str(to, trouble_name(t->kind));
    if (!is_of_none) {
        print_server(t->who, to);
    }
    if (is_of_two) {
        print_server(t->other, to);
    }
    buf_printf(to, " for %" PRId64 " ms", t->for_ms);
}

void schedule_print(const struct schedule *s, struct buf *to)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!s->troubles[i].is_dropped) {
            buf_printf(to, "    %2zu. after %5" PRId64 " ms: ", i, s->troubles[i].at_ms);
            trouble_print(&s->troubles[i], to);
            buf_append_str(to, "\n");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//
// Processes and pipes: a child runs every n-th seed and writes, for each, that it begins and what
// came out. A child that dies leaves the seed that it had begun; another one goes on behind it.
#include "sim/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/named.h"

enum { SECONDS_MAX = 300 }; // of one campaign, by the real clock

// What a child tells.
struct report {
    bool is_begin; // of `index`; else its result
    uint64_t index;
    struct campaign_result result;
};

struct child {
    pid_t pid;
    int pipe;
    uint64_t next;     // index of its next seed
    bool has_begun;    // it is at `next`
    struct report got; // half of it, perhaps
    size_t got_bytes;
};

struct batch {
    const struct batch_options *options;
    struct batch_totals *totals;
    struct child children[BATCH_JOBS_MAX];
    double end; // 0: none
};

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void make_options(const struct batch_options *o, uint64_t index,
                         struct campaign_options *ret)
{
    *ret = (struct campaign_options){
        .plant = o->plant, .is_blind = o->is_blind, .is_verbose = o->is_verbose};
    schedule_make(o->seed + index, o->voters, o->trouble_ms, &ret->schedule);
    ret->schedule.is_rolling = o->is_rolling;
    ret->schedule.has_guests = o->has_guests;
    if (o->is_governed) {
        schedule_govern(&ret->schedule);
    }
}

// ---- one campaign in a process of its own ----

static void write_all(int fd, const void *from, size_t len)
{
    const uint8_t *bytes = from;
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n <= 0) {
            _exit(3);
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static const struct named *named_at(const struct batch_options *o, uint64_t index)
{
    return o->named == NAMED_ALL ? &named_schedules[index % named_count] : named_find(o->named);
}

static uint64_t named_seed(const struct batch_options *o, uint64_t index)
{
    return o->seed + (o->named == NAMED_ALL ? index / named_count : index);
}

static void tell(int fd, const struct batch_options *all, const struct campaign_options *o,
                 uint64_t index)
{
    struct report r = {.is_begin = true, .index = index};
    write_all(fd, &r, sizeof(r));
    (void)alarm(SECONDS_MAX);
    if (all != NULL && all->named != 0) {
        (void)named_run(named_at(all, index), named_seed(all, index), all->is_verbose,
                        r.result.failure);
    } else {
        (void)campaign_run(o, &r.result);
    }
    (void)alarm(0);
    r.is_begin = false;
    write_all(fd, &r, sizeof(r));
}

// A pipe to a child that runs `body`.
static void spawn(struct child *c, void (*body)(int fd, void *ctx), void *ctx)
{
    int ends[2];
    (void)fflush(stdout);
    if (pipe(ends) != 0 || (c->pid = fork()) < 0) {
        perror("paddock-sim");
        exit(3);
    }
    if (c->pid == 0) {
        (void)close(ends[0]);
        body(ends[1], ctx);
        exit(0); // not _exit: coverage and leaks are told then
    }
    (void)close(ends[1]);
    c->pipe = ends[0];
    c->got_bytes = 0;
    c->has_begun = false;
}

// Read what there is; true when a whole report is in c->got.
static bool read_some(struct child *c, bool *ret_is_gone)
{
    uint8_t *to = (uint8_t *)&c->got + c->got_bytes;
    ssize_t n = read(c->pipe, to, sizeof(c->got) - c->got_bytes);
    *ret_is_gone = n == 0 || (n < 0 && errno != EINTR);
    c->got_bytes += n > 0 ? (size_t)n : 0;
    if (c->got_bytes < sizeof(c->got)) {
        return false;
    }
    c->got_bytes = 0;
    return true;
}

// Words for the way in which a child has ended.
static void bury(struct child *c, char *failure, size_t size)
{
    int status = 0;
    (void)waitpid(c->pid, &status, 0);
    (void)close(c->pipe);
    c->pid = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        (void)snprintf(failure, size, "time: not done after %d s", SECONDS_MAX);
    } else {
        (void)snprintf(failure, size, "crash: the process ended with %s %d",
                       WIFSIGNALED(status) ? "signal" : "code",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void run_alone(int fd, void *ctx)
{
    tell(fd, NULL, ctx, 0);
}

// Run it in a process of its own; what came out, a crash as well.
static void run_apart(struct campaign_options *o, struct campaign_result *ret)
{
    struct child c = {0};
    bool is_gone = false;
    bool is_done = false;
    spawn(&c, run_alone, o);
    while (!is_gone) {
        if (read_some(&c, &is_gone) && !c.got.is_begin) {
            *ret = c.got.result;
            is_done = true;
        }
    }
    char failure[sizeof(ret->failure)];
    bury(&c, failure, sizeof(failure));
    if (!is_done) {
        *ret = (struct campaign_result){0};
        memcpy(ret->failure, failure, sizeof(failure));
    }
}

// ---- cutting down ----

// Up to the colon a failure says which property.
static bool is_same_failure(const char *a, const char *b)
{
    size_t len = strcspn(a, ":");
    return len == strcspn(b, ":") && memcmp(a, b, len) == 0;
}

static void shrink(struct campaign_options *o, struct campaign_result *result)
{
    bool has_shrunk = true;
    while (has_shrunk) {
        has_shrunk = false;
        for (size_t i = 0; i < o->schedule.count; i++) {
            struct trouble *t = &o->schedule.troubles[i];
            if (t->is_dropped) {
                continue;
            }
            struct campaign_result without;
            t->is_dropped = true;
            run_apart(o, &without);
            t->is_dropped = is_same_failure(without.failure, result->failure);
            if (t->is_dropped) {
                *result = without;
                has_shrunk = true;
            }
        }
    }
}

static void print_failure(const struct batch *b, const struct campaign_options *o,
                          const struct campaign_result *r)
{
    struct buf text = {0};
    buf_printf(&text, "FAILED: %s\n%s", r->failure, r->story);
    buf_append_str(&text, "  what was to happen:\n");
    schedule_print(&o->schedule, &text);
    if (r->journal[0] != 0) {
        buf_printf(&text, "  what happened:\n%s", r->journal);
    }
    buf_printf(&text, "  replay: paddock-sim --servers %d --seed %" PRIu64 " --ms %" PRId64,
               b->options->voters, o->schedule.seed, b->options->trouble_ms);
    if (o->plant != PLANT_NONE) {
        buf_printf(&text, " --plant %s%s", plant_name(o->plant), o->is_blind ? " --blind" : "");
    }
    buf_append_str(&text, o->schedule.is_rolling ? " --rollover" : "");
    buf_append_str(&text, o->schedule.is_governed ? " --reconfig" : "");
    buf_append_str(&text, o->schedule.has_guests ? " --library" : "");
    struct buf dropped = {0};
    schedule_print_dropped(&o->schedule, &dropped);
    if (dropped.len > 0) {
        buf_printf(&text, " --drop %s", buf_cstr(&dropped));
    }
    fputs(buf_cstr(&text), stdout);
    puts(" --verbose");
    (void)fflush(stdout);
    buf_fini(&dropped);
    buf_fini(&text);
}

static void add_result(struct batch *b, uint64_t index, struct campaign_result *r)
{
    struct batch_totals *t = b->totals;
    t->runs++;
    t->steps += r->steps;
    t->answers += r->answers;
    t->writes += r->writes;
    t->starts += r->starts;
    t->power_cuts += r->power_cuts;
    t->elections += r->elections;
    t->compared += r->compared;
    t->refusals += r->refusals;
    t->reconfigurations += r->reconfigurations;
    t->lost += r->lost;
    t->not_sent += r->not_sent;
    t->returns += r->returns;
    t->sessions += r->sessions;
    t->virtual_ms += r->virtual_ms;
    for (int k = 0; k < TROUBLE_KINDS; k++) {
        t->counts[k] += r->counts[k];
    }
    if (r->failure[0] == 0) {
        return;
    }
    t->failures++;
    if (b->options->named != 0) {
        const struct named *n = named_at(b->options, index);
        printf("FAILED: ZOOKEEPER-%d: %s\n%s\n  replay: paddock-sim --named %d --seed %" PRIu64
               " --verbose\n",
               n->number, r->failure, n->bug, n->number, named_seed(b->options, index));
        (void)fflush(stdout);
        return;
    }
    struct campaign_options o;
    make_options(b->options, index, &o);
    o.is_verbose = false;
    if (b->options->plant == PLANT_NONE && !b->options->is_whole) {
        printf("seed %" PRIu64 " fails: %s; cutting it down\n", o.schedule.seed, r->failure);
        (void)fflush(stdout);
        shrink(&o, r);
    }
    print_failure(b, &o, r);
}

// ---- many ----

struct share {
    const struct batch_options *options;
    uint64_t first;
};

static void run_share(int fd, void *ctx)
{
    const struct share *s = ctx;
    for (uint64_t i = s->first; i < s->options->count; i += (uint64_t)s->options->jobs) {
        struct campaign_options o;
        make_options(s->options, i, &o);
        tell(fd, s->options, &o, i);
    }
}

static bool is_over(const struct batch *b)
{
    return (b->end > 0 && seconds_now() > b->end) ||
           b->totals->failures >= b->options->failures_max;
}

static void go_on(struct batch *b, struct child *c)
{
    struct share share = {b->options, c->next};
    if (c->next < b->options->count && !is_over(b)) {
        spawn(c, run_share, &share);
    }
}

static void take_report(struct batch *b, struct child *c)
{
    if (c->got.is_begin) {
        c->has_begun = true;
        c->next = c->got.index;
        return;
    }
    c->has_begun = false;
    c->next += (uint64_t)b->options->jobs;
    add_result(b, c->got.index, &c->got.result);
    if (is_over(b)) {
        (void)kill(c->pid, SIGKILL);
    }
}

static void take_end(struct batch *b, struct child *c)
{
    struct campaign_result r = {0};
    bury(c, r.failure, sizeof(r.failure));
    if (c->has_begun && !is_over(b)) {
        c->next += (uint64_t)b->options->jobs;
        add_result(b, c->next - (uint64_t)b->options->jobs, &r);
    }
    go_on(b, c);
}

static void turn(struct batch *b)
{
    struct pollfd fds[BATCH_JOBS_MAX];
    for (int i = 0; i < b->options->jobs; i++) {
        struct child *c = &b->children[i];
        fds[i] = (struct pollfd){.fd = c->pid != 0 ? c->pipe : -1, .events = POLLIN};
    }
    if (poll(fds, (nfds_t)b->options->jobs, -1) <= 0) {
        return;
    }
    for (int i = 0; i < b->options->jobs; i++) {
        struct child *c = &b->children[i];
        bool is_gone = false;
        if (fds[i].revents != 0 && read_some(c, &is_gone)) {
            take_report(b, c);
        }
        if (is_gone) {
            take_end(b, c);
        }
    }
}

static bool has_children(const struct batch *b)
{
    for (int i = 0; i < b->options->jobs; i++) {
        if (b->children[i].pid != 0) {
            return true;
        }
    }
    return false;
}

static void run_many(struct batch *b)
{
    for (int i = 0; i < b->options->jobs; i++) {
        b->children[i].next = (uint64_t)i;
        go_on(b, &b->children[i]);
    }
    while (has_children(b)) {
        turn(b);
    }
}

// In this process, for debuggers and logs.
static void run_one(struct batch *b)
{
    struct campaign_options o;
    struct campaign_result r;
    make_options(b->options, 0, &o);
    if (b->options->dropped != NULL && !schedule_drop(&o.schedule, b->options->dropped)) {
        fputs("paddock-sim: --drop is a list of numbers of troubles\n", stderr);
        exit(2);
    }
    bool is_right = campaign_run(&o, &r);
    r.failure[0] = 0; // printed here, not cut down
    add_result(b, 0, &r);
    printf("seed %" PRIu64 ": %" PRIu64 " steps, trace %016" PRIx64 "\n", o.schedule.seed, r.steps,
           r.trace);
    if (!is_right) {
        struct campaign_result again;
        b->totals->failures++;
        o.is_verbose = false;
        (void)campaign_run(&o, &again);
        print_failure(b, &o, &again);
    }
}

bool batch_run(const struct batch_options *options, struct batch_totals *ret)
{
    struct batch b = {.options = options, .totals = ret};
    double begin = seconds_now();
    *ret = (struct batch_totals){0};
    b.end = options->seconds > 0 ? begin + options->seconds : 0;
    bool is_one = options->named == 0 && (options->is_verbose || options->dropped != NULL);
    if (is_one) {
        run_one(&b);
    } else {
        run_many(&b);
    }
    ret->seconds = seconds_now() - begin;
    return ret->failures == 0;
}

void batch_print(const struct batch_totals *t)
{
    double virtual_s = (double)t->virtual_ms / 1e3;
    printf("schedules: %" PRIu64 " run, %" PRIu64 " failed; %.0f s, %.2f schedules/s, %.1f h of "
           "virtual time\n",
           t->runs, t->failures, t->seconds, t->seconds > 0 ? (double)t->runs / t->seconds : 0,
           virtual_s / 3600);
    printf("schedules: %" PRIu64 " steps, %" PRIu64 " judged answers, %" PRIu64 " epochs, %" PRIu64
           " starts, %" PRIu64 " power cuts, %" PRIu64 " equal states, %" PRIu64
           " disks given up\n",
           t->steps, t->answers, t->elections, t->starts, t->power_cuts, t->compared, t->refusals);
    fputs("schedules:", stdout);
    for (int k = 0; k < TROUBLE_KINDS; k++) {
        if (t->counts[k] > 0) {
            printf(" %" PRIu64 " %s", t->counts[k], trouble_name((enum trouble_kind)k));
        }
    }
    if (t->reconfigurations > 0) {
        printf(" %" PRIu64 " reconfigurations", t->reconfigurations);
    }
    if (t->sessions > 0) {
        printf("; of the library %" PRIu64 " sessions, %" PRIu64
               " requests of unknown fate, %" PRIu64 " not sent, watches set again %" PRIu64
               " times",
               t->sessions, t->lost, t->not_sent, t->returns);
    }
    puts("");
}

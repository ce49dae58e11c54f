// SPDX-License-Identifier: Apache-2.0
//
// paddock-sim: scenarios from the command line.
//
//     paddock-sim --seconds 60                a sixth of the sweep, then fresh seeds; with --seed N
//                                             those from N on
//     paddock-sim --seed 17 --plan crashes --verbose
//     paddock-sim --servers 3 --schedules 200 --seed 1   schedules 1 to 200 of an ensemble of
//     three;
//                                             --servers 0: three or five, sometimes with an
//                                             observer
//     paddock-sim --servers 3 --seed 17 --drop 0,2 --verbose
//     paddock-sim --servers 0 --schedules 200 --reconfig --rollover    members change and
//                                             zxids roll over meanwhile; --library: some of the
//                                             clients are the client library's (guest.h)
//     paddock-sim --named all --schedules 10  the schedules of named.h, each with ten seeds
//     paddock-sim --sweep --seed 1            one short scenario again and again, for every n: the
//                                             n-th write, sync, ... fails; power goes at the n-th
//                                             disk operation; the n-th try_ allocation fails
//     paddock-sim --check FILE                judges a transcript of real servers (transcript.h)
//
// A failure prints what broke and the one line that shows it again.
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/batch.h"
#include "sim/check.h"
#include "sim/named.h"
#include "sim/scenario.h"
#include "sim/transcript.h"

enum {
    TROUBLE_MS = 3000,
    ENSEMBLE_TROUBLE_MS = 2500,
    SWEEP_TROUBLE_MS = 120,
    SECONDS = 60,
    TIMED_STEP = 6, // a timed run sweeps one n of so many: most of its time is for fresh seeds
};

struct totals {
    uint64_t runs, failures, writes, refused, answers, starts, power_cuts, steps;
};

static bool run_one(const struct scenario_options *o, struct totals *t)
{
    struct scenario_result r;
    bool is_right = scenario_run(o, &r);
    t->runs++;
    t->writes += r.writes_done;
    t->refused += r.writes_refused;
    t->answers += r.answers;
    t->starts += r.starts;
    t->power_cuts += r.power_cuts;
    t->steps += r.steps;
    if (o->is_verbose) {
        printf("seed %" PRIu64 " plan %s: %" PRIu64 " steps, trace %016" PRIx64 "\n", o->seed,
               scenario_plan_name(o->plan), r.steps, r.trace);
    }
    if (is_right) {
        return true;
    }
    t->failures++;
    printf("FAILED: %s\n%s  replay: build/debug/paddock-sim --seed %" PRIu64
           " --plan %s --ms %" PRId64,
           r.failure, r.story, o->seed, scenario_plan_name(o->plan), o->trouble_ms);
    if (o->fail_nth > 0) {
        printf(" --fail %s:%" PRIu64 ":%s", disk_op_name(o->fail_op), o->fail_nth,
               err_name(o->fail_with));
    }
    if (o->cut_at_op > 0) {
        printf(" --cut %" PRIu64, o->cut_at_op);
    }
    if (o->try_nth > 0) {
        printf(" --alloc %u", o->try_nth);
    }
    printf(" --verbose\n");
    (void)fflush(stdout);
    return false;
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- the sweep ----

static struct scenario_options sweep_options(uint64_t seed)
{
    return (struct scenario_options){
        .seed = seed, .plan = SCENARIO_QUIET, .trouble_ms = SWEEP_TROUBLE_MS};
}

static const enum disk_op swept[] = {DISK_WRITE,  DISK_SYNC,     DISK_OPEN,    DISK_RENAME,
                                     DISK_REMOVE, DISK_SYNC_DIR, DISK_TRUNCATE};
enum { SWEPT = sizeof(swept) / sizeof(swept[0]) };

static void fail_at(uint64_t seed, enum disk_op op, uint64_t n, enum err with, struct totals *t)
{
    struct scenario_options o = sweep_options(seed);
    o.fail_op = op;
    o.fail_nth = n;
    o.fail_with = with;
    (void)run_one(&o, t);
}

static void cut_at(uint64_t seed, uint64_t n, struct totals *t)
{
    struct scenario_options o = sweep_options(seed);
    o.cut_at_op = n;
    (void)run_one(&o, t);
}

static void refuse_memory_at(uint64_t seed, unsigned n, struct totals *t)
{
    struct scenario_options o = sweep_options(seed);
    o.try_nth = n;
    (void)run_one(&o, t);
}

// Without a fault: how often each operation comes.
static bool count_operations(uint64_t seed, struct scenario_result *ret, struct totals *t)
{
    struct scenario_options o = sweep_options(seed);
    if (scenario_run(&o, ret)) {
        return true;
    }
    (void)run_one(&o, t); // prints it
    return false;
}

// `step`: 1 takes every n; more takes one n of so many, other ones for another seed.
static void sweep(uint64_t seed, uint64_t step, struct totals *t)
{
    struct scenario_result whole;
    uint64_t first = 1 + seed % step;
    if (!count_operations(seed, &whole, t)) {
        return;
    }
    for (size_t i = 0; i < SWEPT; i++) {
        printf("sweep: %s fails, for n = %" PRIu64 " to %" PRIu64 "\n", disk_op_name(swept[i]),
               first, whole.disk_counts[swept[i]]);
        (void)fflush(stdout);
        for (uint64_t n = first; n <= whole.disk_counts[swept[i]]; n += step) {
            fail_at(seed, swept[i], n, ERR_IO, t);
            fail_at(seed, swept[i], n, ERR_NO_SPACE, t);
        }
    }
    printf("sweep: power is cut at operation n, for n = %" PRIu64 " to %" PRIu64 "\n", first,
           whole.disk_ops);
    (void)fflush(stdout);
    for (uint64_t n = first; n <= whole.disk_ops; n += step) {
        cut_at(seed, n, t);
    }
    printf("sweep: memory is refused, for n = %" PRIu64 " to %u\n", first, whole.try_count);
    (void)fflush(stdout);
    for (uint64_t n = first; n <= whole.try_count; n += step) {
        refuse_memory_at(seed, (unsigned)n, t);
    }
}

// An assertion of the server ends the program: the line says where to look for the seed.
static void fresh_seeds(double end, uint64_t seed, struct totals *t)
{
    printf("seeds from %" PRIu64 " on\n", seed);
    (void)fflush(stdout);
    while (seconds_now() < end && t->failures < 5) {
        for (int plan = SCENARIO_CALM; plan < SCENARIO_PLANS; plan++) {
            struct scenario_options o = {
                .seed = seed, .plan = (enum scenario_plan)plan, .trouble_ms = TROUBLE_MS};
            (void)run_one(&o, t);
        }
        seed++;
    }
}

// ---- transcripts ----

static bool read_whole(const char *path, struct buf *ret)
{
    FILE *f = fopen(path, "rb");
    uint8_t part[65536];
    size_t len = 0;
    while (f != NULL && (len = fread(part, 1, sizeof(part), f)) > 0) {
        buf_append(ret, part, len);
    }
    bool is_read = f != NULL && !ferror(f);
    if (f != NULL) {
        (void)fclose(f);
    }
    return is_read;
}

static void print_history(const struct annals *h, const char *what)
{
    size_t answers = 0;
    size_t writes = 0;
    for (size_t i = 0; i < h->count; i++) {
        answers += h->items[i].kind == ANNALS_ANSWER;
        writes += h->items[i].kind == ANNALS_ANSWER && annals_is_write(h->items[i].type) &&
                  ledger_is_done(h, &h->items[i]);
    }
    printf("transcript: %s, %zu answers, %zu writes done, %d connections, %zu nodes\n", what,
           answers, writes, h->connections, h->node_count);
}

static bool check_file(const char *path)
{
    struct buf bytes = {0};
    struct annals h;
    struct finding f;
    char error[256] = "it cannot be read";
    annals_init(&h);
    bool is_read =
        read_whole(path, &bytes) && transcript_read(buf_slice(&bytes), &h, error, sizeof(error));
    bool is_right = is_read && check_all(&h, &f);
    if (!is_read) {
        printf("FAILED: %s: %s\n", path, error);
    } else if (!is_right) {
        struct buf text = {0};
        finding_print(&f, &h, &text);
        printf("FAILED: %s: %s", path, buf_cstr(&text));
        buf_fini(&text);
    }
    print_history(&h, is_right ? "passed" : "failed");
    annals_fini(&h);
    buf_fini(&bytes);
    return is_right;
}

// ---- arguments ----

static const char usage[] =
    "usage: paddock-sim [--seed N [--plan quiet|calm|crashes|disk-faults] [--ms N]\n"
    "                   [--fail OP:NTH:ERR] [--cut N] [--alloc N] [--sync-lies] [--verbose]]\n"
    "                   [--seconds N] [--sweep [--seed N]]\n"
    "       paddock-sim --servers N [--seed N] [--schedules N] [--jobs N] [--seconds N] [--ms N]\n"
    "                   [--reconfig] [--rollover] [--library] [--plant NAME [--blind]]\n"
    "                   [--drop N,N...] [--whole] [--failures N] [--verbose]\n"
    "       paddock-sim --named all|NUMBER [--seed N] [--schedules N] [--jobs N] [--verbose]\n"
    "       paddock-sim --check FILE\n";

static bool parse_plan(const char *text, enum scenario_plan *ret)
{
    for (int plan = 0; plan < SCENARIO_PLANS; plan++) {
        if (strcmp(text, scenario_plan_name((enum scenario_plan)plan)) == 0) {
            *ret = (enum scenario_plan)plan;
            return true;
        }
    }
    return false;
}

// "sync:12:IO"
static bool parse_fail(const char *text, struct scenario_options *o)
{
    char op[16];
    char name[16];
    if (sscanf(text, "%15[^:]:%" SCNu64 ":%15s", op, &o->fail_nth, name) != 3) {
        return false;
    }
    o->fail_with = strcmp(name, err_name(ERR_NO_SPACE)) == 0 ? ERR_NO_SPACE : ERR_IO;
    for (int i = 0; i < DISK_OPS; i++) {
        if (strcmp(op, disk_op_name((enum disk_op)i)) == 0) {
            o->fail_op = (enum disk_op)i;
            return true;
        }
    }
    return false;
}

struct arguments {
    struct scenario_options one;
    struct batch_options batch;
    const char *transcript;
    bool has_seed, has_plan, has_servers, is_sweep;
    double seconds; // 0: not said
};

static bool parse_whole(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    return end != text && *end == 0;
}

// Options of an ensemble. Returns false for one that is none of them, or wrong.
static bool parse_batch(int option, const char *text, struct arguments *a)
{
    uint64_t n = 0;
    bool is_number = text != NULL && parse_whole(text, &n);
    switch (option) {
    case 'n':
        a->has_servers = true;
        a->batch.voters = (int)n;
        return is_number && n < SCHEDULE_SERVERS_MAX;
    case 'N':
        a->batch.count = n;
        return is_number;
    case 'j':
        a->batch.jobs = (int)n;
        return is_number && n > 0 && n <= BATCH_JOBS_MAX;
    case 'k':
        a->has_servers = true;
        a->batch.named = strcmp(text, "all") == 0 ? NAMED_ALL : (int)n;
        return is_number || a->batch.named == NAMED_ALL;
    case 'F':
        a->batch.failures_max = n;
        return is_number && n > 0;
    case 'B':
        a->batch.is_blind = true;
        return true;
    case 'R':
        a->batch.is_rolling = true;
        return true;
    case 'G':
        a->batch.is_governed = true;
        return true;
    case 'L':
        a->batch.has_guests = true;
        return true;
    case 'W':
        a->batch.is_whole = true;
        return true;
    case 'd':
        a->batch.dropped = text;
        return true;
    case 'P':
        return plant_parse(text, &a->batch.plant);
    default:
        return false;
    }
}

static bool parse_one(int option, const char *text, struct arguments *a)
{
    uint64_t n = 0;
    bool is_number = text != NULL && parse_whole(text, &n);
    switch (option) {
    case 's':
        a->has_seed = true;
        a->one.seed = a->batch.seed = n;
        return is_number;
    case 'p':
        a->has_plan = true;
        return parse_plan(text, &a->one.plan);
    case 'm':
        a->one.trouble_ms = a->batch.trouble_ms = (int64_t)n;
        return is_number;
    case 'f':
        return parse_fail(text, &a->one);
    case 'c':
        a->one.cut_at_op = n;
        return is_number;
    case 'a':
        a->one.try_nth = (unsigned)n;
        return is_number;
    case 'l':
        a->one.sync_lies = true;
        return true;
    case 'v':
        a->one.is_verbose = a->batch.is_verbose = true;
        return true;
    case 't':
        a->seconds = strtod(text, NULL);
        return a->seconds > 0;
    case 'w':
        a->is_sweep = true;
        return true;
    case 'C':
        a->transcript = text;
        return true;
    default:
        return parse_batch(option, text, a);
    }
}

static bool parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},    {"plan", required_argument, NULL, 'p'},
        {"ms", required_argument, NULL, 'm'},      {"fail", required_argument, NULL, 'f'},
        {"cut", required_argument, NULL, 'c'},     {"alloc", required_argument, NULL, 'a'},
        {"sync-lies", no_argument, NULL, 'l'},     {"verbose", no_argument, NULL, 'v'},
        {"seconds", required_argument, NULL, 't'}, {"sweep", no_argument, NULL, 'w'},
        {"servers", required_argument, NULL, 'n'}, {"schedules", required_argument, NULL, 'N'},
        {"jobs", required_argument, NULL, 'j'},    {"drop", required_argument, NULL, 'd'},
        {"named", required_argument, NULL, 'k'},   {"whole", no_argument, NULL, 'W'},
        {"blind", no_argument, NULL, 'B'},         {"failures", required_argument, NULL, 'F'},
        {"plant", required_argument, NULL, 'P'},   {"reconfig", no_argument, NULL, 'G'},
        {"rollover", no_argument, NULL, 'R'},      {"library", no_argument, NULL, 'L'},
        {"check", required_argument, NULL, 'C'},   {NULL, 0, NULL, 0},
    };
    bool is_right = true;
    for (int c = getopt_long(argc, argv, "", options, NULL); c != -1 && is_right;
         c = getopt_long(argc, argv, "", options, NULL)) {
        is_right = parse_one(c, optarg, a);
    }
    return is_right && optind == argc;
}

static bool run_ensembles(struct arguments *a)
{
    struct batch_totals t;
    a->batch.seconds = a->seconds;
    if (!a->has_seed && a->seconds > 0) {
        a->batch.seed = (uint64_t)time(NULL);
    }
    if (a->batch.named > 0 && named_find(a->batch.named) == NULL) {
        fputs("paddock-sim: no schedule has that number\n", stderr);
        return false;
    }
    if (a->batch.named == NAMED_ALL) {
        a->batch.count = (a->batch.count > 0 ? a->batch.count : 1) * named_count;
    }
    if (a->batch.count == 0) {
        a->batch.count = a->seconds > 0 ? UINT64_MAX / 2 : 1;
    }
    bool is_right = batch_run(&a->batch, &t);
    batch_print(&t);
    return is_right;
}

static void run_seed(struct arguments *a, struct totals *t)
{
    for (int plan = 0; plan < SCENARIO_PLANS; plan++) {
        if (!a->has_plan) {
            a->one.plan = (enum scenario_plan)plan;
        }
        (void)run_one(&a->one, t);
        if (a->has_plan) {
            break;
        }
    }
}

int main(int argc, char **argv)
{
    struct arguments a = {
        .one = {.seed = 1, .trouble_ms = TROUBLE_MS},
        .batch = {.seed = 1, .trouble_ms = ENSEMBLE_TROUBLE_MS, .jobs = 1, .failures_max = 5}};
    if (!parse(argc, argv, &a)) {
        fputs(usage, stderr);
        return 2;
    }
    if (a.transcript != NULL) {
        return check_file(a.transcript) ? 0 : 1;
    }
    if (a.has_servers) {
        return run_ensembles(&a) ? 0 : 1;
    }
    struct totals t = {0};
    double start = seconds_now();
    if (a.is_sweep) {
        sweep(a.one.seed, 1, &t);
    } else if (a.has_seed && a.seconds == 0) {
        run_seed(&a, &t);
    } else {
        uint64_t seed = a.has_seed ? a.one.seed : (uint64_t)time(NULL);
        sweep(seed, TIMED_STEP, &t);
        fresh_seeds(start + (a.seconds > 0 ? a.seconds : SECONDS), seed, &t);
    }
    printf("sim: %" PRIu64 " runs, %" PRIu64 " steps, %" PRIu64 " writes (%" PRIu64
           " refused), %" PRIu64 " judged answers, %" PRIu64 " starts, %" PRIu64
           " power cuts, %.0f s\n",
           t.runs, t.steps, t.writes, t.refused, t.answers, t.starts, t.power_cuts,
           seconds_now() - start);
    printf("sim: %" PRIu64 " passed, %" PRIu64 " failed\n", t.runs - t.failures, t.failures);
    return t.failures == 0 ? 0 : 1;
}

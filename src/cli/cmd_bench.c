// SPDX-License-Identifier: Apache-2.0
//
// `bench`: what the flags ask for, the nodes, the workers, the line that shows how it goes, and the
// report. The command's thread measures nothing itself.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/bench.h"
#include "cli/json.h"
#include "cli/progress.h"

enum {
    KEYS_MAX = 5000000,
    SIZE_MAX_BYTES = 1 << 20,
    WORKERS_MAX = 64,
    PLACES_MAX = 4 << 20, // requests under way
    LOOK_MS = 250,
    TEXT_BYTES = 32,
    TIME_BYTES = 16,
};
static const int64_t ns_per_ms = 1000000;

// ---- flags ----

static int take_number(struct cli *c, const struct cli_call *call, const char *flag, int64_t max,
                       int64_t min, uint32_t unset, uint32_t *ret)
{
    int64_t value = unset;
    const char *text = cli_value(call, flag);
    char name[TEXT_BYTES];
    (void)snprintf(name, sizeof(name), "--%s", flag);
    int status = text != NULL ? cli_number(c, text, name, min, max, &value) : CLI_DONE;
    *ret = (uint32_t)value;
    return status;
}

// A number with a fraction, as "0.5".
static int take_real(struct cli *c, const struct cli_call *call, const char *flag, double min,
                     double max, double unset, double *ret)
{
    const char *text = cli_value(call, flag);
    *ret = unset;
    if (text == NULL) {
        return CLI_DONE;
    }
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= min && value <= max)) {
        return cli_fail(c, CLI_USAGE, "--%s is a number from %g to %g, not %s", flag, min, max,
                        text);
    }
    *ret = value;
    return CLI_DONE;
}

static int take_numbers(struct cli *c, const struct cli_call *call, struct bench_options *o)
{
    int status = take_number(c, call, "sessions", 100000, 1, 8, &o->sessions);
    if (status == CLI_DONE) {
        status = take_number(c, call, "outstanding", 65536, 1, 8, &o->outstanding);
    }
    if (status == CLI_DONE) {
        status = take_number(c, call, "threads", WORKERS_MAX, 1, 1, &o->workers);
    }
    if (status == CLI_DONE) {
        status = take_number(c, call, "size", SIZE_MAX_BYTES, 0, 128, &o->size_bytes);
    }
    if (status == CLI_DONE) {
        status = take_number(c, call, "keys", KEYS_MAX, 1, 1000, &o->keys);
    }
    return status == CLI_DONE ? take_number(c, call, "watches", KEYS_MAX, 0, 0, &o->watches)
                              : status;
}

static int take_times(struct cli *c, const struct cli_call *call, struct bench_options *o)
{
    double duration, warmup;
    int status = take_real(c, call, "duration", 0.1, 86400, 10, &duration);
    if (status == CLI_DONE) {
        status = take_real(c, call, "warmup", 0, 3600, 1, &warmup);
    }
    if (status == CLI_DONE) {
        status = take_real(c, call, "rate", 0.1, 1e7, 0, &o->rate);
    }
    if (status == CLI_DONE) {
        o->duration_ms = (int64_t)(duration * 1000);
        o->warmup_ms = (int64_t)(warmup * 1000);
    }
    return status;
}

static int take_path_and_seed(struct cli *c, const struct cli_call *call, struct bench_options *o)
{
    int64_t seed = clock_mono_ns(c->host->clock) ^ clock_wall_ms(c->host->clock);
    const char *text = cli_value(call, "seed");
    int status = text != NULL ? cli_number(c, text, "--seed", 0, INT64_MAX, &seed) : CLI_DONE;
    if (status != CLI_DONE) {
        return status;
    }
    o->seed = (uint64_t)seed & INT64_MAX;
    const char *path = cli_value(call, "path");
    struct prng p;
    prng_init(&p, (uint64_t)clock_mono_ns(c->host->clock));
    int len = path != NULL ? snprintf(o->root, sizeof(o->root), "%s", path)
                           : snprintf(o->root, sizeof(o->root), "/bench-%08" PRIx32,
                                      (uint32_t)prng_next(&p));
    if (len >= (int)sizeof(o->root)) {
        return cli_fail(c, CLI_USAGE, "--path is longer than %zu bytes", sizeof(o->root) - 1);
    }
    return cli_check_path(c, o->root, false);
}

static int check_together(struct cli *c, const struct bench_options *o)
{
    if ((uint64_t)o->watches > (uint64_t)o->keys * o->sessions) {
        return cli_fail(c, CLI_USAGE,
                        "--watches is at most --keys times --sessions: a session has one watch on "
                        "a key");
    }
    if (o->workers > o->sessions) {
        return cli_fail(c, CLI_USAGE, "--threads is at most --sessions");
    }
    if ((uint64_t)o->sessions * o->outstanding > PLACES_MAX) {
        return cli_fail(c, CLI_USAGE, "--sessions times --outstanding is at most %d", PLACES_MAX);
    }
    return CLI_DONE;
}

static int take_flags(struct cli *c, const struct cli_call *call, struct bench_options *o)
{
    *o = (struct bench_options){.svg = cli_value(call, "svg"), .is_kept = cli_has(call, "keep")};
    const char *mix = cli_value(call, "mix");
    o->mix_text = mix != NULL ? mix : "get=90,set=10";
    char why[MIX_WHY_BYTES];
    if (!mix_parse(o->mix_text, &o->mix, why)) {
        return cli_fail(c, CLI_USAGE, "--mix: %s", why);
    }
    int status = take_numbers(c, call, o);
    if (status == CLI_DONE) {
        status = take_times(c, call, o);
    }
    if (status == CLI_DONE) {
        status = take_path_and_seed(c, call, o);
    }
    return status == CLI_DONE ? check_together(c, o) : status;
}

// ---- the line ----

static bool is_line_wanted(const struct cli *c)
{
    return c->host->err_is_tty && !c->is_quiet;
}

static void draw_line(struct cli *c, const char *text)
{
    if (is_line_wanted(c)) {
        (void)fprintf(c->err, "\r\033[K%.*s", c->host->columns() - 1, text);
        (void)fflush(c->err);
    }
}

// What was answered since the last look.
static void draw_progress(struct bench *b, struct histogram *seen, uint64_t errors,
                          int64_t since_ns, int64_t at_ns)
{
    const struct bench_options *o = &b->options;
    char text[200], rate[TEXT_BYTES], p99[TIME_BYTES], max[TIME_BYTES], count[TEXT_BYTES];
    uint64_t per_second = (uint64_t)((double)seen->count * 1e9 / (double)since_ns);
    double s = (double)at_ns / 1e9, window = (double)o->duration_ms / 1000;
    int len = s < 0        ? snprintf(text, sizeof(text), "warming up, %.1f s left", -s)
              : s < window ? snprintf(text, sizeof(text), "%.1f s of %g s", s, window)
                           : snprintf(text, sizeof(text), "waiting for the last answers");
    len += snprintf(text + len, sizeof(text) - (size_t)len, "  %s/s  p99 %s  max %s",
                    progress_count(per_second, rate),
                    bench_time(histogram_percentile(seen, 99), p99), bench_time(seen->max, max));
    if (errors > 0) {
        (void)snprintf(text + len, sizeof(text) - (size_t)len, "  %s errors",
                       progress_count(errors, count));
    }
    draw_line(b->cli, text);
}

static void look_for_interrupt(struct bench *b)
{
    if (b->cli->host->interrupted() != 0) {
        atomic_store(&b->must_stop, true);
    }
}

// Until every worker has counted itself in `counter`.
static void wait_for(struct bench *b, const uint32_t *counter, void (*look)(struct bench *b))
{
    struct cli_host *host = b->cli->host;
    host->lock();
    while (*counter < b->options.workers) {
        (void)host->wait(LOOK_MS / 5);
        host->unlock();
        look_for_interrupt(b);
        look(b);
        host->lock();
    }
    host->unlock();
}

static void look_at_opening(struct bench *b)
{
    char text[100], connected[TEXT_BYTES], sessions[TEXT_BYTES];
    b->cli->host->lock();
    uint32_t count = b->connected;
    b->cli->host->unlock();
    (void)snprintf(text, sizeof(text), "opening sessions: %s of %s",
                   progress_count(count, connected), progress_count(b->options.sessions, sessions));
    draw_line(b->cli, text);
}

static void look_at_load(struct bench *b)
{
    struct cli_host *host = b->cli->host;
    int64_t now = clock_mono_ns(host->clock);
    if (now - b->looked_ns < LOOK_MS * ns_per_ms) {
        return;
    }
    host->lock();
    *b->seen = b->live;
    histogram_init(&b->live);
    uint64_t errors = b->live_errors;
    host->unlock();
    draw_progress(b, b->seen, errors, now - b->looked_ns, now - b->begin_ns);
    b->looked_ns = now;
}

// ---- the run ----

static void start_window(struct bench *b)
{
    enum { START_MS = 20 }; // so that all workers see it before
    b->looked_ns = clock_mono_ns(b->cli->host->clock);
    atomic_store(&b->begin_ns, b->looked_ns + (b->options.warmup_ms + START_MS) * ns_per_ms);
}

static int report_trouble(struct bench *b)
{
    if (b->trouble == PADDOCK_OPERATION_TIMEOUT) {
        return cli_fail(b->cli, CLI_NO_CONNECTION,
                        "only %" PRIu32 " of %" PRIu32 " sessions were opened by %s; it may limit "
                        "them (maxClientCnxns, maxCnxns), or this shell its descriptors (ulimit "
                        "-n)",
                        b->connected, b->options.sessions, cli_servers(b->cli));
    }
    return cli_fail_code(b->cli, b->trouble, PADDOCK_ANSWERED, b->options.root);
}

static int run_workers(struct bench *b, struct bench_worker **workers, struct bench_result *ret)
{
    struct cli *c = b->cli;
    int64_t from_ns = clock_mono_ns(c->host->clock);
    for (uint32_t i = 0; i < b->options.workers; i++) {
        workers[i] = bench_worker_start(b, i);
        if (workers[i] == NULL) {
            atomic_store(&b->must_stop, true);
            b->options.workers = i; // those that are to be waited for
            b->trouble = PADDOCK_NO_RESOURCES;
        }
    }
    wait_for(b, &b->ready, look_at_opening);
    ret->connect_s = (double)(clock_mono_ns(c->host->clock) - from_ns) / 1e9;
    if (b->trouble != PADDOCK_OK) {
        atomic_store(&b->must_stop, true);
    }
    double cpu_s = (double)c->host->cpu_ns() / 1e9;
    start_window(b);
    wait_for(b, &b->finished, look_at_load);
    if (b->must_stop) { // nothing was asked for behind the last answer
        b->options.duration_ms = 1;
    }
    ret->cpu_s = (double)c->host->cpu_ns() / 1e9 - cpu_s;
    draw_line(c, "");
    for (uint32_t i = 0; i < b->options.workers; i++) {
        bench_result_add(ret, bench_worker_join(workers[i]));
        bench_worker_free(workers[i]);
    }
    return b->trouble == PADDOCK_OK ? CLI_DONE : report_trouble(b);
}

static int write_chart(struct bench *b, const struct bench_result *r)
{
    const char *name = b->options.svg;
    FILE *to = name != NULL ? fopen(name, "w") : NULL;
    if (name == NULL) {
        return CLI_DONE;
    }
    if (to != NULL) {
        bench_chart(&b->options, r, to);
    }
    bool is_bad = to == NULL || ferror(to) != 0;
    is_bad = (to != NULL && fclose(to) != 0) || is_bad;
    return is_bad ? cli_fail(b->cli, CLI_TROUBLE, "cannot write the chart to %s", name) : CLI_DONE;
}

static int report(struct bench *b, const struct bench_result *r)
{
    int status = CLI_DONE;
    if (b->cli->is_json) {
        status = cli_print_json(b->cli, bench_json(&b->options, r));
    } else {
        bench_print(&b->options, r, b->cli);
    }
    return status == CLI_DONE ? write_chart(b, r) : status;
}

static void announce(struct bench *b)
{
    const struct bench_options *o = &b->options;
    if (b->cli->is_json || b->cli->is_quiet) {
        return;
    }
    char rate[64] = "closed loop";
    char keys[TEXT_BYTES];
    if (o->rate > 0) {
        (void)snprintf(rate, sizeof(rate), "open loop of %g/s", o->rate);
    }
    (void)fprintf(b->cli->err,
                  "%s at %s: %" PRIu32 " sessions, %" PRIu32
                  " outstanding each, %s keys of %" PRIu32 " bytes, %s, %g s\n",
                  o->mix_text, cli_servers(b->cli), o->sessions, o->outstanding,
                  progress_count(o->keys, keys), o->size_bytes, rate,
                  (double)o->duration_ms / 1000);
}

// What has been measured is told, also when it was interrupted.
static int measure(struct bench *b)
{
    struct bench_worker **workers = mem_zalloc(b->options.workers * sizeof(struct bench_worker *));
    struct bench_result *r = mem_zalloc(sizeof(*r));
    int status = CLI_DONE;
    if (!b->must_stop) {
        announce(b);
        status = run_workers(b, workers, r);
        if (status == CLI_DONE) {
            status = report(b, r);
        }
    }
    mem_free(workers);
    mem_free(r);
    return status == CLI_DONE && b->must_stop ? cli_fail(b->cli, CLI_INTERRUPTED, "interrupted")
                                              : status;
}

static uint8_t *make_value(const struct bench_options *o)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    struct prng p;
    prng_init(&p, o->seed);
    uint8_t *value = mem_alloc(o->size_bytes + 1);
    for (uint32_t i = 0; i < o->size_bytes; i++) {
        value[i] = (uint8_t)letters[prng_next(&p) >> 58];
    }
    return value;
}

static int bench_between(struct bench *b)
{
    struct paddock *zk;
    b->cli->session_flags |= PADDOCK_RENEW; // what was made is removed in any case
    int status = cli_session(b->cli, &zk);
    if (status == CLI_DONE) {
        status = bench_make_keys(b, zk);
    }
    if (status != CLI_DONE) {
        return status;
    }
    status = measure(b);
    int removed = b->options.is_kept ? CLI_DONE : bench_remove_keys(b);
    return status != CLI_DONE ? status : removed;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct bench *b = mem_zalloc(sizeof(*b));
    b->cli = c;
    int status = take_flags(c, call, &b->options);
    if (status == CLI_DONE) {
        uint8_t *value = make_value(&b->options);
        b->value = value;
        b->seen = mem_zalloc(sizeof(*b->seen));
        if (b->options.watches > 0) {
            b->watched = mem_zalloc(b->options.keys * sizeof(*b->watched));
        }
        status = bench_between(b);
        mem_free(value);
        mem_free(b->seen);
        mem_free(b->watched);
    }
    mem_free(b);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "sessions", .value = "N", .kind = CLI_NUMBER, .help = "sessions side by side (8)"},
    {.name = "outstanding",
     .value = "N",
     .kind = CLI_NUMBER,
     .help = "requests under way in each session (8)"},
    {.name = "mix",
     .value = "KIND=SHARE,...",
     .help = "kinds of requests and their shares (get=90,set=10)"},
    {.name = "size", .value = "BYTES", .kind = CLI_NUMBER, .help = "of each value (128)"},
    {.name = "keys", .value = "N", .kind = CLI_NUMBER, .help = "nodes read and set (1000)"},
    {.name = "rate",
     .value = "PER_SECOND",
     .help = "open loop: so many requests a second, whatever becomes of them"},
    {.name = "duration", .value = "SECONDS", .help = "how long to measure (10)"},
    {.name = "warmup", .value = "SECONDS", .help = "how long to run before that (1)"},
    {.name = "watches",
     .value = "N",
     .kind = CLI_NUMBER,
     .help = "watches on keys; also measures from a set to its event"},
    {.name = "threads", .value = "N", .kind = CLI_NUMBER, .help = "that make the load (1)"},
    {.name = "path",
     .value = "PATH",
     .kind = CLI_PATH,
     .help = "a node that is yet to be made, for all nodes of the benchmark (/bench-RANDOM)"},
    {.name = "keep", .help = "leave the nodes"},
    {.name = "seed", .value = "N", .kind = CLI_NUMBER, .help = "of what is drawn by chance"},
    {.name = "svg", .value = "FILE", .kind = CLI_FILE, .help = "write a chart"},
};

const struct cli_command cli_bench = {
    .name = "bench",
    .group = CLI_GROUP_OBSERVE,
    .summary = "measure how fast an ensemble answers",
    .details =
        "Makes keys below a node of its own, loads the servers with requests of many sessions, "
        "prints rates, errors and latencies of each kind of request, and removes its nodes, also "
        "when it is interrupted.\n\n"
        "Kinds of requests: get, set and exists on a random key; children, the names in a folder "
        "of 100 keys; create and ephemeral, new nodes; delete, the oldest of those that the "
        "session has made, or a create when there is none; multi, a transaction of 4 sets; "
        "sync.\n\n"
        "Without --rate the loop is closed: each answer makes the next request, so a server that "
        "stands still is asked nothing meanwhile, and its stall shows as one slow request of each "
        "place. With --rate the loop is open: requests are due at even distances, and the clock "
        "of each starts when it is due, also when no place is free to send it. That is what users "
        "of a service feel; percentiles of both kinds must not be compared.\n\n"
        "With --watches the sessions hold persistent watches, spread evenly over keys and "
        "sessions, and the row 'event' says how long it took from a set to its event. A key that "
        "is set again before the events of its last set came is not timed.\n\n"
        "Every end of a request counts with its latency, errors too. What was begun in the "
        "window is waited for behind it. An open loop above some hundred requests a second keeps "
        "one processor busy, because sleeping would be measured as latency.",
    CLI_FLAGS(flags),
    .examples = "bench --duration 30 --svg /tmp/latency.svg # reads and sets, with a chart\n"
                "bench --rate 5000 --mix set=1,get=9 # latency at a rate that is not the servers'\n"
                "bench --sessions 1000 --outstanding 1 --watches 1000 # many sessions that watch",
    .exits = "130 interrupted; what was measured until then is printed",
    .is_json_able = true,
    .run = run,
};

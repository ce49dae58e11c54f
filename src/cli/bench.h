// SPDX-License-Identifier: Apache-2.0
//
// A benchmark in one process: workers, each a thread with a loop of its own, each with its part of
// the sessions; and what they measured. cmd_bench.c is the command, bench_worker.c makes the load,
// bench_keys.c the nodes, bench_report.c and bench_chart.c say how it was.
//
// 1. A request counts when its clock started within the window, whenever it was answered.
// 2. In an open loop its clock starts when it is due, also when it cannot be sent yet; else when it
//    is handed to the library.
// 3. Every end counts with its latency, errors too: what timed out has waited.
#ifndef PADDOCK_CLI_BENCH_H
#define PADDOCK_CLI_BENCH_H

#include <stdatomic.h>

#include "base/prng.h"
#include "cli/cli.h"
#include "cli/histogram.h"
#include "cli/mix.h"
#include "port/loop.h"

enum {
    BENCH_PATH_BYTES = 512,
    BENCH_FOLDER_KEYS = 100,
    BENCH_MULTI_PARTS = 4,
    BENCH_CODES_MAX = 16,       // different errors of one kind of request
    BENCH_SLICES_MAX = 600,     // of the chart's time
    BENCH_EVENT = MIX_OP_COUNT, // the place behind the requests: from a set to its event
    BENCH_ROWS,
};

struct bench_options {
    uint32_t sessions, outstanding, workers;
    struct mix mix;
    const char *mix_text;
    uint32_t size_bytes, keys, watches;
    double rate; // 0: closed loop
    int64_t duration_ms, warmup_ms;
    char root[BENCH_PATH_BYTES / 2];
    bool is_kept;
    uint64_t seed;
    const char *svg; // NULL: none
};

// ---- what was measured ----

struct bench_error {
    int code;
    uint64_t count;
};

struct bench_row {
    struct histogram latency; // nanoseconds
    uint64_t errors;
    struct bench_error codes[BENCH_CODES_MAX];
};

struct bench_slice {
    uint64_t count, errors; // ended in it
    int64_t max_ns;
};

struct bench_result {
    struct bench_row rows[BENCH_ROWS];
    struct bench_slice slices[BENCH_SLICES_MAX];
    size_t slice_count;     // up to the last end
    int64_t slice_ns;       // set before
    int64_t last_ns;        // the last end, since the begin of the window
    uint64_t events;        // also those that have no latency
    uint64_t sessions_lost; // expired and opened again
    uint64_t unsent;        // were due and never sent
    double cpu_s;           // of this process, within the run
    double connect_s;       // until all sessions stood
};

// A request of kind `row` that started at `start_ns` since the begin of the window has ended.
void bench_result_note(struct bench_result *r, size_t row, int code, int64_t start_ns,
                       int64_t end_ns);
void bench_result_add(struct bench_result *r, const struct bench_result *more);

// ---- the run ----

// A key whose set is awaited as an event by somebody.
struct bench_watched {
    atomic_int pending;       // events to come; -1 while a set is prepared
    _Atomic int64_t start_ns; // of the set; 0: not to be timed
};

// What the workers share with the command's thread. Behind the host's lock unless atomic.
struct bench {
    struct cli *cli;
    struct bench_options options;
    const uint8_t *value;          // size_bytes
    struct bench_watched *watched; // of each key; NULL without watches
    atomic_bool must_stop;         // interrupted
    _Atomic int64_t begin_ns;      // of the window; 0: wait
    uint32_t connected, ready, finished;
    int trouble;           // the first code that stopped a worker, or 0
    struct histogram live; // since the command's thread took it
    uint64_t live_errors;
    // Of the command's thread alone.
    struct histogram *seen;
    int64_t looked_ns;
};

struct bench_worker;
// Memory: owned; free after its thread has ended. NULL: no thread could be had.
struct bench_worker *bench_worker_start(struct bench *b, uint32_t index);
const struct bench_result *bench_worker_join(struct bench_worker *w);
void bench_worker_free(struct bench_worker *w);

// ---- nodes (bench_keys.c) ----

// The path of key `key`, or with `is_folder` of its folder. `to` has BENCH_PATH_BYTES.
void bench_key_path(const struct bench *b, uint32_t key, bool is_folder, char *to);
uint32_t bench_folder_count(const struct bench *b);

// Make the root, which must not exist, the folders and keys; or remove everything below the root
// and it. CLI_DONE, or after cli_fail.
int bench_make_keys(struct bench *b, struct paddock *zk);
int bench_remove_keys(struct bench *b);

// How many watches a key has, and which key a watch is on: they are spread evenly.
uint32_t bench_watchers_of(const struct bench *b, uint32_t key);

// ---- reports ----

// "850 us", "12.3 ms": at most 7 columns. Memory: `to` has room for 16 bytes.
const char *bench_time(int64_t ns, char *to);
void bench_print(const struct bench_options *o, const struct bench_result *r, struct cli *c);
struct json *bench_json(const struct bench_options *o, const struct bench_result *r);

// A chart that stands alone: percentiles, and the rate and the longest latency over time.
void bench_chart(const struct bench_options *o, const struct bench_result *r, FILE *to);

#endif

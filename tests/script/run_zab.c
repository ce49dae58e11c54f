// SPDX-License-Identifier: Apache-2.0
//
// Runs the scripts of a folder, each against its golden trace, then random histories.
//
//     run_zab FOLDER               every FOLDER/*.zab, and RANDOM_RUNS random runs from seed 1
//     run_zab FOLDER NAME          one script, its trace on standard output
//     run_zab --random SEED [N]    N random runs (1) from SEED on
//     run_zab --trace SEED         one, with its trace
//
// With GOLDEN=write in the environment the traces are written anew (`make golden`).
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "tests/script/chaos.h"
#include "tests/script/script.h"

enum { SCRIPTS_MAX = 256, RANDOM_RUNS = 300 };

// ---- files ----

static bool read_file(const char *path, struct buf *to)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    uint8_t *at;
    size_t got;
    do {
        at = buf_reserve(to, 4096);
        got = fread(at, 1, 4096, f);
        to->len += got;
    } while (got > 0);
    (void)fclose(f);
    return true;
}

static bool write_file(const char *path, struct slice bytes)
{
    FILE *f = fopen(path, "wb");
    bool is_ok = f != NULL && fwrite(bytes.data, 1, bytes.len, f) == bytes.len;
    return f != NULL && fclose(f) == 0 && is_ok;
}

// ---- traces ----

static struct slice line_at(struct slice text, size_t at)
{
    const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
    return slice_of(text.data + at, end != NULL ? (size_t)(end - text.data) - at : text.len - at);
}

// Say where two texts part.
static void print_difference(const char *name, struct slice expected, struct slice found)
{
    int number = 1;
    for (size_t a = 0, b = 0; a < expected.len || b < found.len; number++) {
        struct slice x = a < expected.len ? line_at(expected, a) : slice_str("(the end)");
        struct slice y = b < found.len ? line_at(found, b) : slice_str("(the end)");
        if (!slice_equal(x, y)) {
            (void)fprintf(stderr, "%s.trace:%d\n  expected: %.*s\n  found:    %.*s\n", name, number,
                          SLICE_ARGS(x), SLICE_ARGS(y));
            return;
        }
        a += x.len + 1;
        b += y.len + 1;
    }
}

static bool compare_trace(const char *folder, const char *name, struct slice trace)
{
    char path[512];
    const char *golden = getenv("GOLDEN");
    (void)snprintf(path, sizeof(path), "%s/%s.trace", folder, name);
    if (golden != NULL && strcmp(golden, "write") == 0) {
        return write_file(path, trace);
    }
    struct buf expected = {0};
    bool is_same = read_file(path, &expected) && slice_equal(buf_slice(&expected), trace);
    if (!is_same) {
        print_difference(name, buf_slice(&expected), trace);
    }
    buf_fini(&expected);
    return is_same;
}

// ---- scripts ----

static bool run_script(const char *folder, const char *name, bool is_shown)
{
    char path[512];
    struct buf text = {0};
    struct buf complaint = {0};
    struct world world;
    (void)snprintf(path, sizeof(path), "%s/%s.zab", folder, name);
    if (!read_file(path, &text)) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    world_init(&world);
    bool is_well = script_run(&world, buf_slice(&text), &complaint);
    if (is_shown) {
        (void)fwrite(buf_slice(&world.trace).data, 1, world.trace.len, stdout);
    }
    if (!is_well) {
        (void)fprintf(stderr, "%s.zab: %s\n", name, buf_cstr(&complaint));
    } else if (!is_shown) {
        is_well = compare_trace(folder, name, buf_slice(&world.trace));
    }
    world_fini(&world);
    buf_fini(&text);
    buf_fini(&complaint);
    return is_well;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run_folder(const char *folder)
{
    char *names[SCRIPTS_MAX];
    size_t count = 0;
    int failures = 0;
    DIR *dir = opendir(folder);
    ASSERT(dir != NULL);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char *dot = strrchr(e->d_name, '.');
        if (dot != NULL && strcmp(dot, ".zab") == 0) {
            ASSERT(count < SCRIPTS_MAX);
            *dot = '\0';
            names[count++] = mem_strdup(e->d_name);
        }
    }
    (void)closedir(dir);
    qsort(names, count, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < count; i++) {
        failures += run_script(folder, names[i], false) ? 0 : 1;
        mem_free(names[i]);
    }
    (void)printf("%zu scripts, %d failed\n", count, failures);
    return failures;
}

// ---- random runs ----

static void name_seed(void *seed)
{
    (void)fprintf(stderr, "run_zab --trace %" PRIu64 " shows it again\n", *(uint64_t *)seed);
}

static int run_random(uint64_t first, uint64_t runs, bool is_loud)
{
    struct chaos_count sum = {0};
    int failures = 0;
    uint64_t seed = first;
    assert_set_hook(name_seed, &seed);
    for (; seed < first + runs; seed++) {
        struct chaos_count count;
        struct buf complaint = {0};
        struct buf trace = {0};
        if (!chaos_run(seed, is_loud, &complaint, &trace, &count)) {
            (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, buf_cstr(&complaint));
            failures++;
        }
        (void)fwrite(buf_slice(&trace).data, 1, trace.len, stdout);
        sum.committed += count.committed;
        sum.elections += count.elections;
        sum.crashes += count.crashes;
        sum.reconfigs += count.reconfigs;
        sum.handovers += count.handovers;
        sum.syncs += count.syncs;
        buf_fini(&complaint);
        buf_fini(&trace);
    }
    assert_set_hook(NULL, NULL);
    (void)printf("%" PRIu64 " random runs, %d failed: %zu commits, %zu leaders, %zu crashes, "
                 "%zu reconfigurations, %zu hand-overs, %zu syncs\n",
                 runs, failures, sum.committed, sum.elections, sum.crashes, sum.reconfigs,
                 sum.handovers, sum.syncs);
    return failures;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && (strcmp(argv[1], "--random") == 0 || strcmp(argv[1], "--trace") == 0)) {
        uint64_t runs = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
        bool is_loud = strcmp(argv[1], "--trace") == 0;
        return run_random(strtoull(argv[2], NULL, 10), runs, is_loud) > 0 ? 1 : 0;
    }
    if (argc == 3) {
        return run_script(argv[1], argv[2], true) ? 0 : 1;
    }
    if (argc != 2) {
        (void)fprintf(stderr, "usage: run_zab FOLDER [NAME] | --random SEED [N] | --trace SEED\n");
        return 2;
    }
    int failures = run_folder(argv[1]);
    const char *golden = getenv("GOLDEN");
    if (golden == NULL || strcmp(golden, "write") != 0) {
        failures += run_random(1, RANDOM_RUNS, false);
    }
    return failures > 0 ? 1 : 0;
}

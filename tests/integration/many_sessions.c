// SPDX-License-Identifier: Apache-2.0
//
// Many handles on one loop: each has a session and an ephemeral node of its own, all ask side by
// side, and they are closed in an order that is not that of their opening. Prints, one a line: how
// many sessions differ, how many answers came, how many threads this process has, how many turns
// the answers took.
//
//     many_sessions SERVERS COUNT
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <paddock/paddock.h>

enum { COUNT_MAX = 1000, ROUNDS = 10, TURN_MS = 10000 };

static struct paddock *handles[COUNT_MAX];
static size_t answers, left[COUNT_MAX];

static void ask(struct paddock *zk, size_t *rounds_left);

static void answered(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    size_t *rounds_left = ctx;
    if (result->code == PADDOCK_OK) {
        answers++;
    }
    if (--*rounds_left > 0) {
        ask(zk, rounds_left);
    }
}

static void ask(struct paddock *zk, size_t *rounds_left)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/"};
    if (paddock_submit(zk, &op, answered, rounds_left) != PADDOCK_OK) {
        exit(1);
    }
}

static size_t threads(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (tasks != NULL && readdir(tasks) != NULL) {
        count++;
    }
    (void)closedir(tasks);
    return count - 2; // "." and ".."
}

static void open_all(const char *servers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct paddock_options options = {
            .servers = servers, .flags = PADDOCK_NO_THREAD, .beside = handles[0]};
        if (paddock_open(&options, &handles[i]) != PADDOCK_OK) {
            exit(1);
        }
    }
}

static size_t different_sessions(size_t count)
{
    size_t different = 0;
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        struct paddock_session_info info;
        if (paddock_connect(handles[i], TURN_MS) == PADDOCK_OK) {
            paddock_session(handles[i], &info);
            different += info.id != last;
            last = info.id;
        }
        char path[32];
        (void)snprintf(path, sizeof(path), "/many%zu", i);
        if (paddock_create(handles[i], path, paddock_text("x"), PADDOCK_EPHEMERAL, NULL) !=
            PADDOCK_OK) {
            exit(1);
        }
    }
    return different;
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 0;
    if (count == 0 || count > COUNT_MAX) {
        return 2;
    }
    open_all(argv[1], count);
    (void)printf("%zu\n", different_sessions(count));
    for (size_t i = 0; i < count; i++) {
        left[i] = ROUNDS;
        ask(handles[i], &left[i]);
    }
    size_t turns = 0;
    while (answers < count * ROUNDS && turns < count * ROUNDS) {
        paddock_turn(handles[turns % count], TURN_MS);
        turns++;
    }
    (void)printf("%zu\n%zu\n%zu\n", answers, threads(), turns);
    for (size_t i = 0; i < count; i += 2) {
        paddock_close(handles[i]); // the first one among them
    }
    for (size_t i = 1; i < count; i += 2) {
        paddock_close(handles[i]);
    }
    struct paddock_options threaded = {.servers = argv[1]};
    struct paddock *zk;
    if (paddock_open(&threaded, &zk) != PADDOCK_OK) {
        return 1;
    }
    struct paddock_options beside = {.servers = argv[1], .flags = PADDOCK_NO_THREAD, .beside = zk};
    struct paddock *refused;
    int code = paddock_open(&beside, &refused); // a loop that a thread runs is not shared
    paddock_close(zk);
    return code == PADDOCK_BAD_ARGUMENTS && refused == NULL ? 0 : 1;
}

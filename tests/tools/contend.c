// SPDX-License-Identifier: Apache-2.0
//
// One contender of the mixed tests of locks and elections, over our library:
//
//     contend SERVERS PATH WITNESS_DIR lock|latch SESSION_MS ID     takes turns until it is killed
//     contend witness WITNESS_DIR ID                                a turn of `paddock lock ... --`
//
// Whoever holds takes the witness as well, a lock of the file system that nobody has to wait for,
// and writes `in ID NODE`, and `out ID`, into the log there. A witness that is taken already is two
// holders: `TWO ID NODE`.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paddock/recipes.h"

enum { LINE_SIZE = 512, ACQUIRE_MS = 60000, RELEASE_MS = 10000 };

struct witness {
    int lock_fd, log_fd;
};

static int open_in(const char *dir, const char *name, int flags)
{
    char path[LINE_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    return fd;
}

static void say(const struct witness *w, const char *verb, const char *id, const char *node)
{
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof(line), "%s %s %s\n", verb, id, node);
    if (write(w->log_fd, line, (size_t)len) != len) {
        exit(2);
    }
}

static void turn(const struct witness *w, const char *id, const char *node)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(w->lock_fd, F_SETLK, &whole) != 0) {
        say(w, "TWO", id, node);
        return;
    }
    say(w, "in", id, node);
    (void)usleep(5000);
    say(w, "out", id, node);
    whole.l_type = F_UNLCK;
    (void)fcntl(w->lock_fd, F_SETLK, &whole);
}

static int take_turns(char **argv)
{
    struct witness w = {open_in(argv[3], "witness", O_RDWR),
                        open_in(argv[3], "log", O_WRONLY | O_APPEND)};
    struct paddock_options options = {.servers = argv[1],
                                      .session_timeout_ms = (int)strtol(argv[5], NULL, 10),
                                      .flags = PADDOCK_RENEW};
    struct paddock_lock_options lock_options = {
        .path = argv[2],
        .kind = strcmp(argv[4], "latch") == 0 ? PADDOCK_LOCK_LEADER : PADDOCK_LOCK_MUTEX};
    struct paddock *zk;
    struct paddock_lock *lock;
    if (paddock_open(&options, &zk) != PADDOCK_OK ||
        paddock_lock_new(zk, &lock_options, &lock) != PADDOCK_OK) {
        return 2;
    }
    for (;;) {
        int code = paddock_lock_acquire(lock, ACQUIRE_MS);
        if (code != PADDOCK_OK) {
            say(&w, "failed", argv[6], paddock_code_name(code));
            continue;
        }
        turn(&w, argv[6], paddock_lock_node(lock));
        (void)paddock_lock_release(lock, RELEASE_MS);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "witness") == 0 && getenv("PADDOCK_LOCK_NODE") != NULL) {
        struct witness w = {open_in(argv[2], "witness", O_RDWR),
                            open_in(argv[2], "log", O_WRONLY | O_APPEND)};
        turn(&w, argv[3], getenv("PADDOCK_LOCK_NODE"));
        return 0;
    }
    if (argc != 7) {
        (void)fprintf(stderr, "usage: contend SERVERS PATH DIR lock|latch SESSION_MS ID\n");
        return 2;
    }
    return take_turns(argv);
}

// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn reports a program that cannot be executed as an error of the call, so no pipe to the
// child is needed for that.
#include "main/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

struct cli_child {
    pid_t pid;
};

static size_t count_of(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL) {
        count++;
    }
    return count;
}

// Our variables, except those that `vars` sets anew, then `vars`.
static char **environment(const char *const *vars)
{
    size_t count = 0;
    char **all =
        mem_alloc((count_of((const char *const *)environ) + count_of(vars) + 1) * sizeof(*all));
    for (char **e = environ; *e != NULL; e++) {
        size_t name_len = strcspn(*e, "=") + 1;
        bool is_replaced = false;
        for (size_t i = 0; i < count_of(vars); i++) {
            is_replaced = is_replaced || strncmp(vars[i], *e, name_len) == 0;
        }
        if (!is_replaced) {
            all[count++] = *e;
        }
    }
    for (size_t i = 0; i < count_of(vars); i++) {
        all[count++] = (char *)(uintptr_t)vars[i]; // posix_spawn does not change it
    }
    all[count] = NULL;
    return all;
}

// The child gets default signals: what we ignore or catch is our own affair.
static int spawn(const char *const *argv, char **env, pid_t *ret)
{
    posix_spawnattr_t attr;
    int error = posix_spawnattr_init(&attr);
    if (error != 0) {
        return error;
    }
    sigset_t caught, none;
    sigemptyset(&none);
    sigemptyset(&caught);
    sigaddset(&caught, SIGINT);
    sigaddset(&caught, SIGTERM);
    sigaddset(&caught, SIGPIPE);
    (void)posix_spawnattr_setsigdefault(&attr, &caught);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    error = posix_spawnp(ret, argv[0], NULL, &attr, (char *const *)(uintptr_t)argv, env);
    (void)posix_spawnattr_destroy(&attr);
    return error;
}

struct cli_child *child_start(const char *const *argv, const char *const *vars)
{
    char **env = environment(vars);
    pid_t pid;
    int error = spawn(argv, env, &pid);
    mem_free(env);
    if (error != 0) {
        errno = error;
        return NULL;
    }
    struct cli_child *child = mem_alloc(sizeof(*child));
    child->pid = pid;
    return child;
}

bool child_is_done(struct cli_child *child, int *ret_exit_code)
{
    int status;
    pid_t pid;
    do {
        pid = waitpid(child->pid, &status, WNOHANG);
    } while (pid < 0 && errno == EINTR);
    if (pid == 0) {
        return false;
    }
    *ret_exit_code = pid < 0               ? 1
                     : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                           : WEXITSTATUS(status);
    mem_free(child);
    return true;
}

void child_signal(struct cli_child *child, int signal_number)
{
    (void)kill(child->pid, signal_number); // it may have ended just now
}

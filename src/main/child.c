// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn reports a program that cannot be executed as an error of the call, so no pipe to the
// child is needed for that; a guarded child needs a call of its own before it executes, and has
// one.
#include "main/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

// ---- a child that ends with us ----

static int input_file(const void *input, size_t len)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t written = 0;
    while (fd >= 0 && written < len) {
        ssize_t n = write(fd, (const char *)input + written, len - written);
        if (n <= 0) {
            (void)close(fd);
            return -1;
        }
        written += (size_t)n;
    }
    return fd >= 0 && lseek(fd, 0, SEEK_SET) == 0 ? fd : -1;
}

// Between fork and exec: only calls that are safe there, since the library has threads.
static _Noreturn void become(const char *const *argv, char **env, pid_t parent, int input,
                             int complaint)
{
    sigset_t none;
    sigemptyset(&none);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    bool is_ready = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
                    (input < 0 || dup2(input, STDIN_FILENO) == STDIN_FILENO);
    if (is_ready) {
        (void)execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
    }
    int error = errno;
    (void)!write(complaint, &error, sizeof(error));
    _exit(127);
}

static int fork_guarded(const char *const *argv, char **env, int input, pid_t *ret)
{
    int complaint[2];
    if (pipe2(complaint, O_CLOEXEC) != 0) {
        return errno;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become(argv, env, parent, input, complaint[1]);
    }
    int error = pid < 0 ? errno : 0;
    (void)close(complaint[1]);
    if (pid > 0 && read(complaint[0], &error, sizeof(error)) == sizeof(error)) {
        (void)waitpid(pid, NULL, 0);
    }
    (void)close(complaint[0]);
    *ret = pid;
    return error;
}

struct cli_child *child_guard(const char *const *argv, const char *const *vars, const void *input,
                              size_t input_len)
{
    int fd = input != NULL ? input_file(input, input_len) : -1;
    if (input != NULL && fd < 0) {
        return NULL;
    }
    char **env = environment(vars);
    pid_t pid = -1;
    int error = fork_guarded(argv, env, fd, &pid);
    mem_free(env);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (error != 0) {
        errno = error;
        return NULL;
    }
    struct cli_child *child = mem_alloc(sizeof(*child));
    child->pid = pid;
    return child;
}

void child_wait(struct cli_child *child, int timeout_ms)
{
    enum { BLIND_MS = 10 }; // where the kernel has no descriptors of processes
    struct pollfd one = {.fd = (int)syscall(SYS_pidfd_open, child->pid, 0), .events = POLLIN};
    (void)poll(&one, 1, one.fd >= 0 || timeout_ms < BLIND_MS ? timeout_ms : BLIND_MS);
    if (one.fd >= 0) {
        (void)close(one.fd);
    }
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

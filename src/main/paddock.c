// SPDX-License-Identifier: Apache-2.0
//
// paddock: the command line as a process. Streams, terminal, signals and children of this machine
// for src/cli/, which holds the commands.
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/names.h"
#include "cli/program.h"
#include "host/host.h"
#include "main/bell.h"
#include "main/child.h"
#include "main/line_editor.h"
#include "main/terminal.h"
#include "main/version.h"

// ---- signals: the first one is a request, which long commands ask for; the second one ends us
// ----

static volatile sig_atomic_t pending_signal, pending_since_s;

// timeout(1) and others signal a process and its group at once: that is one request, not two.
static void on_signal(int number)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // legal within a handler
    sig_atomic_t now_s = (sig_atomic_t)now.tv_sec;
    if (pending_signal == 0) {
        pending_since_s = now_s;
        pending_signal = number;
    } else if (now_s - pending_since_s > 1) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
}

static int interrupted(void)
{
    int number = pending_signal;
    pending_signal = 0;
    return number;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of writing
}

// Each session of a benchmark is a descriptor.
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// ---- the host ----

static const char *env(const char *name)
{
    return getenv(name);
}

static int64_t cpu_ns(void)
{
    struct timespec taken;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &taken);
    return (int64_t)taken.tv_sec * 1000000000 + taken.tv_nsec;
}

static struct cli_child *start_child(const char *const *argv, const char *const *vars)
{
    struct cli_child *child = child_start(argv, vars);
    if (child == NULL) {
        (void)fprintf(stderr, "paddock: cannot run %s: %s\n", argv[0], strerror(errno));
    }
    return child;
}

static struct cli_child *guard_child(const char *const *argv, const char *const *vars,
                                     struct paddock_bytes input)
{
    struct cli_child *child = child_guard(argv, vars, input.bytes, input.len);
    if (child == NULL) {
        (void)fprintf(stderr, "paddock: cannot run %s: %s\n", argv[0], strerror(errno));
    }
    return child;
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    catch_signals();
    raise_descriptor_limit();
    struct host *machine;
    enum err err = host_open(&machine);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "paddock: cannot start: %s\n", err_text(err));
        return CLI_TROUBLE;
    }
    struct cli_host host = {
        .env = env,
        .files = host_files(machine),
        .clock = host_clock(machine),
        .cpu_ns = cpu_ns,
        .loop = host_loop(machine),
        .net = host_net(machine),
        .resolver = host_resolver(machine),
        .pump = host_pump(machine),
        .open = paddock_open,
        .child_start = start_child,
        .child_guard = guard_child,
        .child_is_done = child_is_done,
        .child_wait = child_wait,
        .child_signal = child_signal,
        .interrupted = interrupted,
        .out_is_tty = isatty(STDOUT_FILENO) == 1,
        .err_is_tty = isatty(STDERR_FILENO) == 1,
        .in_is_tty = isatty(STDIN_FILENO) == 1,
        .columns = terminal_columns,
        .rows = terminal_rows,
        .key = terminal_key,
        .raw = terminal_raw,
        .lock = bell_lock,
        .unlock = bell_unlock,
        .wait = bell_wait,
        .ring = bell_ring,
        .read_line = line_editor_read,
    };
    struct cli c = {
        .host = &host,
        .out = stdout,
        .err = stderr,
        .program = "paddock",
        .version = version_text,
        .started_ns = clock_mono_ns(host.clock),
    };
    const char *const *words = (const char *const *)argv + (argc > 0 ? 1 : 0);
    names_run *named = names_find(argc > 0 ? argv[0] : NULL);
    int status = named != NULL ? named(&c, words) : program_run(&c, words);
    line_editor_close();
    host_close(machine);
    return status;
}

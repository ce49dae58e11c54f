// SPDX-License-Identifier: Apache-2.0
//
// What a command works with: where it prints, what the user asked for, the session with the
// ensemble, and the machine. One `struct cli` lives as long as the program (or the shell).
//
// 1. Data goes to `out`, everything said about it (errors, progress, questions) to `err`.
// 2. Colours and progress appear only where a terminal is; a pipe gets bare data.
// 3. An error is one line: which server and path, what went wrong, what to do. It is printed where
//    it stops travelling, by cli_fail or cli_fail_code, which also choose the exit code.
#ifndef PADDOCK_CLI_CLI_H
#define PADDOCK_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "paddock/paddock.h"
#include "port/clock.h"
#include "port/file.h"
#include "port/loop.h"
#include "port/pump.h"
#include "port/resolver.h"
#include "port/stream.h"

// Exit codes of every command (docs and --help print this list).
enum cli_exit {
    CLI_DONE = 0,
    CLI_NO = 1,            // the answer is no: no such node, not equal, damage found, refused
    CLI_USAGE = 2,         // wrong use; nothing was done
    CLI_NO_CONNECTION = 3, // no server was reached in time
    CLI_LOST = 4,          // the session ended, or a write's fate is unknown
    CLI_TROUBLE = 5,       // this machine: a file, memory, a child that did not start
    CLI_NOT_FOUND = 127,   // no such command (as zkCli and shells)
    CLI_INTERRUPTED = 130,
};

// How the program was called, which decides forms and texts where scripts depend on them.
enum cli_style {
    CLI_STYLE_PADDOCK,
    CLI_STYLE_ZKCLI, // under the name zkCli.sh: its options, streams and exit codes
};

// A process started by a command (`lock PATH -- CMD`, `edit`). exit_code: 128 + n for signal n.
struct buf;
struct cli_child;

// What the shell does while its user types. `complete` adds every word that may stand where the
// word of `line` that ends at `cursor` (bytes) stands; a word that ends a path wants no space.
struct cli_words {
    void (*add)(struct cli_words *to, const char *word);
};
struct cli_line_watcher {
    bool (*idle)(void *ctx);
    void (*complete)(void *ctx, const char *line, size_t cursor, struct cli_words *to);
    void *ctx;
};

struct cli_host {
    const char *(*env)(const char *name); // getenv
    struct port_files *files;
    struct port_clock *clock;
    int64_t (*cpu_ns)(void); // processor time that this process took
    // For what is no session: words, worker threads. The command's thread turns the pump.
    struct port_loop *loop;
    struct port_net *net;
    struct port_resolver *resolver;
    struct port_pump *pump;
    int (*open)(const struct paddock_options *options, struct paddock **ret); // paddock_open

    // Errors: CLI_TROUBLE after printing why. The child has the terminal and our streams, and gets
    // `vars`, lines NAME=value ending with NULL, beside our environment.
    struct cli_child *(*child_start)(const char *const *argv, const char *const *vars);
    // The same, but the child is killed when we are, and reads `input` unless that is null.
    struct cli_child *(*child_guard)(const char *const *argv, const char *const *vars,
                                     struct paddock_bytes input);
    bool (*child_is_done)(struct cli_child *child, int *ret_exit_code); // does not wait; frees
    // Until it is done, a signal comes to us, or the time is over; at most `timeout_ms`.
    void (*child_wait)(struct cli_child *child, int timeout_ms);
    void (*child_signal)(struct cli_child *child, int signal_number);
    // SIGINT and SIGTERM since the last call, 0 when none came: long commands ask between steps.
    int (*interrupted)(void);

    bool out_is_tty, err_is_tty, in_is_tty;
    int (*columns)(void); // of the terminal now; 80 when unknown
    int (*rows)(void);
    bool (*key)(int timeout_ms, int *ret); // one key of a raw terminal, for `top` and the like
    void (*raw)(bool on);                  // switch the terminal between raw and cooked

    // Where the library's thread meets ours: one lock, and a bell that is rung with it held. `wait`
    // gives the lock up until the bell rings, or returns false after `timeout_ms`.
    void (*lock)(void);
    void (*unlock)(void);
    bool (*wait)(int timeout_ms);
    void (*ring)(void);

    // A line with editing and history; NULL at end of input. Valid until the next call. While
    // waiting it calls `idle` every 50 ms, which returns true when it printed something.
    const char *(*read_line)(const char *prompt, const struct cli_line_watcher *watcher);
};

enum { CLI_AUTHS_MAX = 16, CLI_SCHEME_BYTES = 32 };

struct cli_auth {
    char scheme[CLI_SCHEME_BYTES];
    const char *credential;
};

struct cli {
    struct cli_host *host;
    FILE *out, *err;
    enum cli_style style;
    const char *program; // as errors name it
    const char *version; // of this build

    // What the user asked for.
    const char *servers;    // NULL: localhost:2181
    int session_timeout_ms; // 0: 30000
    bool is_read_only_ok, is_json, is_quiet, is_yes, is_coloured, is_interactive;
    bool is_stream;             // this command prints one JSON object a line
    unsigned session_flags;     // more flags of the session to be opened: PADDOCK_RENEW
    paddock_watch_fn *on_event; // of the session to be opened, with this struct; or NULL
    struct cli_auth auths[CLI_AUTHS_MAX];
    size_t auth_count;

    struct paddock *zk; // NULL until cli_session; the shell's `connect` and `close` change it
    int64_t started_ns; // monotonic
    void *shell;        // of the interactive shell, else NULL
};

// The session: opened, connected and authenticated at the first call. CLI_DONE, or the exit code
// after the error was printed (CLI_NO_CONNECTION, CLI_LOST, CLI_USAGE, ...).
int cli_session(struct cli *c, struct paddock **ret);

// Open the session without waiting for a server: requests wait then. CLI_DONE, or after cli_fail.
int cli_open(struct cli *c);

// The servers in force, as errors name them.
const char *cli_servers(const struct cli *c);

// Print `program: text` to err, in red on a terminal; returns `exit_code`.
int cli_fail(struct cli *c, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Say how a request ended that did not end well, in zkCli's words, with what is known of its
// fate, and return the exit code for it (zkCli's style: always 1).
int cli_fail_code(struct cli *c, int code, enum paddock_fate fate, const char *path);

// A code's name in the words of Java's exceptions: "Session expired". Never NULL.
const char *cli_code_text(const struct cli *c, int code);

// Wrong use of a command: the reason (may be NULL) and its usage line, on err. Returns CLI_USAGE,
// in zkCli's style 1.
int cli_usage(struct cli *c, const struct cli_command *command, const char *reason);

// The next line of standard input, without its newline, instead of what *line holds; false at the
// end.
bool cli_read_line(struct buf *line);

// Ask on a terminal; without one, and with --yes, the answer is `unasked`.
bool cli_confirm(struct cli *c, bool unasked, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// CLI_DONE for a legal path, or after cli_fail with Java's complaint.
int cli_check_path(struct cli *c, const char *path, bool is_sequential);

// One request, waited for: CLI_DONE, its code, and *ret (owned; may be NULL); or, when it could not
// be made, an exit code after cli_fail.
int cli_try(struct cli *c, const struct paddock_op *op, int *ret_code, struct paddock_result **ret);

// The same for requests that have to succeed: CLI_DONE and *ret, or after cli_fail_code.
int cli_call(struct cli *c, const struct paddock_op *op, struct paddock_result **ret);

// The flag -v VERSION, when it is there, into the request; -1 is any. CLI_DONE or CLI_USAGE.
int cli_version_flag(struct cli *c, const struct cli_call *call, struct paddock_op *op);

// For the `watch` of a request: one that leaves it to the session's on_event to say what happened,
// or none.
struct paddock_watch cli_watch(bool is_wanted);

// A whole number, or an error naming `what` and the range. CLI_DONE or CLI_USAGE.
int cli_number(struct cli *c, const char *text, const char *what, int64_t min, int64_t max,
               int64_t *ret);

// Colours as escape sequences, "" when there are none: cli_colour(c, 'r') red, g y b, 'd' dim, 'B'
// bold, '0' back to plain.
const char *cli_colour(const struct cli *c, char which);

#endif

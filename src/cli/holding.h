// SPDX-License-Identifier: Apache-2.0
//
// A command of the user's that runs while something is held: a lock, a leadership, a registration.
// It must be over before anybody else can hold the same:
//
//     RUNNING ──lost, or no server and the lease is down to the grace──► TOLD (the signal)
//        │                                                                 │ grace or lease over
//        └──────────────────── it ends ────────────────────────────────────┴─► KILLED
//
// The command is killed when we are killed; what it has started itself is its own affair.
#ifndef PADDOCK_CLI_HOLDING_H
#define PADDOCK_CLI_HOLDING_H

#include "cli/cli.h"
#include "paddock/recipes.h"

struct holding {
    const char *what; // "the lock /app/lock", for messages
    const char *const *argv;
    const char *const *vars; // as child_start has them
    int signal_number;
    int grace_ms;
    enum paddock_hold (*hold)(void *ctx); // now; may be called at any time
    void *ctx;
};

// Run it to its end. Its exit code; CLI_LOST when it was stopped because the hold was lost, also
// when it then ended well; CLI_TROUBLE when it could not be started.
int holding_run(struct cli *c, const struct holding *h);

// The flags --signal and --grace. CLI_DONE or CLI_USAGE.
int holding_flags(struct cli *c, const struct cli_call *call, struct holding *h);
// Seconds with fractions: "0.5". CLI_DONE or CLI_USAGE.
int holding_seconds(struct cli *c, const char *text, const char *what, int *ret_ms);

#define HOLDING_FLAGS                                                                              \
    {.name = "signal",                                                                             \
     .value = "SIG",                                                                               \
     .help = "what CMD is told when the hold is lost: a name or number (TERM)"},                   \
    {                                                                                              \
        .name = "grace", .value = "S",                                                             \
        .help = "seconds from that signal until CMD is killed (a tenth of the session timeout)"    \
    }

// How a recipe's failure is said: CLI_NO for a time that is over, else by cli_fail_code.
int holding_fail(struct cli *c, int code, const char *path, const char *late);

#endif

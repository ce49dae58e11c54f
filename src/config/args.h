// SPDX-License-Identifier: Apache-2.0
//
// The command line of paddockd: text in, struct and one line of complaint out; it opens nothing.
//
//     paddockd zoo.cfg
//     paddockd PORT DATADIR [tickTime] [maxCnxns]
//
// with, anywhere between these: -Dname=value, --print-config, --print-config-doc, --check-config,
// --log-format text|json, --log-level error|warn|info|debug, --version, --help. Long options take
// their value as the next argument or behind '='. Source: ServerConfig.parse(String[]).
#ifndef PADDOCK_CONFIG_ARGS_H
#define PADDOCK_CONFIG_ARGS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum args_action {
    ARGS_RUN,              // start a server
    ARGS_PRINT_CONFIG,     // print what is in force and end
    ARGS_PRINT_CONFIG_DOC, // print docs/configuration.md and end
    ARGS_CHECK_CONFIG,     // print the diagnostics and end; exit code 2 with an error
    ARGS_VERSION,
    ARGS_HELP,
};

struct args {
    enum args_action action;
    const char *config_file; // NULL with the PORT DATADIR form
    const char *port;        // the four of the PORT DATADIR form, as given; NULL when absent
    const char *data_dir;
    const char *tick_time;
    const char *max_cnxns;
    const char *log_format; // NULL when absent, else "text" or "json"
    const char *log_level;  // NULL when absent, else "error", "warn", "info" or "debug"
    const char **defines;   // "name=value" of each -D, in order
    size_t define_count;
};

// Parse argv[1] to argv[argc - 1].
// Memory: every text in `*ret` borrows from argv; release with args_fini, also after a failure.
// Errors: ERR_INVALID, with one line in `complaint` that names the argument and the remedy.
enum err args_parse(int argc, char *const argv[], struct args *ret,
                    struct buf *complaint) MUST_CHECK;
void args_fini(struct args *a);

// The text of --help.
const char *args_help(void);

#endif

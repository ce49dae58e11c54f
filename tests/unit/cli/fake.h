// SPDX-License-Identifier: Apache-2.0
//
// A command line without a machine: what is printed is kept as text, files are in memory, nobody
// answers, and no signal comes.
#ifndef PADDOCK_TESTS_UNIT_CLI_FAKE_H
#define PADDOCK_TESTS_UNIT_CLI_FAKE_H

#include "base/buf.h"
#include "cli/cli.h"

struct fake_file {
    char *name; // NULL: removed
    struct buf bytes;
};

struct fake {
    struct cli cli;
    struct cli_host host;
    struct port_files files;
    struct port_clock clock;
    char *out, *err; // after fake_said
    size_t out_bytes, err_bytes;
    struct fake_file items[16];
    size_t item_count;
    int64_t now_ns;
    enum err write_error; // of every write to a file, when it is not ERR_OK
};

void fake_init(struct fake *f);
void fake_fini(struct fake *f);

// What was printed so far; valid until the next call.
const char *fake_out(struct fake *f);
const char *fake_err(struct fake *f);

void fake_put(struct fake *f, const char *name, struct slice bytes);
struct buf *fake_get(struct fake *f, const char *name); // NULL: there is none

#endif

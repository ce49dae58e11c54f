// SPDX-License-Identifier: Apache-2.0
//
// One line on stderr that says how far a long command is, for people only: nothing is written when
// stderr is no terminal or with --quiet. Redrawn at most ten times a second, erased at the end.
//
//     exporting /app  [#####.....]  512,000 of 1,000,000 nodes  48 MiB  210 k/s  2 s left
#ifndef PADDOCK_CLI_PROGRESS_H
#define PADDOCK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli;

struct progress {
    struct cli *cli;
    const char *what; // "exporting /app"
    const char *noun; // "nodes"
    uint64_t total;   // 0: not known
    int64_t begun_ns, drawn_ns;
    bool is_wanted, is_shown;
    unsigned calls;
};

void progress_begin(struct progress *p, struct cli *c, const char *what, const char *noun,
                    uint64_t total);
void progress_at(struct progress *p, uint64_t count, uint64_t bytes); // cheap: call for each node
void progress_end(struct progress *p);

// "1,234,567", "4.2 MiB", "1 min 20 s" for people. Memory: `to` has room for 32 bytes.
const char *progress_count(uint64_t n, char *to);
const char *progress_bytes(uint64_t n, char *to);
const char *progress_time(int64_t ms, char *to);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// The end of the log after recovery: the last file becomes one that any server can read, without a
// broken record and not empty (Java before 3.9.3 stops at an empty one), and durable.
#ifndef PADDOCK_STORE_LOGTAIL_H
#define PADDOCK_STORE_LOGTAIL_H

#include "store/logread.h"

struct logtail_options {
    bool is_rehearsal; // change nothing, but say what a server does
    // What a process wrote and did not sync before it died, or could not, is read like everything
    // else and could still be lost to a power cut: write the end again, and sync it.
    bool with_sync;
};

// `dir` is the version-2 folder of the log. What was done is appended to `said`, a sentence for
// people, or nothing.
// Errors: those of port/file.h.
enum err logtail_mend(struct port_files *fs, const char *dir, const struct logread_tail *tail,
                      const struct logtail_options *options, struct buf *said,
                      struct store_error *e) MUST_CHECK;

#endif

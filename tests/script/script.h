// SPDX-License-Identifier: Apache-2.0
//
// Scripts: one command a line, '#' begins a comment, blank lines separate. docs/design/roles.md
// lists the commands; script.c has the table.
#ifndef PADDOCK_TESTS_SCRIPT_SCRIPT_H
#define PADDOCK_TESTS_SCRIPT_SCRIPT_H

#include "tests/script/world.h"

// Run a whole script. The trace (commands and what members did) is in w->trace.
// True: every expectation held; else one line is in `complaint`.
bool script_run(struct world *w, struct slice text, struct buf *complaint);

#endif

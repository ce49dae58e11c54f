// SPDX-License-Identifier: Apache-2.0
//
// Two texts line by line: what went, what came, with one line of context. For values of nodes, so
// for small ones: beyond a limit all of the middle is said to be replaced.
#ifndef PADDOCK_CLI_TEXT_DIFF_H
#define PADDOCK_CLI_TEXT_DIFF_H

#include "base/buf.h"

// Append lines "<before>-old", "<before>+new" and "<before> same". A last line without a line end
// is said to have none when only that differs.
void text_diff(struct slice from, struct slice to, const char *before, struct buf *append);

#endif

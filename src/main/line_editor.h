// SPDX-License-Identifier: Apache-2.0
//
// Lines typed at a terminal, by libedit: editing, history over sessions, completion. libedit is
// included here and nowhere else.
#ifndef PADDOCK_MAIN_LINE_EDITOR_H
#define PADDOCK_MAIN_LINE_EDITOR_H

#include "cli/cli.h"

// See struct cli_host. History is kept in $HOME/.paddock_history.
const char *line_editor_read(const char *prompt, const struct cli_line_watcher *watcher);
void line_editor_close(void); // saves the history

#endif

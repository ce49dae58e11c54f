// SPDX-License-Identifier: Apache-2.0
//
// The interactive shell: a prompt with the state of the session, history, completion of commands,
// flags and paths, watches printed as they come. Without a terminal it reads commands from stdin,
// one a line, and shows no prompt. Source: ZooKeeperMain.run, JLineZNodeCompleter.
#ifndef PADDOCK_CLI_SHELL_H
#define PADDOCK_CLI_SHELL_H

#include <stdatomic.h>

#include "cli/cli.h"

struct shell {
    struct cli *cli;
    char **lines; // of this run, for `history` and `redo`; their numbers are those of the prompt
    size_t line_count, line_cap;
    char *servers;           // of the last `connect`, which cli->servers is then; or NULL
    bool is_over;            // `quit` was given
    bool is_redoing;         // there is no redoing of a redo
    atomic_bool is_printing; // watches: `printwatches on`
    atomic_bool has_printed; // since the prompt was drawn
    atomic_bool is_begun;    // the session has said something
};

// Until `quit` or the end of input; returns the exit code of the last command.
int shell_run(struct cli *c);

// One line: kept in the history and executed. Empty ones do nothing.
int shell_execute(struct shell *s, const char *line);

// What may stand where the word at `cursor` stands (complete.c).
void shell_complete(void *cli, const char *line, size_t cursor, struct cli_words *to);

// The paths that begin as `word` does, which begins with a slash. Waits for the server's answer,
// but not long.
void shell_complete_path(struct cli *c, const char *word, struct cli_words *to);

// The event as zkCli prints it, between blank lines. Thread: any.
paddock_watch_fn shell_print_event;

#endif

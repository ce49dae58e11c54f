// SPDX-License-Identifier: Apache-2.0
//
// What other programs read of the command table: the commands `completion` and `man`.
#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "cli/shell.h"

// ---- completion ----

struct printer {
    struct cli_words words; // first
    FILE *out;
};

static void print_word(struct cli_words *to, const char *word)
{
    (void)fprintf(((struct printer *)to)->out, "%s\n", word);
}

// Completion must not wait for servers that are not there, nor talk about it.
static int print_paths(struct cli *c, const char *prefix)
{
    enum { WAIT_MS = 2000 };
    struct printer p = {.words = {.add = print_word}, .out = c->out};
    if (prefix[0] != '/' || cli_open(c) != CLI_DONE ||
        paddock_connect(c->zk, WAIT_MS) != PADDOCK_OK) {
        return CLI_NO_CONNECTION;
    }
    shell_complete_path(c, prefix, &p.words);
    return CLI_DONE;
}

static int run_completion(struct cli *c, const struct cli_call *call)
{
    const char *prefix = cli_value(call, "paths"), *shell = cli_param(call, 0);
    if (prefix != NULL) {
        return print_paths(c, prefix);
    }
    if (shell == NULL || !help_completion(shell, c->out)) {
        return cli_fail(c, CLI_USAGE, "completion is for bash, zsh and fish");
    }
    return CLI_DONE;
}

static const struct cli_flag completion_flags[] = {
    {.name = "paths",
     .value = "PREFIX",
     .kind = CLI_PATH,
     .help = "print the paths that begin so, one a line: what the scripts ask for"}};
static const struct cli_param completion_params[] = {
    {.name = "SHELL", .kind = CLI_WORD, .words = "bash zsh fish", .count = CLI_OPTIONAL}};

const struct cli_command cli_completion = {
    .name = "completion",
    .group = CLI_GROUP_PROGRAM,
    .summary = "print the script that completes paddock in a shell",
    CLI_FLAGS(completion_flags),
    CLI_PARAMS(completion_params),
    .examples = "source <(paddock completion bash)\n"
                "paddock completion fish > ~/.config/fish/completions/paddock.fish",
    .run = run_completion,
};

// ---- man ----

static int run_man(struct cli *c, const struct cli_call *call)
{
    const char *name = cli_param(call, 0);
    if (cli_has(call, "names")) {
        for (size_t i = 0; i < command_count(); i++) {
            (void)fprintf(c->out, "%s\n", command_at(i)->name);
        }
        return CLI_DONE;
    }
    const struct cli_command *command = name != NULL ? command_find(name) : NULL;
    if (name != NULL && command == NULL) {
        return cli_fail(c, CLI_NO, "no such command: %s", name);
    }
    help_manual(command, c->out);
    return CLI_DONE;
}

static const struct cli_flag man_flags[] = {
    {.name = "names", .help = "print the names of all commands instead"}};
static const struct cli_param man_params[] = {
    {.name = "COMMAND", .count = CLI_OPTIONAL, .help = "without it the page of paddock itself"}};

const struct cli_command cli_man = {
    .name = "man",
    .group = CLI_GROUP_PROGRAM,
    .summary = "print a manual page, in mdoc",
    CLI_FLAGS(man_flags),
    CLI_PARAMS(man_params),
    .examples = "paddock man get | man -l -",
    .run = run_man,
};

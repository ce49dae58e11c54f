// SPDX-License-Identifier: Apache-2.0
//
// A command of the command line as data: what it is called, what it takes, and the function that
// does it. Argument parsing, --help, the man pages, the shell's completion and the completions for
// bash, zsh and fish all read this one description, so that none of them can be wrong alone.
//
// Every command is one constant `cli_<name>` in the file that implements it and one row of
// commands.def. Source of zkCli's commands: org.apache.zookeeper.cli.
#ifndef PADDOCK_CLI_COMMAND_H
#define PADDOCK_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct cli;

// What a value is, for completion and for the word in the usage line.
enum cli_kind {
    CLI_TEXT,
    CLI_PATH,   // of a znode
    CLI_FILE,   // on this machine
    CLI_NUMBER, // a whole number
    CLI_WORD,   // one of `words`
};

// A flag: `-l` and `--name`, either may be missing. zkCli's long flags have one dash (`-members`);
// both spellings of every flag are understood with one dash and with two.
struct cli_flag {
    char letter;        // 0: none
    const char *name;   // NULL: none
    const char *value;  // the word for its value, as "MS"; NULL: a switch
    enum cli_kind kind; // of the value
    const char *words;  // of CLI_WORD: "on off"
    bool is_repeatable;
    const char *help; // one sentence without a full stop
};

enum cli_count { CLI_ONE, CLI_OPTIONAL, CLI_SOME, CLI_ANY }; // exactly 1, 0 or 1, 1 or more, any

struct cli_param {
    const char *name; // "PATH"
    enum cli_kind kind;
    const char *words;
    enum cli_count count; // only the last may be CLI_SOME or CLI_ANY; optional ones come last
    const char *help;
};

enum cli_group {
    CLI_GROUP_NODES,   // read and change nodes, as zkCli does
    CLI_GROUP_TREES,   // whole subtrees
    CLI_GROUP_SESSION, // this session and the ensemble
    CLI_GROUP_RECIPES, // locks, elections, ...
    CLI_GROUP_FILES,   // logs and snapshots on disk
    CLI_GROUP_OBSERVE, // bench, top
    CLI_GROUP_PROGRAM, // the program itself
    CLI_GROUP_SHELL,   // only inside the interactive shell
};

// The arguments of one run. Memory: everything is borrowed from the command line.
struct cli_call;
bool cli_has(const struct cli_call *call, const char *flag);          // by letter or name: "s"
const char *cli_value(const struct cli_call *call, const char *flag); // the last one; or NULL
size_t cli_value_count(const struct cli_call *call, const char *flag);
const char *cli_value_at(const struct cli_call *call, const char *flag, size_t i);
size_t cli_param_count(const struct cli_call *call);
const char *cli_param(const struct cli_call *call, size_t i); // NULL behind the last
const char *const *cli_rest(const struct cli_call *call);     // after "--", ends with NULL; or NULL

struct cli_command {
    const char *name;
    enum cli_group group;
    const char *summary; // one line of --help: "print the data of a node"
    const char *details; // the man page's description, paragraphs parted by an empty line; or NULL
    const struct cli_flag *flags;
    size_t flag_count;
    const struct cli_param *params;
    size_t param_count;
    const char *rest;        // what follows "--": "CMD [ARG...]"; NULL: nothing may
    const char *zkcli_usage; // zkCli's own usage line when it differs from ours; or NULL
    const char *examples;    // lines "command # what it does"; or NULL
    const char *exits;       // lines "N meaning" beyond those that all commands have; or NULL
    bool is_json_able;       // takes --json
    int (*run)(struct cli *c, const struct cli_call *call); // returns an exit code, cli.h
};

#define CLI_FLAGS(array) .flags = (array), .flag_count = sizeof(array) / sizeof((array)[0])
#define CLI_PARAMS(array) .params = (array), .param_count = sizeof(array) / sizeof((array)[0])

// NULL when there is none of that name.
const struct cli_command *command_find(const char *name);
size_t command_count(void);
const struct cli_command *command_at(size_t i); // in the order of commands.def

#endif

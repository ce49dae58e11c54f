// SPDX-License-Identifier: Apache-2.0
//
// Words to a `struct cli_call`: flags in any place before "--", in either spelling, with values in
// the next word, behind "=", or glued to a letter; switches of one letter may stand together. A
// word that is a negative number, or a lone "-", is a parameter.
// Source: commons-cli's DefaultParser, which zkCli uses; POSIX.
#ifndef PADDOCK_CLI_ARGS_H
#define PADDOCK_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

struct cli_given {
    const struct cli_flag *flag;
    const char *value; // NULL for a switch
};

struct cli_call {
    const struct cli_command *command;
    struct cli_given *given; // in the order of the words
    size_t given_count;
    const char **params;
    size_t param_count;
    const char *const *rest;
};

// Flags that every command has, as long ones: --json, --quiet, --yes, --help.
extern const struct cli_flag cli_common_flags[];
extern const size_t cli_common_flag_count;

// What stands before the command: --server, --timeout, --auth, --read-only, --color, ...
extern const struct cli_flag cli_program_flags[];
extern const size_t cli_program_flag_count;

enum { CLI_WHY_BYTES = 160 };

// `words` end with NULL and do not hold the command's own name. Too many parameters are an error,
// or, when `is_lax` (zkCli), ignored.
// Memory: call_fini releases what call_parse made; the words are borrowed until then.
// Errors: false, with what is wrong in `why`; `ret` is then to be finished, too.
bool call_parse(struct cli_call *ret, const struct cli_command *command, const char *const *words,
                bool is_lax, char why[CLI_WHY_BYTES]);
void call_fini(struct cli_call *call);

// For other parsers: an empty call with room for what `words` can hold, and one more flag of it.
void call_init(struct cli_call *call, const struct cli_command *command, const char *const *words);
void call_give(struct cli_call *call, const struct cli_flag *flag, const char *value);

// The same for what stands before a command: stops at the first word that is no flag, whose place
// is *ret_stop.
bool call_parse_before(struct cli_call *ret, const struct cli_command *options,
                       const char *const *words, size_t *ret_stop, char why[CLI_WHY_BYTES]);

#endif

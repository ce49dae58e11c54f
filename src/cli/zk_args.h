// SPDX-License-Identifier: Apache-2.0
//
// The words of a command as zkCli takes them: flags with one dash, a flag's first value counts,
// what is too much is left over, and complaints are the exceptions of commons-cli.
// Source: org.apache.commons.cli.DefaultParser 1.5.0.
#ifndef PADDOCK_CLI_ZK_ARGS_H
#define PADDOCK_CLI_ZK_ARGS_H

#include "base/buf.h"
#include "cli/args.h"

// Flags of `group` (letters; NULL: none) exclude each other, and one must be there when
// `is_group_required`.
struct zk_group {
    const char *letters;
    bool is_required;
};

// `words` end with NULL and do not hold the command's name. All parameters are kept.
// Memory: call_fini. Errors: false with the exception's text; `ret` is to be finished, too.
bool zk_args_parse(struct cli_call *ret, const struct cli_command *command, struct zk_group group,
                   const char *const *words, struct buf *exception);

// The flags of `descriptions`, lines "x text", or "x=text" for one with a value, as HelpFormatter
// prints them; they are in its order, which has no regard to case.
void zk_args_table(const char *descriptions, struct buf *to);

#endif

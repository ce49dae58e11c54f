// SPDX-License-Identifier: Apache-2.0
//
// The table of all commands, from commands.def.
#include "cli/command.h"

#include <string.h>

#define X(symbol) extern const struct cli_command cli_##symbol;
#include "cli/commands.def"
#undef X

static const struct cli_command *const commands[] = {
#define X(symbol) &cli_##symbol,
#include "cli/commands.def"
#undef X
};

size_t command_count(void)
{
    return sizeof(commands) / sizeof(commands[0]);
}

const struct cli_command *command_at(size_t i)
{
    return commands[i];
}

const struct cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count(); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

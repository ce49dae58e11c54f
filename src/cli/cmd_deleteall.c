// SPDX-License-Identifier: Apache-2.0
//
// The command `deleteall`: a node goes with all that is below it, in batches.
// Source: org.apache.zookeeper.cli.DeleteAllCommand.
#include "base/number.h"
#include "cli/cli.h"
#include "cli/walk.h"

enum { BATCH_NODES = 1000 };

static int run(struct cli *c, const struct cli_call *call)
{
    const char *text = cli_value(call, "b");
    int64_t batch = BATCH_NODES;
    bool is_all;
    if (text != NULL && !number_parse(slice_str(text), INT32_MIN, INT32_MAX, &batch)) {
        return cli_fail(c, CLI_USAGE, "-b argument must be an int value");
    }
    int status = walk_delete(c, cli_param(call, 0), batch, &is_all);
    if (status == CLI_DONE && !is_all) {
        status = cli_fail(c, c->style == CLI_STYLE_ZKCLI ? CLI_DONE : CLI_NO,
                          "Failed to delete some node(s) in the subtree!");
    }
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'b',
     .value = "NODES",
     .kind = CLI_NUMBER,
     .help = "so many in one transaction (1000); 0: each node alone"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_deleteall = {
    .name = "deleteall",
    .group = CLI_GROUP_NODES,
    .summary = "delete a node and all below it",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "deleteall path [-b batch size]",
    .run = run,
};

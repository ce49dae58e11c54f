// SPDX-License-Identifier: Apache-2.0
//
// The command `set`: new data for a node.
// Source: org.apache.zookeeper.cli.SetCommand.
#include "base/base64.h"
#include "cli/cli.h"
#include "cli/stat_text.h"

static int run(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = cli_param(call, 0),
                            .data = paddock_text(cli_param(call, 1))};
    struct buf bytes = {0};
    if (cli_has(call, "b")) {
        if (!base64_decode(slice_str(cli_param(call, 1)), &bytes)) {
            buf_fini(&bytes);
            return cli_fail(c, CLI_USAGE, "the data is no base64");
        }
        op.data = paddock_bytes_of(buf_slice(&bytes).data, bytes.len);
    }
    int status = cli_version_flag(c, call, &op);
    if (status == CLI_DONE) {
        status = stat_text_call(c, &op, cli_has(call, "s"));
    }
    buf_fini(&bytes);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 's', .help = "print the new stat"},
    {.letter = 'v',
     .value = "VERSION",
     .kind = CLI_NUMBER,
     .help = "only when this is the version"},
    {.letter = 'b', .help = "the data is given as base64"},
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}, {.name = "DATA"}};

const struct cli_command cli_set = {
    .name = "set",
    .group = CLI_GROUP_NODES,
    .summary = "change the data of a node",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "set path data [-s] [-v version] [-b]",
    .is_json_able = true,
    .run = run,
};

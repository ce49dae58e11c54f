// SPDX-License-Identifier: Apache-2.0
//
// The command `get`: print the data of a node, its stat if asked, and leave a watch if asked.
// Source: org.apache.zookeeper.cli.GetCommand.
#include "base/base64.h"
#include "cli/cli.h"
#include "cli/hexdump.h"
#include "cli/json.h"
#include "cli/stat_text.h"
#include "jute/utf8.h"

static int print_json(struct cli *c, const char *path, const struct paddock_result *r)
{
    struct json *o = json_new_object();
    json_put(o, "path", json_new_cstr(path));
    cli_json_data(o, r->data);
    json_put(o, "stat", cli_json_stat(&r->stat));
    return cli_print_json(c, o);
}

// Java makes text of the data: what is no UTF-8 becomes U+FFFD. We print the bytes.
static struct slice as_java(struct slice bytes, struct buf *to)
{
    size_t room = utf8_repair_room(bytes);
    return room == 0 ? bytes : utf8_repair(bytes, buf_reserve(to, room));
}

static void print_data(struct cli *c, const struct cli_call *call, struct paddock_bytes data)
{
    struct slice bytes = data.bytes != NULL ? slice_of(data.bytes, data.len) : slice_str("null");
    struct buf text = {0};
    if (cli_has(call, "x")) {
        hexdump(bytes, &text);
        bytes = buf_slice(&text);
    } else if (cli_has(call, "b")) {
        base64_encode(bytes, &text);
        bytes = buf_slice(&text);
    } else if (c->style == CLI_STYLE_ZKCLI) {
        bytes = as_java(bytes, &text);
    }
    (void)fwrite(bytes.data, 1, bytes.len, c->out);
    (void)fputc('\n', c->out);
    buf_fini(&text);
}

static int run(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    struct paddock_op op = {
        .type = PADDOCK_OP_GET, .path = path, .watch = cli_watch(cli_has(call, "w"))};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        status = print_json(c, path, r);
    } else {
        print_data(c, call, r->data);
        if (cli_has(call, "s")) {
            stat_text_print(&r->stat, c->out);
        }
    }
    paddock_result_free(r);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 's', .help = "print the stat, too"},
    {.letter = 'w', .help = "watch the node (in the shell)"},
    {.letter = 'b', .help = "print the data as base64"},
    {.letter = 'x', .help = "print the data as a hexadecimal table"},
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_get = {
    .name = "get",
    .group = CLI_GROUP_NODES,
    .summary = "print the data of a node",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "get [-s] [-w] [-b] [-x] path",
    .is_json_able = true,
    .run = run,
};

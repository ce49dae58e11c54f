// SPDX-License-Identifier: Apache-2.0
//
// The commands `getAcl` and `setAcl`: print and replace the ACL of a node, or of all below it.
// Source: org.apache.zookeeper.cli.GetAclCommand, SetAclCommand.
#include "cli/acl_text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/stat_text.h"
#include "cli/walk.h"

// ---- getAcl ----

// An Id's toString has a newline at its end, which scripts have learned to live with.
static void print_acl(const struct paddock_result *r, FILE *to)
{
    for (size_t i = 0; i < r->acl_count; i++) {
        char perms[PERMS_TEXT_BYTES];
        (void)fprintf(to, "'%s,'%s\n: %s\n", r->acl[i].scheme, r->acl[i].id,
                      perms_text(r->acl[i].perms, perms));
    }
}

static int run_get(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET_ACL, .path = cli_param(call, 0)};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(op.path));
        json_put(o, "acl", cli_json_acl(r->acl, r->acl_count));
        json_put(o, "stat", cli_json_stat(&r->stat));
        status = cli_print_json(c, o);
    } else {
        print_acl(r, c->out);
        if (cli_has(call, "s")) {
            stat_text_print(&r->stat, c->out);
        }
    }
    paddock_result_free(r);
    return status;
}

static const struct cli_flag get_flags[] = {{.letter = 's', .help = "print the stat, too"}};
static const struct cli_param get_params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_get_acl = {
    .name = "getAcl",
    .group = CLI_GROUP_NODES,
    .summary = "print who may do what with a node",
    CLI_FLAGS(get_flags),
    CLI_PARAMS(get_params),
    .zkcli_usage = "getAcl [-s] path",
    .is_json_able = true,
    .run = run_get,
};

// ---- setAcl ----

static int run_set(struct cli *c, const struct cli_call *call)
{
    struct acl_list acl;
    size_t bad = acl_list_parse(cli_param(call, 1), c->err, &acl);
    struct paddock_op op = {.type = PADDOCK_OP_SET_ACL,
                            .path = cli_param(call, 0),
                            .acl = acl.items,
                            .acl_count = acl.count,
                            .is_acl_given = true};
    int status =
        bad > 0 && c->style == CLI_STYLE_PADDOCK ? CLI_USAGE : cli_version_flag(c, call, &op);
    if (status == CLI_DONE && acl.count == 0 && c->style == CLI_STYLE_ZKCLI &&
        !cli_has(call, "R")) {
        status = cli_check_path(c, op.path, false); // Java's client refuses it before it sends
        status = status == CLI_DONE ? cli_fail(c, CLI_NO, "Acl is not valid : null") : status;
    } else if (status == CLI_DONE) {
        status =
            cli_has(call, "R") ? walk_set_acl(c, &op) : stat_text_call(c, &op, cli_has(call, "s"));
    }
    acl_list_fini(&acl);
    return status;
}

static const struct cli_flag set_flags[] = {
    {.letter = 's', .help = "print the new stat"},
    {.letter = 'v',
     .value = "VERSION",
     .kind = CLI_NUMBER,
     .help = "only when this is the version"},
    {.letter = 'R', .help = "for the whole subtree"},
};
static const struct cli_param set_params[] = {
    {.name = "PATH", .kind = CLI_PATH},
    {.name = "ACL", .help = "scheme:id:perms,... with perms out of cdrwa"}};

const struct cli_command cli_set_acl = {
    .name = "setAcl",
    .group = CLI_GROUP_NODES,
    .summary = "change who may do what with a node",
    CLI_FLAGS(set_flags),
    CLI_PARAMS(set_params),
    .zkcli_usage = "setAcl [-s] [-v version] [-R] path acl",
    .is_json_able = true,
    .run = run_set,
};

// SPDX-License-Identifier: Apache-2.0
//
// `setquota`, `listquota`, `delquota`. A quota of /a is the text of the node zookeeper_limits in
// /zookeeper/quota/a; its sibling zookeeper_stats is the server's count. Quotas do not nest: who
// sets one looks for others above and below first, without a lock, as zkCli does. Source:
// org.apache.zookeeper.cli.{SetQuota,ListQuota,DelQuota}Command, Quotas, StatsTrack.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/walk.h"
#include "tree/quota_text.h"

static const char quota_root[] = "/zookeeper/quota";
static const char limits_name[] = "zookeeper_limits";

static const struct limit {
    const char *flag;
    const char *key; // NULL: a field of its own
    bool is_bytes;
} limits[] = {
    {"n", NULL, false},
    {"b", NULL, true},
    {"N", "countHardLimit", false},
    {"B", "byteHardLimit", true},
};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static void put_limit(struct quota_text *q, const struct limit *l, int64_t value)
{
    if (l->key != NULL) {
        quota_text_put(q, slice_str(l->key), value);
    } else if (l->is_bytes) {
        q->bytes = value;
    } else {
        q->count = value;
    }
}

static const char *quota_path(const char *path, const char *name, struct buf *to)
{
    buf_clear(to);
    buf_printf(to, "%s%s%s%s", quota_root, path, name != NULL ? "/" : "", name != NULL ? name : "");
    return buf_cstr(to);
}

// ---- requests ----

// The text of a quota node, parsed; `*ret_data` keeps it. *ret_code is what the server said.
static int read_quota(struct cli *c, const char *path, int *ret_code,
                      struct paddock_result **ret_data, struct quota_text *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = path};
    *ret = (struct quota_text){0};
    int status = cli_try(c, &op, ret_code, ret_data);
    if (status != CLI_DONE || *ret_code != PADDOCK_OK) {
        return status;
    }
    const struct paddock_bytes *data = &(*ret_data)->data;
    if (quota_text_parse(slice_of(data->bytes, data->len), ret) != ERR_OK) {
        return cli_fail(c, CLI_NO, "%s holds no quota: %.*s", path, (int)data->len,
                        (const char *)data->bytes);
    }
    return CLI_DONE;
}

static int fail_at(struct cli *c, int code, const struct paddock_result *r, const char *path)
{
    return cli_fail_code(c, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, path);
}

static int exists(struct cli *c, const char *path, bool *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = path};
    struct paddock_result *r;
    int code;
    int status = cli_try(c, &op, &code, &r);
    if (status == CLI_DONE && code != PADDOCK_OK && code != PADDOCK_NO_NODE) {
        status = fail_at(c, code, r, path);
    }
    *ret = code == PADDOCK_OK;
    paddock_result_free(r);
    return status;
}

// Creates what is not there; somebody else may be faster.
static int create_if_missing(struct cli *c, const char *path, struct paddock_bytes data)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path, .data = data};
    struct paddock_result *r;
    int code;
    int status = cli_try(c, &op, &code, &r);
    if (status == CLI_DONE && code != PADDOCK_OK && code != PADDOCK_NODE_EXISTS) {
        status = fail_at(c, code, r, path);
    }
    paddock_result_free(r);
    return status;
}

static int write_quota(struct cli *c, const char *path, const struct quota_text *q, bool is_new)
{
    struct buf text = {0};
    quota_text_print(q, &text);
    struct paddock_op op = {.type = is_new ? PADDOCK_OP_CREATE : PADDOCK_OP_SET,
                            .path = path,
                            .data = paddock_bytes_of(text.data, text.len)};
    int status = cli_call(c, &op, NULL);
    buf_fini(&text);
    return status;
}

// ---- listquota ----

static struct json *json_quota(const struct quota_text *q)
{
    struct json *o = json_new_object();
    json_put(o, "count", json_new_int(q->count));
    json_put(o, "bytes", json_new_int(q->bytes));
    for (size_t i = 0; i < q->other_count; i++) {
        struct buf key = {0};
        buf_append_slice(&key, q->other[i].key);
        json_put(o, buf_cstr(&key), json_new_int(q->other[i].value));
        buf_fini(&key);
    }
    return o;
}

static void print_quota(struct cli *c, const char *what, const char *path,
                        const struct quota_text *q)
{
    struct buf text = {0};
    quota_text_print(q, &text);
    (void)fprintf(c->out, "Output %s for %s %s\n", what, path, buf_cstr(&text));
    buf_fini(&text);
}

static int list_both(struct cli *c, const char *path, const struct quota_text both[2])
{
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(path));
        json_put(o, "limits", json_quota(&both[0]));
        json_put(o, "used", json_quota(&both[1]));
        return cli_print_json(c, o);
    }
    print_quota(c, "quota", path, &both[0]);
    print_quota(c, "stat", path, &both[1]);
    return CLI_DONE;
}

static int run_list(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    static const char *const names[2] = {"zookeeper_limits", "zookeeper_stats"};
    struct quota_text both[2] = {0};
    struct paddock_result *data[2] = {NULL, NULL};
    struct buf at = {0};
    int status = CLI_DONE, code = PADDOCK_OK;
    if (!c->is_quiet && !c->is_json) {
        (void)fprintf(c->err, "absolute path is %s\n", quota_path(path, limits_name, &at));
    }
    for (size_t i = 0; status == CLI_DONE && code == PADDOCK_OK && i < 2; i++) {
        status = read_quota(c, quota_path(path, names[i], &at), &code, &data[i], &both[i]);
    }
    if (status == CLI_DONE && code == PADDOCK_NO_NODE) {
        status = cli_fail(c, c->style == CLI_STYLE_ZKCLI ? CLI_DONE : CLI_NO,
                          "quota for %s does not exist.", path);
    } else if (status == CLI_DONE && code != PADDOCK_OK) {
        status = fail_at(c, code, data[0], buf_cstr(&at));
    } else if (status == CLI_DONE) {
        status = list_both(c, path, both);
    }
    for (size_t i = 0; i < 2; i++) {
        quota_text_fini(&both[i]);
        paddock_result_free(data[i]);
    }
    buf_fini(&at);
    return status;
}

static const struct cli_param path_params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_listquota = {
    .name = "listquota",
    .group = CLI_GROUP_NODES,
    .summary = "print the quota of a subtree and what is used of it",
    CLI_PARAMS(path_params),
    .zkcli_usage = "listquota path",
    .is_json_able = true,
    .run = run_list,
};

// ---- delquota ----

// Ancestors that hold nothing any more go, up to /zookeeper/quota itself.
static int trim(struct cli *c, struct buf *path)
{
    while (strcmp(buf_cstr(path), quota_root) != 0) {
        struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = buf_cstr(path)};
        struct paddock_result *r;
        int status = cli_call(c, &op, &r);
        if (status != CLI_DONE) {
            return status;
        }
        bool is_empty = r->string_count == 0;
        paddock_result_free(r);
        op.type = PADDOCK_OP_DELETE;
        status = is_empty ? cli_call(c, &op, NULL) : CLI_DONE;
        if (status != CLI_DONE || !is_empty) {
            return status;
        }
        path->len = (size_t)(strrchr(buf_cstr(path), '/') - (const char *)path->data);
    }
    return CLI_DONE;
}

static int delete_all(struct cli *c, const char *path)
{
    struct buf at = {0};
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = quota_path(path, NULL, &at)};
    struct paddock_result *r = NULL;
    int status = cli_call(c, &op, &r);
    for (size_t i = 0; status == CLI_DONE && i < r->string_count; i++) {
        struct buf child = {0};
        buf_printf(&child, "%s/%s", buf_cstr(&at), r->strings[i]);
        struct paddock_op gone = {.type = PADDOCK_OP_DELETE, .path = buf_cstr(&child)};
        status = cli_call(c, &gone, NULL);
        buf_fini(&child);
    }
    paddock_result_free(r);
    status = status == CLI_DONE ? trim(c, &at) : status;
    buf_fini(&at);
    return status;
}

static int delete_some(struct cli *c, const struct cli_call *call, const char *limits_path,
                       struct quota_text *q)
{
    for (size_t i = 0; i < LIMITS; i++) {
        if (cli_has(call, limits[i].flag)) {
            put_limit(q, &limits[i], -1);
        }
    }
    return write_quota(c, limits_path, q, false);
}

static int run_delete(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    struct buf at = {0};
    struct quota_text q;
    struct paddock_result *data = NULL;
    int code;
    int status = read_quota(c, quota_path(path, limits_name, &at), &code, &data, &q);
    if (status == CLI_DONE && code == PADDOCK_NO_NODE) {
        (void)fprintf(c->out, "Quota does not exist for %s\n", path);
    } else if (status == CLI_DONE && code != PADDOCK_OK) {
        status = fail_at(c, code, data, buf_cstr(&at));
    } else if (status == CLI_DONE) {
        bool is_some =
            cli_has(call, "n") || cli_has(call, "b") || cli_has(call, "N") || cli_has(call, "B");
        status = is_some ? delete_some(c, call, buf_cstr(&at), &q) : delete_all(c, path);
    }
    quota_text_fini(&q);
    paddock_result_free(data);
    buf_fini(&at);
    return status;
}

static const struct cli_flag delete_flags[] = {
    {.letter = 'n', .help = "only the soft limit of nodes"},
    {.letter = 'b', .help = "only the soft limit of bytes"},
    {.letter = 'N', .help = "only the hard limit of nodes"},
    {.letter = 'B', .help = "only the hard limit of bytes"},
};

const struct cli_command cli_delquota = {
    .name = "delquota",
    .group = CLI_GROUP_NODES,
    .summary = "remove the quota of a subtree, or some of its limits",
    CLI_FLAGS(delete_flags),
    CLI_PARAMS(path_params),
    .zkcli_usage = "delquota [-n|-b|-N|-B] path",
    .run = run_delete,
};

// ---- setquota: checks ----

// zkCli says what is wrong with a value and ends with 0; our style calls it wrong use.
static int value_of(struct cli *c, const struct limit *l, const char *text, int64_t *ret)
{
    int wrong = c->style == CLI_STYLE_ZKCLI ? CLI_DONE : CLI_USAGE;
    if (!number_parse(slice_str(text), l->is_bytes ? INT64_MIN : INT32_MIN,
                      l->is_bytes ? INT64_MAX : INT32_MAX, ret)) {
        *ret = -1;
        return cli_fail(c, wrong, "NumberFormatException happens when parsing the option value");
    }
    if (*ret < (l->is_bytes ? 0 : 1)) {
        *ret = -1;
        return cli_fail(c, wrong, "the %s quota must be greater than %szero",
                        l->is_bytes ? "bytes" : "num", l->is_bytes ? "or equal to " : "");
    }
    return CLI_DONE;
}

struct nested {
    const char *path; // that is to have a quota
    struct buf own;   // its node below the root of quotas
};

static int find_nested(struct cli *c, const char *quota_node, void *ctx)
{
    const struct nested *n = ctx;
    const char *name = strrchr(quota_node, '/');
    size_t parent_len = (size_t)(name - quota_node);
    if (strcmp(name + 1, limits_name) != 0 ||
        (parent_len == n->own.len && memcmp(quota_node, n->own.data, parent_len) == 0)) {
        return CLI_DONE;
    }
    size_t root_len = strlen(quota_root);
    return cli_fail(c, CLI_NO, "%s has a child %.*s which has a quota", n->path,
                    (int)(parent_len - root_len), quota_node + root_len);
}

static int check_below(struct cli *c, const char *path)
{
    struct nested n = {.path = path};
    bool is_there = false;
    int status = exists(c, quota_path(path, NULL, &n.own), &is_there);
    if (status == CLI_DONE && is_there) {
        char *own = mem_strdup(buf_cstr(&n.own));
        status = walk(c, own, false, find_nested, NULL, &n);
        mem_free(own);
    }
    buf_fini(&n.own);
    return status;
}

static int check_above(struct cli *c, const char *path)
{
    struct buf parent = {0}, at = {0};
    int status = CLI_DONE;
    for (const char *end = strchr(path + 1, '/'); status == CLI_DONE && end != NULL;
         end = strchr(end + 1, '/')) {
        bool is_there = false;
        buf_clear(&parent);
        buf_append(&parent, path, (size_t)(end - path));
        status = exists(c, quota_path(buf_cstr(&parent), limits_name, &at), &is_there);
        if (is_there) {
            status = cli_fail(c, CLI_NO, "%s has a parent %s which has a quota", path,
                              buf_cstr(&parent));
        }
    }
    buf_fini(&parent);
    buf_fini(&at);
    return status;
}

// ---- setquota: writing ----

static int create_parents(struct cli *c, const char *path)
{
    struct buf at = {0};
    int status = create_if_missing(c, "/zookeeper", (struct paddock_bytes){0});
    status =
        status == CLI_DONE ? create_if_missing(c, quota_root, (struct paddock_bytes){0}) : status;
    for (const char *end = path; status == CLI_DONE && *end != '\0';) {
        end = end + 1 + strcspn(end + 1, "/");
        buf_clear(&at);
        buf_printf(&at, "%s%.*s", quota_root, (int)(end - path), path);
        status = create_if_missing(c, buf_cstr(&at), (struct paddock_bytes){0});
    }
    buf_fini(&at);
    return status;
}

static bool is_below(int64_t limit, int64_t used)
{
    return limit > -1 && limit < used;
}

static void warn(struct cli *c, const struct quota_text *q, const struct quota_text *used)
{
    if (is_below(q->count, used->count) ||
        is_below(quota_text_value(q, "countHardLimit"), used->count)) {
        (void)fprintf(
            c->out,
            "[Warning]: the count quota you create is less than the existing count:%" PRId64 "\n",
            used->count);
    }
    if (is_below(q->bytes, used->bytes) ||
        is_below(quota_text_value(q, "byteHardLimit"), used->bytes)) {
        (void)fprintf(
            c->out,
            "[Warning]: the bytes quota you create is less than the existing bytes:%" PRId64 "\n",
            used->bytes);
    }
}

static int warn_at(struct cli *c, const char *stats_path, const struct quota_text *q)
{
    struct quota_text used;
    struct paddock_result *data = NULL;
    int code;
    int status = read_quota(c, stats_path, &code, &data, &used);
    if (status == CLI_DONE && code != PADDOCK_OK) {
        status = fail_at(c, code, data, stats_path);
    } else if (status == CLI_DONE) {
        warn(c, q, &used);
    }
    quota_text_fini(&used);
    paddock_result_free(data);
    return status;
}

// The stats begin with zeros; the server counts when they are created.
static int create_quota(struct cli *c, const char *path, const char *limits_path,
                        const char *stats_path, const struct quota_text *q)
{
    const struct quota_text zero = {0};
    int status = create_parents(c, path);
    status = status == CLI_DONE ? write_quota(c, limits_path, q, true) : status;
    status = status == CLI_DONE ? write_quota(c, stats_path, &zero, true) : status;
    return status == CLI_DONE ? warn_at(c, stats_path, q) : status;
}

static int set_quota(struct cli *c, const struct limit *l, int64_t value, const char *path)
{
    struct buf limits_path = {0}, stats_path = {0};
    struct quota_text q;
    struct paddock_result *data = NULL;
    int code;
    (void)quota_path(path, "zookeeper_stats", &stats_path);
    int status = read_quota(c, quota_path(path, limits_name, &limits_path), &code, &data, &q);
    if (status == CLI_DONE && code == PADDOCK_NO_NODE) {
        q = (struct quota_text){.count = -1, .bytes = -1};
        quota_text_put(&q, slice_str("countHardLimit"), -1);
        quota_text_put(&q, slice_str("byteHardLimit"), -1);
        put_limit(&q, l, value);
        status = create_quota(c, path, buf_cstr(&limits_path), buf_cstr(&stats_path), &q);
    } else if (status == CLI_DONE && code != PADDOCK_OK) {
        status = fail_at(c, code, data, buf_cstr(&limits_path));
    } else if (status == CLI_DONE) {
        put_limit(&q, l, value);
        status = warn_at(c, buf_cstr(&stats_path), &q);
        status = status == CLI_DONE ? write_quota(c, buf_cstr(&limits_path), &q, false) : status;
    }
    quota_text_fini(&q);
    paddock_result_free(data);
    buf_fini(&limits_path);
    buf_fini(&stats_path);
    return status;
}

extern const struct cli_command cli_setquota;

static int run_set(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    const struct limit *l = NULL;
    int64_t value = -1;
    bool is_there = false;
    for (size_t i = 0; i < LIMITS; i++) {
        if (cli_has(call, limits[i].flag)) {
            if (l != NULL) {
                return cli_usage(c, &cli_setquota, "one limit at a time");
            }
            l = &limits[i];
        }
    }
    if (l == NULL) {
        return cli_usage(c, &cli_setquota, "-n, -b, -N or -B is missing");
    }
    if (strncmp(path, quota_root, strlen(quota_root)) == 0) {
        return cli_fail(c, c->style == CLI_STYLE_ZKCLI ? CLI_DONE : CLI_NO,
                        "cannot set a quota under the path: %s", quota_root);
    }
    int status = value_of(c, l, cli_value(call, l->flag), &value);
    if (status != CLI_DONE || value < 0) {
        return status;
    }
    status = exists(c, path, &is_there);
    if (status == CLI_DONE && !is_there) {
        status = cli_fail(c, CLI_NO, "%s does not exist.", path);
    }
    status = status == CLI_DONE ? check_below(c, path) : status;
    status = status == CLI_DONE ? check_above(c, path) : status;
    return status == CLI_DONE ? set_quota(c, l, value, path) : status;
}

static const struct cli_flag set_flags[] = {
    {.letter = 'n',
     .value = "COUNT",
     .kind = CLI_NUMBER,
     .help = "soft limit of nodes, the subtree's root among them: exceeding it is logged"},
    {.letter = 'b', .value = "BYTES", .kind = CLI_NUMBER, .help = "soft limit of data"},
    {.letter = 'N',
     .value = "COUNT",
     .kind = CLI_NUMBER,
     .help = "hard limit of nodes: what exceeds it is refused, if the server enforces quotas"},
    {.letter = 'B', .value = "BYTES", .kind = CLI_NUMBER, .help = "hard limit of data"},
};

const struct cli_command cli_setquota = {
    .name = "setquota",
    .group = CLI_GROUP_NODES,
    .summary = "limit how much a subtree may hold",
    CLI_FLAGS(set_flags),
    CLI_PARAMS(path_params),
    .zkcli_usage = "setquota -n|-b|-N|-B val path",
    .run = run_set,
};

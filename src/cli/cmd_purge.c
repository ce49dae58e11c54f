// SPDX-License-Identifier: Apache-2.0
//
// paddock purge, and what zkCleanup.sh runs: old snapshots and logs go, the newest stay.
// Source: PurgeTxnLog.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/java_text.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/toolkit.h"
#include "store/names.h"
#include "store/purge.h"

struct old_file {
    char *path; // owned
    uint64_t bytes;
    int64_t changed_ms;
};

struct purge_list {
    struct old_file *items;
    size_t count, cap;
    uint64_t bytes;
};

static void take_file(void *ctx, const char *path, const struct port_file_info *info)
{
    struct purge_list *l = ctx;
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->items = mem_realloc(l->items, l->cap * sizeof(*l->items));
    }
    l->items[l->count++] = (struct old_file){
        .path = mem_strdup(path), .bytes = info->bytes, .changed_ms = info->changed_ms};
    l->bytes += info->bytes;
}

static void purge_list_fini(struct purge_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->items[i].path);
    }
    mem_free(l->items);
}

static enum err find_old(struct cli *c, const char *log_dir, const char *snap_dir, uint32_t keep,
                         struct purge_list *ret, struct store_error *e)
{
    struct buf logs = {0}, snaps = {0};
    enum err err = purge_each(c->host->files, names_join(&snaps, snap_dir, "version-2"),
                              names_join(&logs, log_dir, "version-2"), keep, take_file, ret, e);
    buf_fini(&logs);
    buf_fini(&snaps);
    return err;
}

static enum err remove_old(struct cli *c, const struct old_file *f)
{
    enum err err = c->host->files->remove(c->host->files, f->path);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void print_old(struct cli *c, const char *verb, const struct old_file *f)
{
    struct buf date = {0};
    java_text_date(f->changed_ms, &date);
    (void)fprintf(c->out, "%s file: %s\t%s\n", verb, buf_cstr(&date), f->path);
    buf_fini(&date);
}

// ---- paddock purge ----

static struct json *list_json(const struct purge_list *l, bool is_dry)
{
    struct json *o = json_new_object(), *files = json_new_array();
    for (size_t i = 0; i < l->count; i++) {
        struct json *file = json_new_object();
        json_put(file, "path", json_new_cstr(l->items[i].path));
        json_put(file, "bytes", json_new_int((int64_t)l->items[i].bytes));
        json_append(files, file);
    }
    json_put(o, "is_dry_run", json_new_bool(is_dry));
    json_put(o, "bytes", json_new_int((int64_t)l->bytes));
    json_put(o, "files", files);
    return o;
}

static int purge_files(struct cli *c, const struct purge_list *l, bool is_dry)
{
    char count[32], bytes[32];
    if (!is_dry && l->count > 0 &&
        !cli_confirm(c, true, "remove %s files with %s?", progress_count(l->count, count),
                     progress_bytes(l->bytes, bytes))) {
        return cli_fail(c, CLI_NO, "nothing was removed");
    }
    for (size_t i = 0; i < l->count; i++) {
        enum err err = is_dry ? ERR_OK : remove_old(c, &l->items[i]);
        if (err != ERR_OK) {
            return cli_fail(c, CLI_TROUBLE, "cannot remove %s: %s", l->items[i].path,
                            err_text(err));
        }
        if (!c->is_json) {
            print_old(c, is_dry ? "Would remove" : "Removing", &l->items[i]);
        }
    }
    return c->is_json ? cli_print_json(c, list_json(l, is_dry)) : CLI_DONE;
}

extern const struct cli_command cli_purge;

static int run(struct cli *c, const struct cli_call *call)
{
    const char *log_dir = cli_param(call, 0);
    const char *snap_dir = cli_param_count(call) > 1 ? cli_param(call, 1) : log_dir;
    const char *text = cli_value(call, "n");
    int64_t keep = PURGE_KEEP_MIN;
    if (text == NULL) {
        return cli_usage(c, &cli_purge, "-n is missing: how many snapshots are to stay");
    }
    if (cli_number(c, text, "-n", PURGE_KEEP_MIN, INT32_MAX, &keep) != CLI_DONE) {
        return CLI_USAGE;
    }
    struct purge_list old = {0};
    struct store_error e;
    enum err err = find_old(c, log_dir, snap_dir, (uint32_t)keep, &old, &e);
    int status = err == ERR_OK ? purge_files(c, &old, cli_has(call, "dry-run"))
                               : cli_fail(c, CLI_TROUBLE, "%s", e.text);
    purge_list_fini(&old);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'n',
     .name = "keep",
     .value = "COUNT",
     .kind = CLI_NUMBER,
     .help = "how many of the newest whole snapshots stay; 3 or more"},
    {.name = "dry-run", .help = "only say what would be removed"},
};
static const struct cli_param params[] = {
    {.name = "DATALOGDIR", .kind = CLI_FILE, .help = "the folder whose version-2 holds the logs"},
    {.name = "DATADIR",
     .kind = CLI_FILE,
     .count = CLI_OPTIONAL,
     .help = "the one whose version-2 holds the snapshots, when it is another"},
};

const struct cli_command cli_purge = {
    .name = "purge",
    .group = CLI_GROUP_FILES,
    .summary = "remove old snapshots and logs",
    .details =
        "Keeps the newest snapshots that are whole and every log that the oldest of them needs, "
        "and removes what is older. Files of other names stay. A server may run on the directory; "
        "paddockd does the same by itself (autopurge).",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "purge /var/lib/zookeeper -n 3 --dry-run # what would go?\n"
                "purge /var/lib/zookeeper -n 3 # keep the newest three",
    .is_json_able = true,
    .run = run,
};

// ---- org.apache.zookeeper.server.PurgeTxnLog ----

static int java_usage(struct cli *c)
{
    (void)fputs("Usage:\n"
                "PurgeTxnLog dataLogDir [snapDir] -n count\n"
                "\tdataLogDir -- path to the txn log directory\n"
                "\tsnapDir -- path to the snapshot directory\n"
                "\tcount -- the number of old snaps/logs you want to keep, value should be greater "
                "than or equal to 3\n",
                c->out);
    return TOOLKIT_ERROR;
}

static bool java_has_folder(struct cli *c, const char *path)
{
    struct port_file_info info;
    if (*path != '\0' && c->host->files->info(c->host->files, path, &info) == ERR_OK) {
        return true;
    }
    const char *here = path[0] == '/' ? NULL : c->host->env("PWD");
    (void)fprintf(c->err, "Path '%s%s%s' does not exist. \n", here != NULL ? here : "",
                  here != NULL && *path != '\0' ? "/" : "", path);
    return false;
}

static bool java_has_count(struct cli *c, const char *text, int32_t *ret)
{
    if (!toolkit_int(text, ret)) {
        (void)fprintf(c->err, "'%s' can not be parsed to integer.\n", text);
        return false;
    }
    if (*ret < PURGE_KEEP_MIN) {
        (void)fputs("count should be greater than or equal to 3\n", c->err);
        return false;
    }
    return true;
}

static int java_purge(struct cli *c, const char *log_dir, const char *snap_dir, int32_t keep)
{
    struct purge_list old = {0};
    struct store_error e;
    enum err err = find_old(c, log_dir, snap_dir, (uint32_t)keep, &old, &e);
    for (size_t i = 0; err == ERR_OK && i < old.count; i++) {
        print_old(c, "Removing", &old.items[i]);
        if (remove_old(c, &old.items[i]) != ERR_OK) {
            (void)fprintf(c->err, "Failed to remove %s\n", old.items[i].path);
        }
    }
    purge_list_fini(&old);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        (void)fprintf(c->err, "Exception in thread \"main\" java.io.IOException: %s\n", e.text);
        return TOOLKIT_ERROR;
    }
    return TOOLKIT_OK;
}

int toolkit_purge(struct cli *c, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    if (count < 3 || count > 4) {
        return java_usage(c);
    }
    int32_t keep;
    const char *snap_dir = words[count - 3];
    if (!java_has_folder(c, words[0]) || !java_has_folder(c, snap_dir) ||
        !java_has_count(c, words[count - 1], &keep) || strcmp(words[count - 2], "-n") != 0) {
        return java_usage(c);
    }
    return java_purge(c, words[0], snap_dir, keep);
}

// SPDX-License-Identifier: Apache-2.0
//
// From what the user wrote to files.
#include "cli/data_files.h"

#include <string.h>

#include "base/mem.h"

static void add(struct data_files *l, const char *path)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->paths = mem_realloc(l->paths, l->cap * sizeof(*l->paths));
    }
    l->paths[l->count++] = mem_strdup(path);
}

static int fail(struct cli *c, const char *path, enum err err)
{
    return cli_fail(c, CLI_TROUBLE, "cannot read %s: %s", path, err_text(err));
}

static int add_dir(struct cli *c, struct data_files *l, const char *dir, enum names_kind kind)
{
    struct names_list files;
    struct store_error e;
    if (names_list_dir(c->host->files, dir, kind, &files, &e) != ERR_OK) {
        names_list_fini(&files);
        return cli_fail(c, CLI_TROUBLE, "%s", e.text);
    }
    struct buf path = {0};
    for (size_t i = 0; i < files.count; i++) {
        add(l, names_join(&path, dir, files.items[i].name));
    }
    bool is_empty = files.count == 0;
    buf_fini(&path);
    names_list_fini(&files);
    return is_empty ? cli_fail(c, CLI_NO, "%s holds no %s", dir,
                               kind == NAMES_LOG ? "log.<zxid>" : "snapshot.<zxid>")
                    : CLI_DONE;
}

static int add_path(struct cli *c, struct data_files *l, const char *path, enum names_kind kind)
{
    struct port_files *fs = c->host->files;
    struct port_file_info info;
    enum err err = fs->info(fs, path, &info);
    if (err != ERR_OK) {
        return fail(c, path, err);
    }
    if (!info.is_dir) {
        add(l, path);
        return CLI_DONE;
    }
    struct buf joined = {0};
    const char *inner = names_join(&joined, path, "version-2");
    bool has_inner = fs->info(fs, inner, &info) == ERR_OK && info.is_dir;
    int status = add_dir(c, l, has_inner ? inner : path, kind);
    buf_fini(&joined);
    return status;
}

int data_files_add(struct cli *c, struct data_files *l, const struct cli_call *call,
                   enum names_kind kind)
{
    int status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < cli_param_count(call); i++) {
        status = add_path(c, l, cli_param(call, i), kind);
    }
    return status;
}

void data_files_fini(struct data_files *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->paths[i]);
    }
    mem_free(l->paths);
    *l = (struct data_files){0};
}

const char *data_files_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// Source: SnapStream.getStreamMode.
enum names_method data_files_method(const char *path)
{
    const char *dot = strrchr(data_files_name(path), '.');
    return dot != NULL ? names_method_parse(dot + 1) : NAMES_PLAIN;
}

// Source: Util.getZxidFromName: the part behind the first dot, as hex of at most 63 bits.
int64_t data_files_zxid(const char *path, const char *prefix)
{
    const char *name = data_files_name(path);
    size_t len = strlen(prefix);
    if (strncmp(name, prefix, len) != 0 || name[len] != '.') {
        return -1;
    }
    uint64_t zxid = 0;
    const char *at = name + len + 1;
    bool has_digits = false;
    for (; *at != '\0' && *at != '.'; at++) {
        int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                    : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10
                    : *at >= 'A' && *at <= 'F' ? *at - 'A' + 10
                                               : -1;
        if (digit < 0 || zxid > INT64_MAX >> 4) {
            return -1;
        }
        zxid = zxid << 4 | (uint64_t)digit;
        has_digits = true;
    }
    return has_digits ? (int64_t)zxid : -1;
}

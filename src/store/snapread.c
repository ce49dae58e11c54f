// SPDX-License-Identifier: Apache-2.0
//
// A snapshot becomes a tree, part by part; and the cheap test for a whole file.
#include "store/snapread.h"

#include "base/buf.h"
#include "store/snapformat.h"

enum {
    FILE_BYTES_MIN = 18, // any snapshot ends in one seal
    INTACT_STRING_BYTES_MAX = 256 * 1024 * 1024,
};

// ---- loading ----

static enum err load_session(void *tree, int64_t session, int32_t timeout_ms)
{
    return tree_load_session(tree, session, timeout_ms);
}

static enum err load_acl(void *tree, int64_t acl_id, const struct jute_acl_vec *acl)
{
    return tree_load_acl(tree, acl_id, acl);
}

static enum err load_node(void *tree, struct slice path, struct slice data, int64_t acl_id,
                          const struct jute_stat_persisted *stat)
{
    return tree_load_node(tree, path, data, acl_id, stat);
}

struct snapscan_visitor snapread_visitor(struct tree *t)
{
    return (struct snapscan_visitor){
        .session = load_session, .acl = load_acl, .node = load_node, .ctx = t};
}

static enum err load_end(struct tree *t, const char *path, int64_t zxid,
                         const struct snapscan_report *report, struct store_error *e)
{
    enum err err = tree_load_end(t, zxid);
    if (err != ERR_OK) {
        return store_fail(e, err, "snapshot %s, offset %llu: the nodes do not make a tree", path,
                          (unsigned long long)report->bytes);
    }
    // Source: DataTree.deserializeZxidDigest: 0 is none; an older one than the name says nothing.
    if (report->has_digest && report->digest_zxid > 0 && report->digest_zxid >= zxid) {
        tree_load_digest(t, report->digest_zxid, report->digest);
    }
    return ERR_OK;
}

enum err snapread_load(struct port_files *fs, const char *dir, const struct names_file *f,
                       uint32_t string_bytes_max, struct tree *t, struct snapscan_report *ret,
                       struct store_error *e)
{
    const struct snapscan_visitor visitor = snapread_visitor(t);
    struct buf joined = {0};
    struct snapscan_report report;
    const char *path = names_join(&joined, dir, f->name);
    tree_load_begin(t);
    enum err err = snapscan(fs, path, f->method, string_bytes_max, &visitor, &report, e);
    if (err == ERR_OK) {
        err = load_end(t, path, f->zxid, &report, e);
    }
    buf_fini(&joined);
    if (err == ERR_OK) {
        *ret = report;
    }
    return err;
}

// ---- without a tree ----

bool snapread_is_intact(struct port_files *fs, const char *dir, const struct names_file *f)
{
    struct buf path = {0};
    struct snapscan_report report;
    enum err err = snapscan(fs, names_join(&path, dir, f->name), f->method, INTACT_STRING_BYTES_MAX,
                            &snapscan_nobody, &report, NULL);
    buf_fini(&path);
    return err == ERR_OK;
}

// ---- the cheap test ----

static bool ends_whole(struct port_file *file)
{
    uint64_t size;
    uint8_t end[5];
    size_t got = 0;
    return file->size(file, &size) == ERR_OK && size >= FILE_BYTES_MIN &&
           file->read(file, size - sizeof end, end, sizeof end, &got) == ERR_OK &&
           got == sizeof end && memcmp(end, SNAPFORMAT_END, sizeof end) == 0;
}

static bool begins_with(struct port_file *file, const char *magic, size_t len)
{
    uint8_t begin[8];
    size_t got = 0;
    return file->read(file, 0, begin, len, &got) == ERR_OK && got == len &&
           memcmp(begin, magic, len) == 0;
}

bool snapread_looks_whole(struct port_files *fs, const char *dir, const struct names_file *f)
{
    struct buf path = {0};
    struct port_file *file;
    enum err err = fs->open(fs, names_join(&path, dir, f->name), PORT_OPEN_READ, &file);
    buf_fini(&path);
    if (err != ERR_OK) {
        return false;
    }
    bool is_whole = false;
    switch (f->method) {
    case NAMES_PLAIN:
        is_whole = ends_whole(file);
        break;
    case NAMES_GZ:
        is_whole = begins_with(file, "\x1f\x8b", 2);
        break;
    case NAMES_SNAPPY:
        is_whole = begins_with(file, SNAPFORMAT_SNAPPY_MAGIC, 8);
        break;
    }
    file->close(file);
    return is_whole;
}

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

static enum err has_bytes(struct port_file *file, uint64_t offset, const char *bytes, size_t len)
{
    uint8_t found[8];
    size_t got = 0;
    enum err err = file->read(file, offset, found, len, &got);
    bool is_whole = err == ERR_OK && got == len && memcmp(found, bytes, len) == 0;
    return err != ERR_OK || is_whole ? err : ERR_TRUNCATED;
}

static enum err ends_whole(struct port_file *file)
{
    enum { END_BYTES = 5 };
    uint64_t size;
    enum err err = file->size(file, &size);
    if (err != ERR_OK || size < FILE_BYTES_MIN) {
        return err != ERR_OK ? err : ERR_TRUNCATED;
    }
    return has_bytes(file, size - END_BYTES, SNAPFORMAT_END, END_BYTES);
}

static enum err look(struct port_file *file, enum names_method method)
{
    switch (method) {
    case NAMES_PLAIN:
        return ends_whole(file);
    case NAMES_GZ:
        return has_bytes(file, 0, "\x1f\x8b", 2);
    case NAMES_SNAPPY:
        return has_bytes(file, 0, SNAPFORMAT_SNAPPY_MAGIC, 8);
    }
    return ERR_UNSUPPORTED;
}

enum err snapread_look(struct port_files *fs, const char *dir, const struct names_file *f,
                       struct store_error *e)
{
    struct buf path = {0};
    struct port_file *file;
    enum err err = fs->open(fs, names_join(&path, dir, f->name), PORT_OPEN_READ, &file);
    if (err == ERR_OK) {
        err = look(file, f->method);
        file->close(file);
    }
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot read snapshot %s: %s", buf_cstr(&path), err_text(err));
    }
    buf_fini(&path);
    return err;
}

bool snapread_looks_whole(struct port_files *fs, const char *dir, const struct names_file *f)
{
    return snapread_look(fs, dir, f, NULL) == ERR_OK;
}

// SPDX-License-Identifier: Apache-2.0
//
// zkSnapShotToolkit.sh and zkSnapshotRecursiveSummaryToolkit.sh. The tree is walked with a stack of
// its own; each level holds its children in Java's order.
// Source: SnapshotFormatter, SnapshotRecursiveSummary.
#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "cli/data_files.h"
#include "cli/stat_text.h"
#include "cli/toolkit.h"
#include "tree/tree.h"

// ---- a walk in Java's order ----

struct level {
    const struct znode *node;
    const struct znode **children; // owned
    size_t count, next;
    uint64_t bytes; // summary: data of this node and of what was left below it
    size_t entry;   // summary: its place among the entries; SIZE_MAX: none
};

struct walk {
    struct level *levels;
    size_t depth, cap;
};

static struct level *enter(struct walk *w, const struct znode *n)
{
    if (w->depth == w->cap) {
        w->cap = w->cap == 0 ? 16 : w->cap * 2;
        w->levels = mem_realloc(w->levels, w->cap * sizeof(*w->levels));
    }
    struct level *l = &w->levels[w->depth++];
    *l = (struct level){.node = n, .entry = SIZE_MAX};
    l->children = toolkit_children(n, &l->count);
    return l;
}

static void leave(struct walk *w)
{
    mem_free(w->levels[--w->depth].children);
}

static struct level *top(struct walk *w)
{
    return w->depth > 0 ? &w->levels[w->depth - 1] : NULL;
}

static void walk_fini(struct walk *w)
{
    while (w->depth > 0) {
        leave(w);
    }
    mem_free(w->levels);
}

static const char *path_of(const struct znode *n, struct buf *to)
{
    buf_clear(to);
    znode_path(n, to);
    if (to->len == 0) {
        buf_append_str(to, "/");
    }
    return buf_cstr(to);
}

// ---- SnapshotFormatter, as text ----

// Java's "%#016x": the 0x counts for the width.
static void print_hex(FILE *out, const char *name, int64_t value)
{
    (void)fprintf(out, "  %s = 0x%014" PRIx64 "\n", name, (uint64_t)value);
}

static void print_node(FILE *out, const struct znode *n, bool with_data, struct buf *text)
{
    struct jute_stat_persisted s;
    char time[TIME_TEXT_BYTES];
    struct slice data = znode_data(n);
    znode_stat_stored(n, &s);
    (void)fprintf(out, "----\n%s\n", path_of(n, text));
    print_hex(out, "cZxid", s.czxid);
    (void)fprintf(out, "  ctime = %s\n", time_text(s.ctime, time));
    print_hex(out, "mZxid", s.mzxid);
    (void)fprintf(out, "  mtime = %s\n", time_text(s.mtime, time));
    print_hex(out, "pZxid", s.pzxid);
    (void)fprintf(
        out, "  cversion = %" PRId32 "\n  dataVersion = %" PRId32 "\n  aclVersion = %" PRId32 "\n",
        s.cversion, s.version, s.aversion);
    print_hex(out, "ephemeralOwner", s.ephemeral_owner);
    if (with_data) {
        buf_clear(text);
        base64_encode(slice_is_null(data) ? slice_str("") : data, text);
        (void)fprintf(out, "  data = %s\n", buf_cstr(text));
    } else {
        (void)fprintf(out, "  dataLength = %zu\n", data.len);
    }
}

static int64_t newest_zxid(const struct znode *n, int64_t so_far)
{
    struct jute_stat_persisted s;
    znode_stat_stored(n, &s);
    int64_t newest = s.mzxid > s.pzxid ? s.mzxid : s.pzxid;
    return newest > so_far ? newest : so_far;
}

static void count_node(void *count, const struct znode *n)
{
    (void)n;
    (*(uint64_t *)count)++;
}

static void print_sessions(FILE *out, const struct toolkit_tree *t)
{
    (void)fputs("Session Details (sid, timeout, ephemeralCount):\n", out);
    for (size_t i = 0; i < t->session_count; i++) {
        uint64_t ephemerals = 0;
        tree_ephemerals_each(t->tree, t->sessions[i].id, count_node, &ephemerals);
        (void)fprintf(out, "0x%014" PRIx64 ", %" PRId32 ", %" PRIu64 "\n",
                      (uint64_t)t->sessions[i].id, t->sessions[i].timeout_ms, ephemerals);
    }
}

static void print_details(FILE *out, const struct toolkit_tree *t, bool with_data,
                          int64_t name_zxid)
{
    struct walk w = {0};
    struct buf text = {0};
    int64_t zxid = name_zxid;
    (void)fprintf(out, "ZNode Details (count=%" PRIu64 "):\n", tree_node_count(t->tree));
    const struct znode *n = tree_find(t->tree, slice_str("/"));
    while (n != NULL) {
        print_node(out, n, with_data, &text);
        zxid = newest_zxid(n, zxid);
        struct level *l = enter(&w, n);
        while (l != NULL && l->next == l->count) {
            leave(&w);
            l = top(&w);
        }
        n = l != NULL ? l->children[l->next++] : NULL;
    }
    (void)fputs("----\n", out);
    print_sessions(out, t);
    (void)fprintf(out, "----\nLast zxid: 0x%" PRIx64 "\n", (uint64_t)zxid);
    buf_fini(&text);
    walk_fini(&w);
}

// ---- SnapshotFormatter, as JSON for ncdu ----

// Source: Jackson's JsonStringEncoder.
static void put_quoted(struct slice s, struct buf *to)
{
    static const char letters[] = "btn\0fr"; // of 8 to 13
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];
        if (c == '"' || c == '\\') {
            buf_printf(to, "\\%c", c);
        } else if (c >= 8 && c <= 13 && c != 11) {
            buf_printf(to, "\\%c", letters[c - 8]);
        } else if (c < ' ') {
            buf_printf(to, "\\u%04X", c);
        } else {
            buf_put_u8(to, c);
        }
    }
}

static void put_json_node(const struct znode *n, int64_t inode, struct buf *to)
{
    struct slice name = znode_name(n);
    size_t len = znode_data(n).len;
    buf_append_str(to, "{\"name\":\"");
    put_quoted(name.len == 0 ? slice_str("/") : name, to);
    buf_printf(to, "\",\"asize\":%zu,\"dsize\":%zu,\"dev\":0,\"ino\":%" PRId64 "}", len, len,
               inode);
}

static void print_json(FILE *out, const struct toolkit_tree *t, int64_t now_ms)
{
    struct walk w = {0};
    struct buf text = {0};
    int64_t inode = 1000;
    (void)fprintf(out,
                  "[1,0,{\"progname\":\"SnapshotFormatter.java\",\"progver\":\"0.01\","
                  "\"timestamp\":%" PRId64 "}",
                  now_ms);
    const struct znode *n = tree_find(t->tree, slice_str("/"));
    while (n != NULL) {
        buf_clear(&text);
        buf_append_str(&text, znode_child_count(n) > 0 ? ",[" : ",");
        put_json_node(n, ++inode, &text);
        struct level *l = enter(&w, n);
        while (l != NULL && l->next == l->count) {
            buf_append_str(&text, l->count > 0 ? "]" : "");
            leave(&w);
            l = top(&w);
        }
        (void)fwrite(text.data, 1, text.len, out);
        n = l != NULL ? l->children[l->next++] : NULL;
    }
    (void)fputs("]", out);
    buf_fini(&text);
    walk_fini(&w);
}

static int formatter_usage(struct cli *c)
{
    (void)fputs("USAGE: SnapshotFormatter [-d|-json] snapshot_file\n"
                "       -d dump the data for each znode\n"
                "       -json dump znode info in json format\n",
                c->err);
    return TOOLKIT_INVALID;
}

static int refuse_file(struct cli *c, const char *path, const char *before, const char *behind)
{
    char *absolute = path[0] == '/' ? NULL : mem_alloc(4096 + strlen(path) + 2);
    if (absolute != NULL) {
        const char *here = c->host->env("PWD");
        (void)snprintf(absolute, 4096 + strlen(path) + 2, "%.4096s/%s", here != NULL ? here : "",
                       path);
    }
    (void)fprintf(c->err, "%s%s%s\n", before, absolute != NULL ? absolute : path, behind);
    mem_free(absolute);
    return TOOLKIT_INVALID;
}

// Source: ZKUtil.validateFileInput.
static int check_file(struct cli *c, const char *path)
{
    struct port_file_info info;
    struct port_file *f;
    if (c->host->files->info(c->host->files, path, &info) != ERR_OK) {
        return refuse_file(c, path, "File '", "' does not exist.");
    }
    enum err err = c->host->files->open(c->host->files, path, PORT_OPEN_READ, &f);
    if (err == ERR_OK) {
        f->close(f);
    } else if (err == ERR_ACCESS) {
        return refuse_file(c, path, "Read permission is denied on the file '", "'");
    }
    return info.is_dir ? refuse_file(c, path, "'", "' is a directory. it must be a file.")
                       : TOOLKIT_OK;
}

int toolkit_snapshot(struct cli *c, const char *const *words)
{
    bool with_data = false, is_json = false;
    for (; *words != NULL; words++) {
        if (strcmp(*words, "-d") == 0) {
            with_data = true;
        } else if (strcmp(*words, "-json") == 0) {
            is_json = true;
        } else {
            break;
        }
    }
    if (words[0] == NULL || words[1] != NULL) {
        return formatter_usage(c);
    }
    int status = check_file(c, words[0]);
    if (status != TOOLKIT_OK) {
        return status;
    }
    if (with_data && is_json) {
        (void)fputs("Cannot specify both data dump (-d) and json mode (-json) in same call\n",
                    c->err);
        return TOOLKIT_INVALID;
    }
    struct toolkit_tree t;
    if (!toolkit_load(c, words[0], &t)) {
        return TOOLKIT_ERROR;
    }
    if (is_json) {
        print_json(c->out, &t, clock_wall_ms(c->host->clock));
    } else {
        print_details(c->out, &t, with_data, data_files_zxid(words[0], "snapshot"));
    }
    toolkit_tree_fini(&t);
    return TOOLKIT_OK;
}

// ---- SnapshotRecursiveSummary ----

struct entry {
    const struct znode *node;
    size_t level;
    uint64_t bytes;
};

struct summary {
    struct walk walk;
    struct entry *entries; // in the order of the output: a node before those below it
    size_t count, cap;
    int32_t level_max; // 0: all
};

static void add_entry(struct summary *s, struct level *l, size_t level)
{
    if (l->count == 0 || (s->level_max != 0 && (int64_t)level > s->level_max)) {
        return; // a leaf, or too deep
    }
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 64 : s->cap * 2;
        s->entries = mem_realloc(s->entries, s->cap * sizeof(*s->entries));
    }
    l->entry = s->count;
    s->entries[s->count++] = (struct entry){.node = l->node, .level = level};
}

static void summarize(struct summary *s, const struct znode *n)
{
    while (n != NULL) {
        struct level *l = enter(&s->walk, n);
        l->bytes = znode_data(n).len;
        add_entry(s, l, s->walk.depth - 1);
        while (l != NULL && l->next == l->count) {
            uint64_t bytes = l->bytes;
            if (l->entry != SIZE_MAX) {
                s->entries[l->entry].bytes = bytes;
            }
            leave(&s->walk);
            l = top(&s->walk);
            if (l != NULL) {
                l->bytes += bytes;
            }
        }
        n = l != NULL ? l->children[l->next++] : NULL;
    }
}

static void put_indent(FILE *out, size_t level)
{
    for (size_t i = 0; i < level; i++) {
        (void)fputs("--", out);
    }
}

static void print_entry(FILE *out, const struct entry *e, struct buf *text)
{
    put_indent(out, e->level);
    (void)fprintf(out, " %s\n", path_of(e->node, text));
    put_indent(out, e->level);
    (void)fprintf(out, "   children: %" PRIu64 "\n", znode_descendant_count(e->node));
    put_indent(out, e->level);
    (void)fprintf(out, "   data: %" PRIu64 "\n", e->bytes);
}

static int summary_usage(struct cli *c)
{
    (void)fputs(
        "USAGE:\n\n\n"
        "SnapshotRecursiveSummary  <snapshot_file>  <starting_node>  <max_depth>\n\n\n"
        "snapshot_file:    path to the zookeeper snapshot\n"
        "starting_node:    the path in the zookeeper tree where the traversal should begin\n"
        "max_depth:        defines the depth where the tool still writes to the output. "
        "0 means there is no depth limit, every non-leaf node's stats will be displayed, "
        "1 means it will only contain the starting node's and it's children's stats, "
        "2 ads another level and so on. This ONLY affects the level of details displayed, "
        "NOT the calculation.\n",
        c->err);
    return TOOLKIT_INVALID;
}

int toolkit_summary(struct cli *c, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    struct summary s = {0};
    if (count != 3 || !toolkit_int(words[2], &s.level_max)) {
        return summary_usage(c);
    }
    struct toolkit_tree t;
    if (!toolkit_load(c, words[0], &t)) {
        return TOOLKIT_ERROR;
    }
    const struct znode *start = tree_find(t.tree, slice_str(words[1]));
    if (start == NULL) {
        (void)fputs("Exception in thread \"main\" java.lang.NullPointerException\n", c->err);
        toolkit_tree_fini(&t);
        return TOOLKIT_ERROR;
    }
    struct buf text = {0};
    summarize(&s, start);
    for (size_t i = 0; i < s.count; i++) {
        print_entry(c->out, &s.entries[i], &text);
    }
    (void)fputs("\n", c->out);
    buf_fini(&text);
    walk_fini(&s.walk);
    mem_free(s.entries);
    toolkit_tree_fini(&t);
    return TOOLKIT_OK;
}

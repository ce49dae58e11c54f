// SPDX-License-Identifier: Apache-2.0
//
// zkSnapshotComparer.sh: the nodes of two snapshots, depth by depth, in the order of their paths;
// what differs by more than the thresholds is said. Source: SnapshotComparer.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "cli/data_files.h"
#include "cli/java_order.h"
#include "cli/toolkit.h"
#include "tree/tree.h"

struct item {
    struct slice label; // the path; "" for the root; in the arena
    size_t parent, depth;
    int64_t bytes, nodes; // of the subtree: with the node itself, without it
};

struct side {
    struct item *items; // by depth, then by label
    size_t count, cap;
    size_t *starts; // of each depth in `items`, and the end of the last; `depths` + 1
    size_t depths;
    struct arena arena;
};

struct compare {
    struct cli *cli;
    struct side left, right;
    int32_t byte_threshold, node_threshold;
    bool is_debug, is_interactive;
};

// ---- from a tree to sorted items ----

static size_t add_item(struct side *s, const struct znode *n, size_t parent, struct buf *path)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 256 : s->cap * 2;
        s->items = mem_realloc(s->items, s->cap * sizeof(*s->items));
    }
    buf_clear(path);
    znode_path(n, path);
    s->items[s->count] = (struct item){
        .label = arena_copy(&s->arena, buf_slice(path)),
        .parent = parent,
        .depth = parent == SIZE_MAX ? 0 : s->items[parent].depth + 1,
        .bytes = (int64_t)znode_data(n).len,
        .nodes = (int64_t)znode_descendant_count(n),
    };
    return s->count++;
}

// Parents stand before their children.
static void collect(struct side *s, const struct tree *t)
{
    struct buf path = {0};
    const struct znode *n = tree_find(t, slice_str("/"));
    size_t parent = SIZE_MAX;
    while (n != NULL) {
        size_t at = add_item(s, n, parent, &path);
        const struct znode *next = znode_first_child(n);
        parent = next != NULL ? at : parent;
        while (next == NULL && n != NULL) {
            next = znode_next_sibling(n);
            if (next == NULL) {
                n = znode_parent(n);
                parent = parent != SIZE_MAX ? s->items[parent].parent : SIZE_MAX;
            }
        }
        n = next;
    }
    for (size_t i = s->count; i-- > 1;) {
        s->items[s->items[i].parent].bytes += s->items[i].bytes;
    }
    buf_fini(&path);
}

static int by_depth_and_label(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->depth != y->depth) {
        return x->depth < y->depth ? -1 : 1;
    }
    return java_compare(x->label, y->label);
}

static void sort(struct side *s)
{
    qsort(s->items, s->count, sizeof(*s->items), by_depth_and_label);
    s->depths = s->items[s->count - 1].depth + 1;
    s->starts = mem_zalloc((s->depths + 1) * sizeof(*s->starts));
    for (size_t i = 0; i < s->count; i++) {
        s->starts[s->items[i].depth + 1] = i + 1;
    }
}

static double seconds_since(struct cli *c, int64_t begun_ns)
{
    return (double)(clock_mono_ns(c->host->clock) - begun_ns) / 1e9;
}

static bool load(struct cli *c, const char *path, struct side *ret)
{
    struct toolkit_tree t;
    int64_t begun_ns = clock_mono_ns(c->host->clock);
    if (!toolkit_load(c, path, &t)) {
        return false;
    }
    (void)fprintf(c->out, "Deserialized snapshot in %s in %f seconds\n", data_files_name(path),
                  seconds_since(c, begun_ns));
    begun_ns = clock_mono_ns(c->host->clock);
    collect(ret, t.tree);
    sort(ret);
    (void)fprintf(c->out, "Processed data tree in %f seconds\n", seconds_since(c, begun_ns));
    toolkit_tree_fini(&t);
    return true;
}

static void side_fini(struct side *s)
{
    mem_free(s->items);
    mem_free(s->starts);
    arena_fini(&s->arena);
}

static void print_side(FILE *out, const struct side *s)
{
    (void)fprintf(out, "Node count: %zu\nTotal size: %" PRId64 "\nMax depth: %zu\n", s->count,
                  s->items[0].bytes, s->depths);
    for (size_t i = 0; i < s->depths; i++) {
        (void)fprintf(out, "Count of nodes at depth %zu: %zu\n", i,
                      s->starts[i + 1] - s->starts[i]);
    }
    (void)fputs("\n", out);
}

// ---- comparing two sorted lists ----

struct list {
    const struct item *items;
    size_t count;
};

static void print_only(struct compare *k, const struct item *n, const char *side)
{
    ASSERT(n != NULL);
    if (n->bytes > k->byte_threshold || n->nodes > k->node_threshold) {
        (void)fprintf(k->cli->out,
                      "Node %.*s found only in %s tree. Descendant size: %" PRId64
                      ". Descendant count: %" PRId64 "\n",
                      SLICE_ARGS(n->label), side, n->bytes, n->nodes);
    } else if (k->is_debug || k->is_interactive) {
        (void)fprintf(k->cli->out, "Filtered %s node %.*s of size %" PRId64 "\n", side,
                      SLICE_ARGS(n->label), n->bytes);
    }
}

static void print_both(struct compare *k, const struct item *left, const struct item *right)
{
    ASSERT(left != NULL);
    ASSERT(right != NULL);
    int64_t bytes = right->bytes - left->bytes, nodes = right->nodes - left->nodes;
    if (llabs(bytes) > k->byte_threshold || llabs(nodes) > k->node_threshold) {
        (void)fprintf(k->cli->out,
                      "Node %.*s found in both trees. Delta: %" PRId64 " bytes, %" PRId64
                      " descendants\n",
                      SLICE_ARGS(left->label), bytes, nodes);
    } else if (k->is_debug || k->is_interactive) {
        (void)fprintf(k->cli->out,
                      "Filtered node %.*s of left size %" PRId64 ", right size %" PRId64 "\n",
                      SLICE_ARGS(left->label), left->bytes, right->bytes);
    }
}

static int order_of(struct compare *k, const struct item *left, const struct item *right)
{
    if (left == NULL || right == NULL) {
        return left == NULL ? 1 : -1;
    }
    int order = java_compare(left->label, right->label);
    if (k->is_debug) {
        (void)fprintf(k->cli->out, "Comparing %.*s to %.*s\n%s\n", SLICE_ARGS(left->label),
                      SLICE_ARGS(right->label),
                      order < 0   ? "left is less"
                      : order > 0 ? "right is less"
                                  : "same");
    }
    return order;
}

static void compare_lists(struct compare *k, struct list left, struct list right)
{
    size_t l = 0, r = 0;
    while (l < left.count || r < right.count) {
        const struct item *x = l < left.count ? &left.items[l] : NULL;
        const struct item *y = r < right.count ? &right.items[r] : NULL;
        int order = order_of(k, x, y);
        if (order < 0) {
            print_only(k, x, "left");
        } else if (order > 0) {
            print_only(k, y, "right");
        } else {
            print_both(k, x, y);
        }
        l += order <= 0 ? 1 : 0;
        r += order >= 0 ? 1 : 0;
    }
}

static struct list at_depth(const struct side *s, size_t depth)
{
    if (depth >= s->depths) {
        return (struct list){0};
    }
    return (struct list){s->items + s->starts[depth], s->starts[depth + 1] - s->starts[depth]};
}

static void compare_depth(struct compare *k, size_t depth)
{
    (void)fprintf(k->cli->out, "Analysis for depth %zu\n", depth);
    compare_lists(k, at_depth(&k->left, depth), at_depth(&k->right, depth));
}

// ---- interactive ----

static const struct item *find(const struct side *s, struct slice path)
{
    struct item key = {.label = path};
    for (size_t i = 0; i < path.len; i++) {
        key.depth += path.data[i] == '/' ? 1 : 0;
    }
    return bsearch(&key, s->items, s->count, sizeof(key), by_depth_and_label);
}

// The children of a path stand together: they sort by what they have in common.
static struct list children_of(const struct side *s, struct slice path, bool *ret_found)
{
    const struct item *node = find(s, path);
    struct list found = {0};
    *ret_found = node != NULL;
    struct list below = node != NULL ? at_depth(s, node->depth + 1) : found;
    for (size_t i = 0; i < below.count; i++) {
        struct slice label = below.items[i].label;
        if (label.len > path.len && slice_starts_with(label, path) && label.data[path.len] == '/') {
            found.items = found.count == 0 ? &below.items[i] : found.items;
            found.count++;
        }
    }
    return found;
}

static void compare_subtree(struct compare *k, const char *path)
{
    bool is_left, is_right;
    (void)fprintf(k->cli->out, "Analysis for node %s\n", path);
    struct list left = children_of(&k->left, slice_str(path), &is_left);
    struct list right = children_of(&k->right, slice_str(path), &is_right);
    if (!is_left && !is_right) {
        (void)fprintf(k->cli->out, "Path %s is neither found in left tree nor right tree.\n", path);
        return;
    }
    compare_lists(k, left, right);
}

static void print_thresholds(struct compare *k)
{
    (void)fprintf(k->cli->out,
                  "Printing analysis for nodes difference larger than %" PRId32
                  " bytes or node count difference larger than %" PRId32 ".\n",
                  k->byte_threshold, k->node_threshold);
}

// One answer of the user; returns the depth to go on at.
static size_t take_answer(struct compare *k, const char *line, size_t depth, size_t depths)
{
    int32_t number;
    if (line[0] == '\0') {
        compare_depth(k, depth++);
    } else if (line[0] == '/') {
        compare_subtree(k, line);
    } else if (!toolkit_int(line, &number)) {
        (void)fprintf(k->cli->out,
                      "Input %s is not valid. Depth must be in range [0, %zu]. Path must be an "
                      "absolute path which starts with '/'.\n",
                      line, depths - 1);
    } else if (number < 0 || (size_t)number >= depths) {
        (void)fprintf(k->cli->out, "Depth must be in range [0, %zu]\n", depths - 1);
        return depth; // and no empty line
    } else {
        depth = (size_t)number;
        compare_depth(k, depth);
    }
    (void)fputs("\n", k->cli->out);
    return depth;
}

static int interact(struct compare *k, size_t depths)
{
    struct buf line = {0};
    size_t depth = 0;
    while (depth < depths) {
        (void)fprintf(k->cli->out,
                      "Current depth is %zu\n- Press enter to move to print current depth "
                      "layer;\n- Type a number to jump to and print all nodes at a given depth;\n"
                      "- Enter an ABSOLUTE path to print the immediate subtree of a node. Path "
                      "must start with '/'.\n",
                      depth);
        (void)fflush(k->cli->out);
        if (!cli_read_line(&line)) {
            (void)fputs("Exception in thread \"main\" java.util.NoSuchElementException: No line "
                        "found\n",
                        k->cli->err);
            break;
        }
        print_thresholds(k);
        depth = take_answer(k, buf_cstr(&line), depth, depths);
    }
    buf_fini(&line);
    return depth < depths ? TOOLKIT_ERROR : TOOLKIT_OK;
}

// ---- the command line ----

static int compare(struct compare *k)
{
    size_t depths = k->left.depths > k->right.depths ? k->left.depths : k->right.depths;
    int status = TOOLKIT_OK;
    print_side(k->cli->out, &k->left);
    print_side(k->cli->out, &k->right);
    if (k->is_interactive) {
        status = interact(k, depths);
    } else {
        print_thresholds(k);
        for (size_t i = 0; i < depths; i++) {
            compare_depth(k, i);
        }
    }
    if (status == TOOLKIT_OK) {
        (void)fputs("All layers compared.\n", k->cli->out);
    }
    return status;
}

static int usage(struct cli *c, const char *why)
{
    (void)fprintf(c->err, "%s\n", why);
    (void)fputs(
        "usage: java -cp <classPath> org.apache.zookeeper.server.SnapshotComparer\n"
        " -b,--bytes <BYTETHRESHOLD>   (Required) The node data delta size threshold, in bytes, "
        "for printing the node.\n"
        " -d,--debug                   Use debug output.\n"
        " -i,--interactive             Enter interactive mode.\n"
        " -l,--left <LEFT>             (Required) The left snapshot file.\n"
        " -n,--nodes <NODETHRESHOLD>   (Required) The descendant node delta size threshold, in "
        "nodes, for printing the node.\n"
        " -r,--right <RIGHT>           (Required) The right snapshot file.\n",
        c->out);
    return TOOLKIT_INVALID;
}

static bool take_threshold(struct cli *c, const struct toolkit_option *o, int32_t *ret)
{
    if (toolkit_int(o->value, ret)) {
        return true;
    }
    (void)fprintf(c->err,
                  "Exception in thread \"main\" java.lang.NumberFormatException: For input string: "
                  "\"%s\"\n",
                  o->value);
    return false;
}

int toolkit_compare(struct cli *c, const char *const *words)
{
    enum { LEFT, RIGHT, BYTES, NODES, DEBUG, INTERACTIVE, COUNT };
    struct toolkit_option options[COUNT] = {
        [LEFT] = {.letter = 'l', .name = "left", .has_value = true, .is_required = true},
        [RIGHT] = {.letter = 'r', .name = "right", .has_value = true, .is_required = true},
        [BYTES] = {.letter = 'b', .name = "bytes", .has_value = true, .is_required = true},
        [NODES] = {.letter = 'n', .name = "nodes", .has_value = true, .is_required = true},
        [DEBUG] = {.letter = 'd', .name = "debug"},
        [INTERACTIVE] = {.letter = 'i', .name = "interactive"},
    };
    const char *rest[TOOLKIT_REST_MAX + 1];
    char why[TOOLKIT_WHY_BYTES];
    if (!toolkit_parse(options, COUNT, words, rest, why)) {
        return usage(c, why);
    }
    struct compare k = {
        .cli = c, .is_debug = options[DEBUG].is_set, .is_interactive = options[INTERACTIVE].is_set};
    if (!take_threshold(c, &options[BYTES], &k.byte_threshold) ||
        !take_threshold(c, &options[NODES], &k.node_threshold)) {
        return TOOLKIT_ERROR;
    }
    (void)fputs("Successfully parsed options!\n", c->out);
    bool is_loaded =
        load(c, options[LEFT].value, &k.left) && load(c, options[RIGHT].value, &k.right);
    int status = is_loaded ? compare(&k) : TOOLKIT_ERROR;
    side_fini(&k.left);
    side_fini(&k.right);
    return status;
}

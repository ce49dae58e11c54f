// SPDX-License-Identifier: Apache-2.0
//
// What Apache's tools have in common: their options, and a snapshot in memory.
#include "cli/toolkit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli/data_files.h"
#include "cli/java_order.h"
#include "store/snapscan.h"
#include "tree/tree.h"

// ---- options (commons-cli 1.5 DefaultParser) ----

struct parse {
    struct toolkit_option *options;
    size_t count;
    struct toolkit_option *open; // wants the next word
    size_t rest_count;
    const char **rest;
    char *why;
};

static bool refuse(struct parse *p, const char *what, const char *word)
{
    (void)snprintf(p->why, TOOLKIT_WHY_BYTES, "%s%s", what, word);
    return false;
}

static struct toolkit_option *find_letter(struct parse *p, char letter)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->options[i].letter == letter) {
            return &p->options[i];
        }
    }
    return NULL;
}

// A long option by its name or the beginning of one. NULL with *ret_many when several begin so.
static struct toolkit_option *find_name(struct parse *p, const char *name, size_t len,
                                        bool *ret_many)
{
    struct toolkit_option *found = NULL;
    *ret_many = false;
    for (size_t i = 0; i < p->count; i++) {
        struct toolkit_option *o = &p->options[i];
        if (strncmp(o->name, name, len) == 0) {
            if (o->name[len] == '\0') {
                *ret_many = false;
                return o;
            }
            *ret_many = found != NULL;
            found = o;
        }
    }
    return *ret_many ? NULL : found;
}

static bool give(struct parse *p, struct toolkit_option *o, const char *value)
{
    o->is_set = true;
    if (value != NULL) {
        o->value = value;
    } else if (o->has_value) {
        p->open = o;
    }
    return true;
}

static bool take_long(struct parse *p, const char *word)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");
    bool is_many;
    struct toolkit_option *o = find_name(p, name, len, &is_many);
    if (is_many) {
        return refuse(p, "Ambiguous option: '", word);
    }
    if (o == NULL || (name[len] == '=' && !o->has_value)) {
        return refuse(p, "Unrecognized option: ", word);
    }
    return give(p, o, name[len] == '=' ? name + len + 1 : NULL);
}

// "-dr", "-z0x5": letters in one word.
static bool take_letters(struct parse *p, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        struct toolkit_option *o = find_letter(p, *at);
        if (o == NULL) {
            return refuse(p, "Unrecognized option: ", word);
        }
        if (o->has_value) {
            return give(p, o, at[1] == '\0' ? NULL : at + 1 + (at[1] == '=' ? 1 : 0));
        }
        (void)give(p, o, NULL);
    }
    return true;
}

// Whether a word is an option and not the value that the one before it wants.
static bool is_option(struct parse *p, const char *word)
{
    bool is_many;
    return word[0] == '-' && word[1] != '\0' &&
           (find_letter(p, word[1]) != NULL || find_name(p, word + 1, strlen(word + 1), &is_many) ||
            (word[1] == '-' && word[2] != '\0'));
}

static bool missing_value(struct parse *p)
{
    char letter[2] = {p->open->letter, '\0'};
    return refuse(p, "Missing argument for option: ", letter);
}

static bool take_word(struct parse *p, const char *word)
{
    if (p->open != NULL && !is_option(p, word)) {
        p->open->value = word;
        p->open = NULL;
        return true;
    }
    if (p->open != NULL) {
        return missing_value(p);
    }
    if (word[0] != '-' || word[1] == '\0') {
        if (p->rest_count < TOOLKIT_REST_MAX) {
            p->rest[p->rest_count++] = word;
        }
        return true;
    }
    bool is_many;
    bool is_long = word[1] == '-' || find_letter(p, word[1]) == NULL ||
                   (word[2] != '\0' && find_name(p, word + 1, strcspn(word + 1, "="), &is_many));
    return is_long ? take_long(p, word) : take_letters(p, word);
}

static bool check_required(struct parse *p)
{
    size_t missing = 0;
    char list[TOOLKIT_WHY_BYTES / 2] = "";
    for (size_t i = 0; i < p->count; i++) {
        if (p->options[i].is_required && !p->options[i].is_set) {
            size_t len = strlen(list);
            (void)snprintf(list + len, sizeof(list) - len, "%s%c", missing > 0 ? ", " : "",
                           p->options[i].letter);
            missing++;
        }
    }
    return missing == 0 ||
           refuse(p,
                  missing == 1 ? "Missing required option: " : "Missing required options: ", list);
}

bool toolkit_parse(struct toolkit_option *options, size_t count, const char *const *words,
                   const char *ret_rest[TOOLKIT_REST_MAX + 1], char why[TOOLKIT_WHY_BYTES])
{
    struct parse p = {.options = options, .count = count, .rest = ret_rest, .why = why};
    bool is_past = false;
    for (; *words != NULL; words++) {
        if (!is_past && strcmp(*words, "--") == 0) {
            is_past = true;
        } else if (is_past && p.rest_count < TOOLKIT_REST_MAX) {
            p.rest[p.rest_count++] = *words;
        } else if (!is_past && !take_word(&p, *words)) {
            return false;
        }
    }
    p.rest[p.rest_count] = NULL;
    return p.open != NULL ? missing_value(&p) : check_required(&p);
}

bool toolkit_int(const char *text, int32_t *ret)
{
    int64_t value;
    if (!number_parse(slice_str(text), INT32_MIN, INT32_MAX, &value)) {
        return false;
    }
    *ret = (int32_t)value;
    return true;
}

// ---- the tree ----

static enum err see_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct toolkit_tree *t = ctx;
    if (t->session_count == t->session_cap) {
        t->session_cap = t->session_cap == 0 ? 16 : t->session_cap * 2;
        t->sessions = mem_realloc(t->sessions, t->session_cap * sizeof(*t->sessions));
    }
    t->sessions[t->session_count++] =
        (struct toolkit_session){.id = session, .timeout_ms = timeout_ms};
    return tree_load_session(t->tree, session, timeout_ms);
}

static enum err see_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct toolkit_tree *t = ctx;
    return tree_load_acl(t->tree, acl_id, acl);
}

static enum err see_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                         const struct jute_stat_persisted *stat)
{
    struct toolkit_tree *t = ctx;
    return tree_load_node(t->tree, path, data, acl_id, stat);
}

static void order_sessions(struct toolkit_tree *t)
{
    size_t count = t->session_count;
    uint32_t *hashes = mem_alloc(count * sizeof(*hashes));
    size_t *order = mem_alloc(count * sizeof(*order));
    struct toolkit_session *sorted = mem_alloc(count * sizeof(*sorted));
    for (size_t i = 0; i < count; i++) {
        hashes[i] = java_long_hash(t->sessions[i].id);
    }
    java_order(hashes, count, JAVA_ORDER_MAP, order);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = t->sessions[order[i]];
    }
    mem_free(t->sessions);
    t->sessions = sorted;
    mem_free(hashes);
    mem_free(order);
}

static const char *exception_of(enum err err)
{
    if (err == ERR_NOT_FOUND || err == ERR_ACCESS) {
        return "java.io.FileNotFoundException";
    }
    return err == ERR_TRUNCATED ? "java.io.EOFException" : "java.io.IOException";
}

bool toolkit_load(struct cli *c, const char *path, struct toolkit_tree *ret)
{
    const struct tree_options options = {0};
    *ret = (struct toolkit_tree){.tree = tree_new(&options)};
    const struct snapscan_visitor visitor = {
        .session = see_session, .acl = see_acl, .node = see_node, .ctx = ret};
    struct snapscan_report report;
    struct store_error e = {.text = ""};
    tree_load_begin(ret->tree);
    enum err err = snapscan(c->host->files, path, data_files_method(path), DATA_FILES_BYTES_MAX,
                            &visitor, &report, &e);
    if (report.has_all_nodes) {
        err = tree_load_end(ret->tree, 0);
    }
    if (err != ERR_OK) {
        (void)fprintf(c->err, "Exception in thread \"main\" %s: %s\n", exception_of(err), e.text);
        toolkit_tree_fini(ret);
        return false;
    }
    order_sessions(ret);
    return true;
}

void toolkit_tree_fini(struct toolkit_tree *t)
{
    tree_free(t->tree);
    mem_free(t->sessions);
    *t = (struct toolkit_tree){0};
}

const struct znode **toolkit_children(const struct znode *n, size_t *ret_count)
{
    size_t count = (size_t)znode_child_count(n);
    *ret_count = count;
    if (count == 0) {
        return NULL;
    }
    const struct znode **loaded = mem_alloc(count * sizeof(*loaded));
    const struct znode **sorted = mem_alloc(count * sizeof(*sorted));
    uint32_t *hashes = mem_alloc(count * sizeof(*hashes));
    size_t *order = mem_alloc(count * sizeof(*order));
    size_t at = count; // the tree gives the youngest first
    for (const struct znode *child = znode_first_child(n); child != NULL;
         child = znode_next_sibling(child)) {
        loaded[--at] = child;
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = java_string_hash(znode_name(loaded[i]));
    }
    java_order(hashes, count, JAVA_ORDER_CHILDREN, order);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = loaded[order[i]];
    }
    mem_free(loaded);
    mem_free(hashes);
    mem_free(order);
    return sorted;
}

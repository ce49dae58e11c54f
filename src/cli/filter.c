// SPDX-License-Identifier: Apache-2.0
//
// One function for each kind of condition.
#include "cli/filter.h"

#include <fnmatch.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/word_text.h"

// ---- reading flags ----

bool filter_set_path(struct filter *f, const char *regex, char *why)
{
    int status = regcomp(&f->path, regex, REG_EXTENDED | REG_NOSUB);
    if (status != 0) {
        (void)regerror(status, &f->path, why, FILTER_WHY_BYTES);
        return false;
    }
    f->has_path = true;
    return true;
}

bool filter_set_time(int64_t now_ms, const char *text, int64_t *ret_ms, char *why)
{
    int64_t age_ms;
    if (duration_parse(text, &age_ms)) {
        *ret_ms = now_ms - age_ms;
        return true;
    }
    int64_t unit_ms;
    if (moment_parse(text, ret_ms, &unit_ms)) {
        return true;
    }
    (void)snprintf(why, FILTER_WHY_BYTES,
                   "an age as 90s, 5m, 2h, 7d, or a moment as 2026-11-21T16:00, not %.80s", text);
    return false;
}

static bool session_parse(const char *text, int64_t *ret)
{
    char whole[32]; // with or without 0x
    bool has_mark = strncmp(text, "0x", 2) == 0;
    int len = snprintf(whole, sizeof(whole), "%s%s", has_mark ? "" : "0x", text);
    return len < (int)sizeof(whole) && word_session(slice_str(whole), ret);
}

bool filter_set_owner(struct filter *f, const char *text, char *why)
{
    if (strcmp(text, "ephemeral") == 0 || strcmp(text, "persistent") == 0) {
        f->owner = *text == 'e' ? OWNER_SOME : OWNER_NONE;
        return true;
    }
    if (strcmp(text, "container") == 0 || strcmp(text, "ttl") == 0) {
        (void)snprintf(
            why, FILTER_WHY_BYTES,
            "servers do not tell their clients which nodes are containers or have a time "
            "to live; `paddock snapshot` does");
        return false;
    }
    if (session_parse(text, &f->session)) {
        f->owner = OWNER_SESSION;
        return true;
    }
    (void)snprintf(why, FILTER_WHY_BYTES,
                   "a session as 0x10000a4c5d50001, ephemeral, or persistent; not %.80s", text);
    return false;
}

static int32_t perms_of(const char *text)
{
    static const char letters[] = "rwcda"; // in the order of their bits
    int32_t perms = 0;
    for (; *text != '\0'; text++) {
        const char *letter = strchr(letters, *text);
        if (letter == NULL) {
            return 0;
        }
        perms |= 1 << (letter - letters);
    }
    return perms;
}

// "SCHEME:ID", "SCHEME:" (any id), or letters of permissions.
bool filter_set_acl(struct filter *f, const char *text, char *why)
{
    const char *colon = strchr(text, ':');
    f->wants_acl = true;
    if (colon != NULL && colon != text) {
        f->acl_scheme = text;
        f->acl_scheme_len = (size_t)(colon - text);
        f->acl_id = colon[1] != '\0' ? colon + 1 : NULL;
        return true;
    }
    f->acl_perms |= perms_of(text);
    if (perms_of(text) != 0) {
        return true;
    }
    (void)snprintf(why, FILTER_WHY_BYTES, "SCHEME:ID, SCHEME: or letters of cdrwa, not %.80s",
                   text);
    return false;
}

// ---- conditions ----

static bool is_of_time(const struct filter *f, const struct subtree_node *n)
{
    int64_t at_ms = f->uses_ctime ? n->stat.ctime_ms : n->stat.mtime_ms;
    return (!f->has_older || (n->has_stat && at_ms < f->older_ms)) &&
           (!f->has_newer || (n->has_stat && at_ms >= f->newer_ms));
}

static bool is_of_size(const struct filter *f, const struct subtree_node *n)
{
    uint64_t size = (uint64_t)n->stat.data_length;
    return (!f->has_larger || (n->has_stat && size > f->larger)) &&
           (!f->has_smaller || (n->has_stat && size < f->smaller)) &&
           (!f->wants_empty || (n->has_stat && size == 0 && n->stat.num_children == 0));
}

static bool is_of_owner(const struct filter *f, const struct subtree_node *n)
{
    switch (f->owner) {
    case OWNER_ANY:
        return true;
    case OWNER_NONE:
        return n->has_stat && n->stat.ephemeral_owner == 0;
    case OWNER_SOME:
        return n->has_stat && n->stat.ephemeral_owner != 0;
    case OWNER_SESSION:
        return n->has_stat && n->stat.ephemeral_owner == f->session;
    }
    return false;
}

static bool entry_passes(const struct filter *f, const struct paddock_acl *entry)
{
    bool is_scheme =
        f->acl_scheme == NULL || (strlen(entry->scheme) == f->acl_scheme_len &&
                                  strncmp(entry->scheme, f->acl_scheme, f->acl_scheme_len) == 0);
    bool is_id = f->acl_id == NULL || strcmp(entry->id, f->acl_id) == 0;
    return is_scheme && is_id && (entry->perms & f->acl_perms) == f->acl_perms;
}

static bool is_of_acl(const struct filter *f, const struct subtree_node *n)
{
    if (!f->wants_acl) {
        return true;
    }
    for (size_t i = 0; i < n->acl_count; i++) {
        if (entry_passes(f, &n->acl[i])) {
            return true;
        }
    }
    return false;
}

bool filter_passes(const struct filter *f, const struct subtree_node *n)
{
    return (f->name == NULL || fnmatch(f->name, n->name, 0) == 0) && is_of_time(f, n) &&
           is_of_size(f, n) && is_of_owner(f, n) && is_of_acl(f, n) &&
           (!f->has_path || regexec(&f->path, n->path, 0, NULL, 0) == 0);
}

void filter_fini(struct filter *f)
{
    if (f->has_path) {
        regfree(&f->path);
    }
    *f = (struct filter){0};
}

// SPDX-License-Identifier: Apache-2.0
//
// A list is cut up in a copy of its text.
#include "cli/acl_text.h"

#include <string.h>

#include "base/mem.h"

static const struct {
    char letter;
    int32_t perm;
} letters[] = {
    {'c', PADDOCK_CREATE}, {'d', PADDOCK_DELETE}, {'r', PADDOCK_READ},
    {'w', PADDOCK_WRITE},  {'a', PADDOCK_ADMIN},
};
enum { LETTERS = sizeof(letters) / sizeof(letters[0]) };

const char *perms_text(int32_t perms, char to[PERMS_TEXT_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < LETTERS; i++) {
        if ((perms & letters[i].perm) != 0) {
            to[len++] = letters[i].letter;
        }
    }
    to[len] = '\0';
    return to;
}

static int32_t perms_parse(const char *text, FILE *err, size_t *bad)
{
    int32_t perms = 0;
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < LETTERS && letters[i].letter != *text) {
            i++;
        }
        if (i < LETTERS) {
            perms |= letters[i].perm;
        } else {
            (void)fprintf(err, "Unknown perm type: %c\n", *text);
            ++*bad;
        }
    }
    return perms;
}

// Source: AclParser.parse.
static void take_entry(char *entry, FILE *err, struct acl_list *list, size_t *bad)
{
    char *first = strchr(entry, ':'), *last = strrchr(entry, ':');
    if (first == last) { // none or one
        (void)fprintf(err, "%s does not have the form scheme:id:perm\n", entry);
        ++*bad;
        return;
    }
    *first = '\0';
    *last = '\0';
    list->items[list->count++] = (struct paddock_acl){
        .scheme = entry, .id = first + 1, .perms = perms_parse(last + 1, err, bad)};
}

size_t acl_list_parse(const char *text, FILE *err, struct acl_list *ret)
{
    size_t bad = 0, len = strlen(text);
    *ret = (struct acl_list){.text = mem_strdup(text)};
    ret->items = mem_alloc((len + 1) * sizeof(*ret->items));
    while (len > 1 && ret->text[len - 1] == ',') {
        ret->text[--len] = '\0'; // what is empty at the end is no entry; String.split
    }
    char *next = strcmp(ret->text, ",") == 0 ? NULL : ret->text;
    for (char *entry = next; entry != NULL; entry = next) {
        next = strchr(entry, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        take_entry(entry, err, ret, &bad);
    }
    return bad;
}

void acl_list_fini(struct acl_list *list)
{
    mem_free(list->items);
    mem_free(list->text);
    *list = (struct acl_list){0};
}

void acl_list_text(const struct paddock_acl *acl, size_t count, struct buf *to)
{
    for (size_t i = 0; i < count; i++) {
        char perms[PERMS_TEXT_BYTES];
        buf_printf(to, "%s%s:%s:%s", i > 0 ? "," : "", acl[i].scheme, acl[i].id,
                   perms_text(acl[i].perms, perms));
    }
}

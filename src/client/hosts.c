// SPDX-License-Identifier: Apache-2.0
//
// The list is one block: the items, then a copy of the text in which every name is ended in place.
#include "client/hosts.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "jute/path.h"
#include "paddock/paddock.h"

enum { PORT_DEFAULT = 2181, NAME_LEN_MAX = 253, PAUSE_FIRST_MS = 100, PAUSE_MS_MAX = 1000 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool parse_port(const char *text, uint16_t *ret)
{
    unsigned value = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++) {
        value = value * 10 + (unsigned)(text[digits] - '0');
    }
    if (digits == 0 || text[digits] != 0 || value == 0 || value > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)value;
    return true;
}

// "name", "name:port", "[v6]" or "[v6]:port"; ends the name in place.
static bool parse_host(char *text, struct host *ret)
{
    struct host h = {.name = text, .port = PORT_DEFAULT};
    char *rest = strchr(text, ':');
    if (text[0] == '[') {
        h.name = text + 1;
        char *bracket = strchr(text, ']');
        if (bracket == NULL) {
            return false;
        }
        *bracket = 0;
        rest = bracket + 1;
        if (*rest != 0 && *rest != ':') {
            return false;
        }
    }
    if (rest != NULL && *rest == ':') { // an IPv6 address without brackets is no port either
        *rest = 0;
        if (!parse_port(rest + 1, &h.port)) {
            return false;
        }
    }
    if (h.name[0] == 0 || strlen(h.name) > NAME_LEN_MAX) {
        return false;
    }
    *ret = h;
    return true;
}

// The text between two commas, without blanks around it. Moves *at behind the comma.
static char *cut_item(char **at)
{
    char *start = *at;
    char *end = start + strcspn(start, ",");
    *at = *end == 0 ? end : end + 1;
    *end = 0;
    while (is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        *--end = 0;
    }
    return start;
}

static bool parse_list(char *text, struct hosts *h)
{
    for (char *at = text; *at != 0;) {
        char *item = cut_item(&at);
        if (*item == 0) { // "a,,b" and a comma at the end: as Java's split
            continue;
        }
        if (!parse_host(item, &h->items[h->count])) {
            return false;
        }
        h->count++;
    }
    return h->count > 0;
}

// Take the chroot off the end of `text`.
static bool parse_chroot(char *text, struct slice *ret)
{
    char *slash = strchr(text, '/');
    if (slash == NULL) {
        *ret = slice_str("");
        return true;
    }
    size_t len = strlen(slash);
    while (len > 1 && is_blank(slash[len - 1])) {
        len--;
    }
    if (!path_is_valid(slice_of(slash, len))) {
        return false;
    }
    *ret = len == 1 ? slice_str("") : slice_of(slash + 1, len);
    memmove(slash + 1, slash, len); // behind the zero that ends the list
    *slash = 0;
    return true;
}

static size_t count_items(const char *text)
{
    size_t count = 1;
    for (; *text != 0; text++) {
        count += *text == ',' ? 1 : 0;
    }
    return count;
}

int hosts_parse(const char *text, struct hosts *ret)
{
    size_t items_size = count_items(text) * sizeof(struct host);
    size_t text_size = strlen(text) + 1;
    char *block = mem_try_alloc(items_size + text_size + 1); // one more: the chroot moves by one
    if (block == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    char *copy = block + items_size;
    memcpy(copy, text, text_size);
    struct hosts h = {.items = (struct host *)(void *)block};
    if (!parse_chroot(copy, &h.chroot) || !parse_list(copy, &h)) {
        mem_free(block);
        return PADDOCK_BAD_ARGUMENTS;
    }
    *ret = h;
    return PADDOCK_OK;
}

void hosts_fini(struct hosts *h)
{
    mem_free(h->items);
    *h = (struct hosts){0};
}

// Fisher and Yates.
void hosts_shuffle(struct hosts *h, struct port_entropy *entropy)
{
    for (size_t i = h->count; i > 1; i--) {
        size_t j = (size_t)(entropy_next(entropy) % i);
        struct host swapped = h->items[i - 1];
        h->items[i - 1] = h->items[j];
        h->items[j] = swapped;
    }
}

const struct host *hosts_take(struct hosts *h)
{
    ASSERT(h->count > 0 && h->next < h->count);
    const struct host *taken = &h->items[h->next];
    h->next = (h->next + 1) % h->count;
    h->tries++;
    return taken;
}

int hosts_pause_ms(const struct hosts *h, struct port_entropy *entropy)
{
    if (h->tries == 0 || h->tries % h->count != 0) {
        return 0;
    }
    size_t rounds = h->tries / h->count;
    int most = rounds > 4 ? PAUSE_MS_MAX : PAUSE_FIRST_MS << (rounds - 1);
    most = most > PAUSE_MS_MAX ? PAUSE_MS_MAX : most;
    return most / 2 + (int)(entropy_next(entropy) % (uint64_t)(most / 2 + 1));
}

void hosts_rewind(struct hosts *h)
{
    h->tries = 0;
}

size_t hosts_find(const struct hosts *h, const char *name, uint16_t port)
{
    size_t i = 0;
    while (i < h->count && (h->items[i].port != port || strcmp(h->items[i].name, name) != 0)) {
        i++;
    }
    return i;
}

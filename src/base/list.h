// SPDX-License-Identifier: Apache-2.0
//
// Intrusive doubly linked circular lists. The head is a link that belongs to no element. An
// unlinked element points to itself, so list_remove is legal twice.
#ifndef PADDOCK_BASE_LIST_H
#define PADDOCK_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev;
    struct list *next;
};

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
    l->prev = l;
    l->next = l;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_before(struct list *at, struct list *l)
{
    l->prev = at->prev;
    l->next = at;
    at->prev->next = l;
    at->prev = l;
}

static inline void list_push_back(struct list *head, struct list *l)
{
    list_insert_before(head, l);
}

static inline void list_push_front(struct list *head, struct list *l)
{
    list_insert_before(head->next, l);
}

static inline void list_remove(struct list *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    list_init(l);
}

// Iterate; `it` must not be removed in LIST_FOREACH, may be in LIST_FOREACH_SAFE.
// NOLINTBEGIN(bugprone-macro-parentheses): `it` and `tmp` are names to declare.
#define LIST_FOREACH(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)
#define LIST_FOREACH_SAFE(it, tmp, head)                                                           \
    for (struct list *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)
// NOLINTEND(bugprone-macro-parentheses)

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Planted bugs in whole runs: what the visitors of a real scenario saw is changed in one place, as
// a faulty server would have shown it, and the checker of that property must find the place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario.h"

enum { SHORT_MS = 1500 };

typedef void tamper_fn(struct annals *h);

static struct annals_part *part_of(struct annals *h, size_t item)
{
    return annals_parts(h, &h->items[item]);
}

static bool is_answer(const struct annals *h, size_t item, int32_t type, int32_t code)
{
    const struct annals_item *i = &h->items[item];
    return i->kind == ANNALS_ANSWER && i->type == type && annals_parts(h, i)->code == code;
}

// In some runs there is nothing to change, or nobody could notice.
static void expect_caught(tamper_fn *tamper, const char *property)
{
    bool is_caught = false;
    for (uint64_t seed = 700; seed < 706 && !is_caught; seed++) {
        struct scenario_options o = {
            .seed = seed, .plan = SCENARIO_CALM, .trouble_ms = SHORT_MS, .tamper = tamper};
        struct scenario_result r;
        is_caught = !scenario_run(&o, &r);
        if (is_caught && strncmp(r.failure, property, strlen(property)) != 0) {
            print_error("%s%s\n", r.story, r.failure);
            fail();
        }
    }
    assert_true(is_caught);
}

static void swap_zxids(struct annals *h)
{
    size_t last = 0;
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (!is_answer(h, i, OP_DELETE, ZK_NO_NODE)) {
            continue;
        }
        if (last != 0 && h->items[last].client != h->items[i].client) {
            int64_t zxid = h->items[i].zxid;
            h->items[i].zxid = h->items[last].zxid;
            h->items[last].zxid = zxid;
            return;
        }
        last = i;
    }
}

static void a_client_that_is_shown_the_past_is_caught(void **state)
{
    (void)state;
    expect_caught(swap_zxids, "order");
}

static void give_one_zxid_twice(struct annals *h)
{
    for (size_t i = h->count / 2, last = 0; i < h->count; i++) {
        const struct annals_item *item = &h->items[i];
        if (item->kind != ANNALS_ANSWER) {
            continue;
        }
        bool is_next = last != 0 && h->items[last].client == item->client;
        if (annals_is_write(item->type)) {
            if (is_next) {
                h->items[i].zxid = h->items[last].zxid;
                return;
            }
            last = i;
        } else if (is_next) {
            last = 0; // it may show a later zxid, and this would be out of order, too
        }
    }
}

static void a_zxid_that_is_given_twice_is_caught(void **state)
{
    (void)state;
    expect_caught(give_one_zxid_twice, "linearizable writes");
}

// An answer that was NoNode claims to have deleted.
static void delete_what_is_not_there(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (is_answer(h, i, OP_DELETE, ZK_NO_NODE)) {
            part_of(h, i)->code = ZK_OK;
            h->items[i].code = ZK_OK;
            return;
        }
    }
}

static void an_answer_against_the_state_is_caught(void **state)
{
    (void)state;
    expect_caught(delete_what_is_not_there, "linearizable writes");
}

// Children as they were before the last change.
static void show_old_children(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (is_answer(h, i, OP_GET_CHILDREN2, ZK_OK) &&
            strcmp(annals_path(h, part_of(h, i)->node), "/s") == 0) {
            part_of(h, i)->stat.pzxid = part_of(h, i)->stat.czxid;
        }
    }
}

static void an_old_list_of_children_is_caught(void **state)
{
    (void)state;
    expect_caught(show_old_children, "reads");
}

// Nodes are shown as when they were created.
static void forget_sets(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        struct annals_part *p = part_of(h, i);
        if (is_answer(h, i, OP_GET_DATA, ZK_OK) && p->stat.version > 0) {
            p->stat.mzxid = p->stat.czxid;
            p->stat.version = 0;
            p->found = 0;
        }
    }
}

static void sets_that_are_forgotten_are_caught(void **state)
{
    (void)state;
    expect_caught(forget_sets, "durability");
}

static void fail_half_a_multi(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (is_answer(h, i, OP_MULTI, ZK_OK)) {
            part_of(h, i)->code = ZK_BAD_VERSION;
        }
    }
}

static void half_a_multi_is_caught(void **state)
{
    (void)state;
    expect_caught(fail_half_a_multi, "multi");
}

// The event of a write that was answered never came.
static void drop_an_event(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        bool is_known = false;
        for (size_t k = i; h->items[i].kind == ANNALS_EVENT && k < h->count; k++) {
            is_known |= is_answer(h, k, OP_SET_DATA, ZK_OK) && h->items[k].zxid == h->items[i].zxid;
        }
        if (is_known) {
            h->items[i].kind = ANNALS_CLOCK;
            h->items[i].client = ANNALS_NONE;
            return;
        }
    }
}

static void an_event_that_is_lost_is_caught(void **state)
{
    (void)state;
    expect_caught(drop_an_event, "watches");
}

static void repeat_an_event(struct annals *h)
{
    for (size_t i = h->count / 2; i + 1 < h->count; i++) {
        if (h->items[i].kind == ANNALS_EVENT && h->items[i + 1].kind == ANNALS_EVENT &&
            h->items[i].event != 4 && h->items[i].zxid > 0) {
            h->items[i + 1] = h->items[i];
            return;
        }
    }
}

static void an_event_that_comes_twice_is_caught(void **state)
{
    (void)state;
    expect_caught(repeat_an_event, "watches");
}

static void list_no_ephemerals(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        struct annals_part *p = part_of(h, i);
        if (is_answer(h, i, OP_GET_EPHEMERALS, ZK_OK) && p->name_count > 0) {
            p->name_count = 0;
        }
    }
}

static void an_ephemeral_that_its_session_lacks_is_caught(void **state)
{
    (void)state;
    expect_caught(list_no_ephemerals, "ephemerals");
}

// Two clients get each other's numbers.
static void swap_numbers(struct annals *h)
{
    size_t last = 0;
    for (size_t i = h->count / 4; i < h->count; i++) {
        if (h->items[i].kind != ANNALS_ANSWER || h->items[i].type != OP_CREATE ||
            part_of(h, i)->made == ANNALS_NONE || part_of(h, i)->made == part_of(h, i)->node) {
            continue;
        }
        if (last != 0 && part_of(h, last)->node == part_of(h, i)->node) {
            int32_t made = part_of(h, i)->made;
            part_of(h, i)->made = part_of(h, last)->made;
            part_of(h, last)->made = made;
            return;
        }
        last = i;
    }
}

static void numbers_out_of_order_are_caught(void **state)
{
    (void)state;
    bool is_caught = false;
    for (uint64_t seed = 700; seed < 706 && !is_caught; seed++) {
        struct scenario_options o = {
            .seed = seed, .plan = SCENARIO_CALM, .trouble_ms = SHORT_MS, .tamper = swap_numbers};
        struct scenario_result r;
        is_caught = !scenario_run(&o, &r); // reads of those nodes may tell first
    }
    assert_true(is_caught);
}

// From its first read with a child on, a container is not found by anybody.
static void lose_a_container(struct annals *h)
{
    int32_t lost = ANNALS_NONE;
    for (size_t i = h->count / 2; i < h->count; i++) {
        struct annals_part *p = part_of(h, i);
        bool has_child = is_answer(h, i, OP_GET_DATA, ZK_OK) && p->stat.num_children > 0 &&
                         strncmp(annals_path(h, p->node), "/c/", 3) == 0;
        lost = has_child && lost == ANNALS_NONE ? p->node : lost;
        if (h->items[i].kind == ANNALS_ANSWER && p->node == lost && p->has_stat &&
            op_kind(h->items[i].type) == OP_KIND_READ) {
            p->code = ZK_NO_NODE;
            p->has_stat = p->has_names = false;
            h->items[i].code = ZK_NO_NODE;
        }
    }
}

static void a_container_that_is_taken_with_its_child_is_caught(void **state)
{
    (void)state;
    expect_caught(lose_a_container, "containers and TTL");
}

static void refuse_alice(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (is_answer(h, i, OP_SET_ACL, ZK_OK)) {
            part_of(h, i)->code = ZK_NO_AUTH;
            h->items[i].code = ZK_NO_AUTH;
        }
    }
}

static void a_wrong_refusal_is_caught(void **state)
{
    (void)state;
    expect_caught(refuse_alice, "access");
}

static void refuse_with_room_left(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        if (is_answer(h, i, OP_CREATE, ZK_NODE_EXISTS) &&
            strncmp(annals_path(h, part_of(h, i)->node), "/z/", 3) == 0) {
            part_of(h, i)->code = ZK_QUOTA_EXCEEDED;
            h->items[i].code = ZK_QUOTA_EXCEEDED;
        }
    }
}

static void a_quota_that_refuses_too_early_is_caught(void **state)
{
    (void)state;
    expect_caught(refuse_with_room_left, "quota");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_is_shown_the_past_is_caught),
        cmocka_unit_test(a_zxid_that_is_given_twice_is_caught),
        cmocka_unit_test(an_answer_against_the_state_is_caught),
        cmocka_unit_test(an_old_list_of_children_is_caught),
        cmocka_unit_test(sets_that_are_forgotten_are_caught),
        cmocka_unit_test(half_a_multi_is_caught),
        cmocka_unit_test(an_event_that_is_lost_is_caught),
        cmocka_unit_test(an_event_that_comes_twice_is_caught),
        cmocka_unit_test(an_ephemeral_that_its_session_lacks_is_caught),
        cmocka_unit_test(numbers_out_of_order_are_caught),
        cmocka_unit_test(a_container_that_is_taken_with_its_child_is_caught),
        cmocka_unit_test(a_wrong_refusal_is_caught),
        cmocka_unit_test(a_quota_that_refuses_too_early_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

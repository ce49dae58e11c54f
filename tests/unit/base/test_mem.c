// SPDX-License-Identifier: Apache-2.0
//
// Heap memory and the countdown that fails try_ allocations.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void size_zero_is_legal(void **state)
{
    (void)state;
    void *p = mem_alloc(0);
    assert_non_null(p);
    p = mem_realloc(p, 0);
    assert_non_null(p);
    mem_free(p);
    p = mem_try_alloc(0);
    assert_non_null(p);
    mem_free(p);
    mem_free(NULL);
}

static void zalloc_gives_zeros(void **state)
{
    (void)state;
    unsigned char *p = mem_zalloc(1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    mem_free(p);
}

static void aligned_memory_is_aligned(void **state)
{
    (void)state;
    for (size_t size = 0; size < 10000; size += 999) {
        unsigned char *p = mem_alloc_aligned(4096, size);
        assert_int_equal((uintptr_t)p % 4096, 0);
        memset(p, 1, size);
        mem_free(p);
    }
}

static void realloc_keeps_contents(void **state)
{
    (void)state;
    char *p = mem_strdup("paddock");
    p = mem_realloc(p, 10000);
    assert_string_equal(p, "paddock");
    p = mem_try_realloc(p, 20000);
    assert_non_null(p);
    assert_string_equal(p, "paddock");
    mem_free(p);
}

static void countdown_fails_exactly_the_nth(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++) {
        mem_fail_after(n);
        for (unsigned i = 1; i <= 6; i++) {
            void *p = i % 2 == 0 ? mem_try_alloc(8) : mem_try_realloc(NULL, 8);
            assert_int_equal(p == NULL, i == n);
            mem_free(p);
        }
    }
    mem_fail_after(0);
}

static void plain_verbs_do_not_count(void **state)
{
    (void)state;
    mem_fail_after(1);
    mem_free(mem_alloc(8));
    mem_free(mem_zalloc(8));
    assert_null(mem_try_alloc(8));
    mem_fail_after(0);
}

static void lost_allocation_aborts(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)close(2);
        volatile size_t huge = (size_t)1 << 60;
        mem_free(mem_alloc(huge));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_zero_is_legal),
        cmocka_unit_test(zalloc_gives_zeros),
        cmocka_unit_test(aligned_memory_is_aligned),
        cmocka_unit_test(realloc_keeps_contents),
        cmocka_unit_test(countdown_fails_exactly_the_nth),
        cmocka_unit_test(plain_verbs_do_not_count),
        cmocka_unit_test(lost_allocation_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
//
// The program's other names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/names.h"
#include "cli/toolkit.h"

static void a_link_is_known_by_its_last_part(void **state)
{
    (void)state;
    assert_ptr_equal(names_find("zkTxnLogToolkit.sh"), toolkit_log);
    assert_ptr_equal(names_find("/usr/bin/zkSnapShotToolkit.sh"), toolkit_snapshot);
    assert_ptr_equal(names_find("./bin/zkSnapshotComparer.sh"), toolkit_compare);
    assert_ptr_equal(names_find("PurgeTxnLog"), toolkit_purge);
}

static void other_names_are_the_program(void **state)
{
    (void)state;
    assert_null(names_find("paddock"));
    assert_null(names_find("/zkTxnLogToolkit.sh/paddock"));
    assert_null(names_find(""));
    assert_null(names_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_known_by_its_last_part),
        cmocka_unit_test(other_names_are_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
//
// What Linux says about this process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/machine.h"

static void texts_are_there(void **state)
{
    (void)state;
    struct port_machine *m = machine_open();
    char dir[4096];
    assert_non_null(getcwd(dir, sizeof dir));
    assert_string_equal(m->os_name, "Linux");
    assert_string_equal(m->working_dir, dir);
    assert_non_null(strstr(m->program, "test_machine"));
    assert_true(strlen(m->host_name) > 0 && strlen(m->os_arch) > 0 && strlen(m->os_version) > 0);
    assert_true(strlen(m->user_name) > 0 && strlen(m->user_home) > 0);
    assert_string_not_equal(m->os_arch, "x86_64"); // Java says amd64
    machine_close(m);
    machine_close(NULL);
}

static void descriptors_are_counted(void **state)
{
    (void)state;
    struct port_machine *m = machine_open();
    int64_t before = m->open_files(m);
    assert_true(before >= 3);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(m->open_files(m), before + 1);
    close(fd);
    assert_int_equal(m->open_files(m), before);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(m->max_files(m), (int64_t)limit.rlim_cur);
    machine_close(m);
}

static void memory_is_plausible(void **state)
{
    (void)state;
    struct port_machine *m = machine_open();
    struct port_machine_memory memory;
    m->memory(m, &memory);
    assert_true(memory.used > 0);
    assert_true(memory.max > 0 && memory.max <= memory.total);
    assert_true(memory.used < memory.total);
    machine_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_there),
        cmocka_unit_test(descriptors_are_counted),
        cmocka_unit_test(memory_is_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
//
// Marks tie a rare branch to the test that justifies it:
//
//     MARK("torn tail is cut");              in the branch, one name for one place
//     EXPECT_MARK("torn tail is cut");       at the start of the test
//
// The test fails unless the branch is reached between that line and the end of its block: a test
// that passes for another reason is noticed, and who doubts a branch finds its test by its name.
// `make tidy` checks that names come in pairs. Without PADDOCK_DEBUG both are nothing.
#ifndef PADDOCK_BASE_MARK_H
#define PADDOCK_BASE_MARK_H

// What EXPECT_MARK keeps until the end of its block.
struct mark_wait {
    const char *name;
    unsigned count_before;
};

// Thread: any.
void mark_reach(const char *name);
struct mark_wait mark_expect(const char *name);
void mark_check(const struct mark_wait *w); // aborts when it was not reached since

#ifdef PADDOCK_DEBUG
#define MARK_JOIN(a, b) a##b
#define MARK_VARIABLE(line) MARK_JOIN(mark_wait_, line)
#define MARK(name) mark_reach(name)
#define EXPECT_MARK(name)                                                                          \
    __attribute__((cleanup(mark_check))) const struct mark_wait MARK_VARIABLE(__LINE__) =          \
        mark_expect(name)
#else
#define MARK(name) ((void)0)
#define EXPECT_MARK(name) _Static_assert(sizeof(name) > 1, "a mark has a name")
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Znode paths as text: what is a legal path, and its parts. A path is the bytes that jute_in_str
// gave, so it is well-formed UTF-8; malformed bytes are refused like the U+FFFD that Java sees.
// Nothing here allocates: parts are slices of the argument.
#ifndef PADDOCK_JUTE_PATH_H
#define PADDOCK_JUTE_PATH_H

#include <stdbool.h>

#include "base/slice.h"

// True for "/" and for absolute paths without empty, "." and ".." components, without a slash at
// the end, and without the characters U+0000-1F, U+007F-9F, U+D800-F8FF, U+FFF0-FFFF and above.
// Source: PathUtils.validatePath.
bool path_is_valid(struct slice path);

// The weaker test that create and delete make first: not null, has a '/', has no NUL byte.
// Source: PrepRequestProcessor.validatePath callers.
bool path_has_slash_and_no_nul(struct slice path);

// The text before the last '/' ("/a/b" -> "/a", "/x" -> "", which is the root), and the text behind
// it ("/a/b" -> "b", "/" -> ""). `path` has a '/'.
struct slice path_parent(struct slice path);
struct slice path_name(struct slice path);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// ACLs as zkCli writes and reads them: "scheme:id:perms", parted by commas; the id may hold colons.
// Source: org.apache.zookeeper.cli.AclParser, ZKUtil.getPermString.
#ifndef PADDOCK_CLI_ACL_TEXT_H
#define PADDOCK_CLI_ACL_TEXT_H

#include <stdio.h>

#include "base/buf.h"
#include "paddock/paddock.h"

enum { PERMS_TEXT_BYTES = 8 };

// "cdrwa": the letters of the permissions that are there, in that order.
const char *perms_text(int32_t perms, char to[PERMS_TEXT_BYTES]);

struct acl_list {
    struct paddock_acl *items;
    size_t count;
    char *text; // what the items point into
};

// An entry without two colons is left out, an unknown letter gives nothing: each is said on `err`,
// as zkCli does, and counted in the return value.
// Memory: release with acl_list_fini.
size_t acl_list_parse(const char *text, FILE *err, struct acl_list *ret);
void acl_list_fini(struct acl_list *list);

// Append "scheme:id:perms,scheme:id:perms", which acl_list_parse understands.
void acl_list_text(const struct paddock_acl *acl, size_t count, struct buf *to);

#endif

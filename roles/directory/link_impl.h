/* link_impl.h - what the two files of link share; nobody else includes it. */
#ifndef ROLES_DIRECTORY_LINK_IMPL_H
#define ROLES_DIRECTORY_LINK_IMPL_H
#include "roles/directory/link.h"

/* What is left for one answer of one server: at least a millisecond, so that it fails as late. */
struct timeval link_time_left(const struct directory_rules *r, int64_t deadline_ms);
#endif

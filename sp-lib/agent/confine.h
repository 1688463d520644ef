/* SPDX-License-Identifier: Apache-2.0
 *
 * confine.h - what guichet-sp-agent gives up before its first question. */
#ifndef SP_LIB_AGENT_CONFINE_H
#define SP_LIB_AGENT_CONFINE_H
#include "base/err.h"

/* No new privileges, no core dump, no tracing; the file system closed but for names and resolver
 * (/etc/hosts and its neighbours, read only) where the kernel has Landlock; no program started.
 * Errors  BROKEN agent.confine */
MUST struct err confine(void);
#endif

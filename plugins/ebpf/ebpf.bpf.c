// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// All programs of the plugin in one object: the kernel's BTF, which costs the most, is read once.
// The plugin loads those that a window needs. The licences are in LICENSES/ at the root.
#include "plugins/ebpf/shared.h"
/* after the sizes */
#include "plugins/ebpf/bpf/common.h"
/* bpf_ntohs */
#include <bpf/bpf_endian.h>
/* the programs; the tracker first, so that a new root is known to those behind it */
#include "plugins/ebpf/bpf/tracker.h"
/* the tools */
#include "plugins/ebpf/bpf/block.h"
#include "plugins/ebpf/bpf/memory.h"
#include "plugins/ebpf/bpf/net.h"
#include "plugins/ebpf/bpf/sched.h"
#include "plugins/ebpf/bpf/stacks.h"
#include "plugins/ebpf/bpf/syscalls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

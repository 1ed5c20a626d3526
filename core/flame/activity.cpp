#include "core/flame/activity.h"

#include <algorithm>
#include <array>
#include <optional>

namespace melisai::flame {
namespace {

struct Pattern {
  std::string_view prefix;
  Activity activity;
};

// Functions of Linux, by what they begin with; of several that match on one stack the innermost
// decides, so that a page read for a fault is file I/O and not a page fault.
constexpr std::array<Pattern, 71> kKernel{{
    {"futex_", Activity::futex},
    {"do_futex", Activity::futex},
    {"__futex", Activity::futex},
    {"io_schedule", Activity::file},
    {"folio_wait", Activity::file},
    {"wait_on_page", Activity::file},
    {"__folio_lock", Activity::file},
    {"blk_", Activity::file},
    {"submit_bio", Activity::file},
    {"ext4_", Activity::file},
    {"xfs_", Activity::file},
    {"btrfs_", Activity::file},
    {"ovl_", Activity::file},
    {"jbd2_", Activity::file},
    {"vfs_", Activity::file},
    {"do_fsync", Activity::file},
    {"filemap_", Activity::file},
    {"file_write_", Activity::file},
    {"generic_file_", Activity::file},
    {"shmem_file_", Activity::file},
    {"fuse_", Activity::file},
    {"nfs_", Activity::file},
    {"do_sys_open", Activity::file},
    {"path_openat", Activity::file},
    {"tcp_", Activity::network},
    {"udp_", Activity::network},
    {"sk_wait", Activity::network},
    {"sk_stream", Activity::network},
    {"inet_", Activity::network},
    {"inet6_", Activity::network},
    {"unix_", Activity::network},
    {"sock_", Activity::network},
    {"__sys_connect", Activity::network},
    {"__sys_accept", Activity::network},
    {"__sys_send", Activity::network},
    {"__sys_recv", Activity::network},
    {"wait_woken", Activity::network},
    {"kernel_clone", Activity::process},
    {"copy_process", Activity::process},
    {"bprm_execve", Activity::process},
    {"do_execveat", Activity::process},
    {"load_elf_", Activity::process},
    {"begin_new_exec", Activity::process},
    {"do_exit", Activity::process},
    {"do_group_exit", Activity::process},
    {"ret_from_fork", Activity::process},
    {"do_wait", Activity::child},
    {"kernel_wait", Activity::child},
    {"do_epoll_wait", Activity::poll},
    {"ep_poll", Activity::poll},
    {"do_sys_poll", Activity::poll},
    {"do_select", Activity::poll},
    {"do_poll", Activity::poll},
    {"hrtimer_nanosleep", Activity::sleep},
    {"do_nanosleep", Activity::sleep},
    {"common_nsleep", Activity::sleep},
    {"pipe_", Activity::pipe},
    {"anon_pipe_", Activity::pipe},
    {"exc_page_fault", Activity::page_fault},
    {"asm_exc_page_fault", Activity::page_fault},
    {"do_user_addr_fault", Activity::page_fault},
    {"handle_mm_fault", Activity::page_fault},
    {"__handle_mm_fault", Activity::page_fault},
    {"do_anonymous_page", Activity::page_fault},
    {"do_fault", Activity::page_fault},
    {"do_mem_abort", Activity::page_fault},
    {"clear_page", Activity::page_fault},
    {"do_syscall_64", Activity::system_call},
    {"entry_SYSCALL", Activity::system_call},
    {"__x64_sys_", Activity::system_call},
    {"el0_svc", Activity::system_call},
}};

constexpr std::array<std::string_view, 16> kAllocators{
    "malloc",          "__libc_malloc", "free",      "__libc_free",
    "cfree",           "calloc",        "realloc",   "operator new",
    "operator delete", "_int_",         "sysmalloc", "malloc_consolidate",
    "unlink_chunk",    "tcmalloc",      "je_",       "mi_"};

std::optional<Activity> kernel_activity(std::string_view name) {
  // Wakers and waiters have helpers whose names begin with anything: only the table counts.
  for (const Pattern& pattern : kKernel)
    if (name.starts_with(pattern.prefix)) return pattern.activity;
  return std::nullopt;
}

bool is_allocator(std::string_view name) {
  return std::any_of(kAllocators.begin(), kAllocators.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

Activity activity_of(const Stack& stack, const Stacks& stacks) {
  bool in_kernel = false;
  for (auto at = stack.rbegin(); at != stack.rend(); ++at) {
    const StackFrame& frame = stacks.frame(*at);
    if (frame.kind == FrameKind::kernel) {
      in_kernel = true;
      if (const auto known = kernel_activity(frame.name)) return *known;
    } else if (in_kernel) {
      return Activity::system_call;
    } else if (is_allocator(frame.name)) {
      return Activity::allocator;
    } else if (frame.kind == FrameKind::program || frame.kind == FrameKind::jit) {
      break;
    }
  }
  return in_kernel ? Activity::system_call : Activity::program;
}

}  // namespace

std::string_view to_string(Activity activity) {
  switch (activity) {
    case Activity::futex: return "futex";
    case Activity::file: return "file";
    case Activity::network: return "network";
    case Activity::process: return "process";
    case Activity::child: return "child";
    case Activity::poll: return "poll";
    case Activity::sleep: return "sleep";
    case Activity::pipe: return "pipe";
    case Activity::page_fault: return "page_fault";
    case Activity::allocator: return "allocator";
    case Activity::system_call: return "system_call";
    case Activity::program: break;
  }
  return "program";
}

std::map<Activity, double> by_activity(const Stacks& stacks) {
  std::map<Activity, double> weights;
  for (const auto& [stack, weight] : stacks.all()) weights[activity_of(stack, stacks)] += weight;
  return weights;
}

Stacks with_activity(const Stacks& stacks, const std::set<Activity>& wanted) {
  Stacks chosen;
  for (const auto& [stack, weight] : stacks.all()) {
    if (!wanted.contains(activity_of(stack, stacks))) continue;
    Stack numbers;
    for (const std::uint32_t number : stack) numbers.push_back(chosen.frame(stacks.frame(number)));
    chosen.add(std::move(numbers), weight);
  }
  return chosen;
}

}  // namespace melisai::flame

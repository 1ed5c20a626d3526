#include "core/flame/activity.h"

#include <gtest/gtest.h>

namespace melisai::flame {
namespace {

Activity activity_of_line(const std::string& line) {
  const auto weights = by_activity(parse_folded(line + " 1", {.process_first = true}).stacks);
  EXPECT_EQ(weights.size(), 1u);
  return weights.begin()->first;
}

TEST(ByActivity, KnowsWhatThreadsWaitFor) {
  const std::string call = "app;main;f;entry_SYSCALL_64_after_hwframe_[k];do_syscall_64_[k];";
  EXPECT_EQ(activity_of_line(call + "__x64_sys_futex_[k];do_futex_[k];futex_wait_[k];schedule_[k]"),
            Activity::futex);
  EXPECT_EQ(activity_of_line(call + "do_fsync_[k];ext4_sync_file_[k];io_schedule_[k]"),
            Activity::file);
  EXPECT_EQ(activity_of_line(call + "__sys_connect_[k];inet_wait_for_connect_[k];schedule_[k]"),
            Activity::network);
  EXPECT_EQ(activity_of_line(call + "kernel_wait4_[k];do_wait_[k];schedule_[k]"), Activity::child);
  EXPECT_EQ(activity_of_line(call + "kernel_clone_[k];wait_for_vfork_done_[k];schedule_[k]"),
            Activity::process);
  EXPECT_EQ(activity_of_line(call + "do_epoll_wait_[k];ep_poll_[k];schedule_[k]"), Activity::poll);
  EXPECT_EQ(activity_of_line(call + "vfs_read_[k];pipe_read_[k];schedule_[k]"), Activity::pipe);
  EXPECT_EQ(activity_of_line(call + "__x64_sys_getppid_[k]"), Activity::system_call);
  EXPECT_EQ(activity_of_line("app;main;something_new_[k]"), Activity::system_call);
}

TEST(ByActivity, KnowsWhatThreadsDo) {
  EXPECT_EQ(activity_of_line("app;main;f"), Activity::program);
  EXPECT_EQ(activity_of_line("app;main;f;malloc;_int_malloc"), Activity::allocator);
  EXPECT_EQ(activity_of_line("app;main;f;operator new(unsigned long)"), Activity::allocator);
  EXPECT_EQ(activity_of_line("app;main;malloc_free_parser"), Activity::allocator)
      << "names are all there is";
  EXPECT_EQ(activity_of_line("app;operator new(unsigned long);f"), Activity::program)
      << "the innermost function of the program decides";
  EXPECT_EQ(
      activity_of_line("app;f;do_syscall_64_[k];kernel_clone_[k];copy_process_[k];dup_mm_[k]"),
      Activity::process);
  EXPECT_EQ(activity_of_line("app;_exit;do_syscall_64_[k];do_exit_[k];zap_pte_range_[k]"),
            Activity::process);
  EXPECT_EQ(activity_of_line("app;f;asm_exc_page_fault_[k];exc_page_fault_[k];clear_page_erms_[k]"),
            Activity::page_fault);
  EXPECT_EQ(activity_of_line("app;f;exc_page_fault_[k];filemap_fault_[k];io_schedule_[k]"),
            Activity::file);
}

TEST(WithActivity, KeepsTheStacksThatCount) {
  const Stacks stacks =
      parse_folded("app;main;f;malloc 3\napp;main;f 5\napp;main;g;exc_page_fault_[k] 7",
                   {.process_first = true})
          .stacks;
  EXPECT_EQ(to_folded(with_activity(stacks, {Activity::page_fault, Activity::allocator})),
            "app;main;f;malloc 3\napp;main;g;exc_page_fault_[k] 7\n");
  EXPECT_EQ(with_activity(stacks, {Activity::sleep}).total(), 0);
}

}  // namespace
}  // namespace melisai::flame

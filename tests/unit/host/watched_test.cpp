// What a report says of the command, the process or the cgroup that was watched.
#include "core/host/watched.h"

#include <gmock/gmock.h>

namespace melisai::host {
namespace watched_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ShownCommand, IsWhatPeopleWouldType) {
  EXPECT_EQ(shown_command({"make", "bench", "a b"}), "make bench 'a b'");
  const std::string cut = shown_command({std::string(5000, 'x')});
  EXPECT_LT(cut.size(), 1100u);
  EXPECT_THAT(cut, testing::EndsWith("..."));
}

TEST(ShownCommand, HidesWhatIsCalledASecret) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"app", "--password", "hunter22"},
        {"app", "--api-token=hunter22", "x"},
        {"env", "DB_PASSWORD=hunter22", "app"},
        {"sh", "-c", "i=0; GITHUB_TOKEN=hunter22 make"},
        {"git", "clone", "https://me:hunter22@host.example/a"}}) {
    const std::string shown = shown_command(command);
    EXPECT_THAT(shown, AllOf(Not(HasSubstr("hunter22")), HasSubstr("***")));
  }
  EXPECT_EQ(shown_command({"mail", "me@host", "https://host/a@b"}),
            "mail me@host https://host/a@b");
  EXPECT_EQ(shown_command({"app", "--token", "--verbose"}), "app --token --verbose");
}

CollectRequest watching(const std::vector<std::string>& command) {
  CollectRequest request;
  request.command = command;
  return request;
}

TEST(Watched, IsNothingButTheHostUnlessSomebodyAsks) {
  EXPECT_EQ(target_of({}, {}), std::nullopt);
  EXPECT_EQ(explain_target({}), "");
}

TEST(Watched, CommandSaysHowItEndedAndWhatItUsed) {
  Window window;
  window.exit = Exit{.code = 3,
                     .usage = {.wall_time_ns = 2'000'000'000,
                               .cpu_time_ns = 500'000'000,
                               .peak_rss_bytes = 3 << 20,
                               .read_bytes = 4096}};
  window.end = "exit code 3";
  HostReport report;
  report.metadata.target = target_of(watching({"make", "bench"}), window);
  ASSERT_TRUE(report.metadata.target);
  EXPECT_EQ(report.metadata.target->exit_code, 3);
  EXPECT_EQ(report.metadata.target->cpu_pct, 25);
  EXPECT_EQ(report.metadata.target->write_bytes, std::nullopt);
  EXPECT_THAT(explain_target(report),
              AllOf(HasSubstr("\nWatched command: make bench\n- exit code 3 after 2"),
                    HasSubstr("of CPU time, 25.0 % of one CPU, at most 3 MiB of memory in one "
                              "process, 4 KiB read from disks\n")));
}

TEST(Watched, CommandThatWasKilledHasNoExitCode) {
  Window window;
  window.exit = Exit{.end = Exit::End::signalled, .code = 9};
  window.end = "killed by SIGKILL";
  EXPECT_EQ(target_of(watching({"app"}), window)->exit_code, std::nullopt);
}

TEST(Watched, ProcessSaysWhatItUsedAndWhatCameWithIt) {
  Window window;
  window.process = {.name = "make", .read_bytes = 0, .write_bytes = 8192};
  HostResult processes;
  processes.collector = "process_info";
  processes.data = *HostData::parse(
      R"({"top_by_cpu":[{"pid":8,"comm":"cc1plus","cpu_pct":99.5,"mem_rss_bytes":1048576}],
          "top_by_mem":[{"pid":7,"comm":"make","cpu_pct":0.5,"mem_rss_bytes":2097152,"threads":1,
                         "fds":4}]})");
  window.categories["process"] = {processes};
  CollectRequest request;
  request.pids = {7};
  HostReport report;
  report.categories = window.categories;
  report.metadata.target = target_of(request, window);
  EXPECT_EQ(explain_target(report),
            "\nWatched process: 7 (make)\n"
            "- 0.5 % of one CPU, 2 MiB of memory, 1 thread, 4 open files, 0 B read from disks, 8 "
            "KiB written to disks\n"
            "- with it 8 cc1plus: 99.5 % of one CPU, 1 MiB of memory\n");
}

TEST(Watched, WhatNobodySawIsSaidSo) {
  HostReport report;
  CollectRequest request;
  request.cgroups = {"/sys/fs/cgroup/build"};
  report.metadata.target = target_of(request, {});
  EXPECT_EQ(explain_target(report),
            "\nWatched cgroup: /sys/fs/cgroup/build\n- what it used could not be seen\n");
}

}  // namespace watched_test
}  // namespace melisai::host

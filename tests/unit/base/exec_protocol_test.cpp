#include "core/base/exec_protocol.h"

#include <gmock/gmock.h>

namespace melisai {
namespace {

const Command kProtocolCommand{
    .argv = {"prog"}, .cwd = "/work", .stdout_file = "/o", .stderr_file = "/e"};

constexpr std::string_view kStarted = "{\"pid\":77,\"cgroup\":\"/sys/a\\\\x2d\"}\n";
constexpr std::string_view kEnded =
    R"({"end":"exited","code":3,"wall_time_ns":1,"cpu_time_ns":2,"peak_rss_bytes":3,)"
    R"("minor_faults":4,"major_faults":5,"voluntary_switches":6,"involuntary_switches":7,)"
    R"("rchar_bytes":8,"output_dropped":9,"output_errno":0,"stray_processes":10,"in_cgroup":true})"
    "\n";

ExecReport parse_report(std::string_view text) { return parse_exec_report(text, kProtocolCommand); }

TEST(ExecProtocol, ReadsAFullReport) {
  const ExecReport report = parse_report(std::string(kStarted) + std::string(kEnded));
  ASSERT_TRUE(report.started && report.exit);
  EXPECT_EQ(report.started->pid, 77);
  EXPECT_EQ(report.started->cgroup, "/sys/a\\x2d");
  EXPECT_EQ(report.exit->code, 3);
  EXPECT_EQ(report.exit->usage.involuntary_switches, 7);
  EXPECT_EQ(report.exit->usage.rchar_bytes, 8);
  EXPECT_EQ(report.exit->usage.wchar_bytes, std::nullopt);
  EXPECT_EQ(report.exit->output_dropped, 9U);
  EXPECT_EQ(report.exit->stray_processes, 10);
  EXPECT_TRUE(report.exit->in_cgroup);
}

TEST(ExecProtocol, ReadsWhatBecameOfLimits) {
  const ExecReport unlimited = parse_report(kEnded);
  EXPECT_EQ(unlimited.exit->memory_limit, Enforced::not_asked);
  const auto with = [](const std::string& more) {
    std::string text(kEnded);
    return parse_report(text.insert(text.find('}'), more));
  };
  const ExecReport limited =
      with(R"(,"memory_limit":"cgroup","cpu_limit":"process","memory_exceeded":true,)"
           R"("processes_limit":"namespace","processes_exceeded":true)");
  ASSERT_TRUE(limited.exit);
  EXPECT_EQ(limited.exit->memory_limit, Enforced::by_cgroup);
  EXPECT_EQ(limited.exit->cpu_limit, Enforced::per_process);
  EXPECT_TRUE(limited.exit->memory_exceeded);
  EXPECT_EQ(limited.exit->processes_limit, Enforced::by_namespace);
  EXPECT_TRUE(limited.exit->processes_exceeded);
  EXPECT_EQ(with(R"(,"cpu_limit":"no")").exit->cpu_limit, Enforced::no);
  EXPECT_FALSE(with(R"(,"cpu_limit":"perhaps")").exit);
  const ExecReport started = parse_report(
      "{\"pid\":7,\"cgroup\":\"/a\",\"memory_cgroup\":\"/b\",\"cpu_cgroup\":\"/c\","
      "\"processes_cgroup\":\"/d\"}\n");
  ASSERT_TRUE(started.started);
  EXPECT_THAT(started.started->limits, ::testing::ElementsAre("/b", "/c", "/d"));
}

TEST(ExecProtocol, SaysLimitsOnlyWhereThereAreSome) {
  Command command = kProtocolCommand;
  EXPECT_THAT(exec_arguments(command), ::testing::Not(::testing::Contains("--memory-max")));
  command.limits = {.memory_max = 100,
                    .cpus_max = 1.5,
                    .per_process = true,
                    .processes_max = 20,
                    .file_size_max = 30,
                    .open_files_max = 300};
  EXPECT_THAT(exec_arguments(command),
              ::testing::IsSupersetOf({"--memory-max", "100", "--cpu-milli", "1500",
                                       "--limit-processes", "--processes-max", "20",
                                       "--file-size-max", "30", "--open-files-max", "300"}));
}

TEST(ExecProtocol, ReadsThatOnlyTheZombieIsLeft) {
  const std::string ended = std::string(kStarted) + "{\"ended\":true}\n";
  EXPECT_FALSE(parse_report(ended.substr(0, ended.size() - 1)).ended);
  const ExecReport report = parse_report(ended);
  EXPECT_TRUE(report.started && report.ended);
  EXPECT_FALSE(report.exit || report.error);
  EXPECT_EQ(parse_report(ended + std::string(kEnded)).exit->code, 3);
}

TEST(ExecProtocol, ACutReportIsNoReport) {
  for (std::size_t size = 0; size < kEnded.size(); ++size) {
    EXPECT_FALSE(parse_report(kEnded.substr(0, size)).exit) << size;
  }
  EXPECT_TRUE(parse_report(std::string(kStarted) + "{\"end\":").started);
}

TEST(ExecProtocol, NonsenseIsNoReport) {
  for (const char* text :
       {"\n", "null\n", "[]\n", "{}\n", "nonsense\n", "{\"end\":1}\n", "{\"end\":\"happy\"}\n",
        "{\"pid\":-1,\"cgroup\":\"\"}\n", "{\"pid\":99999999999,\"cgroup\":\"\"}\n",
        "{\"error\":{}}\n", "{\"error\":{\"stage\":\"exec\",\"errno\":\"x\"}}\n", "\xff\n"}) {
    const ExecReport report = parse_report(text);
    EXPECT_FALSE(report.started || report.exit || report.error) << text;
  }
}

TEST(ExecProtocol, AStageBecomesAnErrorForPeople) {
  const auto message = [](const std::string& stage, int number) {
    const ExecReport report = parse_report("{\"error\":{\"stage\":\"" + stage +
                                           "\",\"errno\":" + std::to_string(number) + "}}\n");
    return report.error ? report.error->message : "none";
  };
  EXPECT_EQ(message("clone", EAGAIN),
            "cannot start 'prog': clone: Resource temporarily unavailable");
  EXPECT_EQ(message("stderr", ELOOP),
            "cannot write the output file /e: Too many levels of symbolic links");
  EXPECT_THAT(message("kill", ETIMEDOUT), ::testing::HasSubstr("hangs in the kernel"));
  EXPECT_THAT(message("hold", ETIMEDOUT), ::testing::HasSubstr("was not ready in time"));
}

TEST(ExecProtocol, OptionsComeBeforeTheSeparator) {
  Command command = kProtocolCommand;
  command.argv = {"prog", "--", "--cgroup"};
  command.cpus = {0, 2};
  command.count_tasks = true;
  const std::vector<std::string> arguments = exec_arguments(command);
  EXPECT_THAT(arguments, ::testing::IsSupersetOf({"--cpus", "0,2", "--count-tasks"}));
  ASSERT_GE(arguments.size(), 4U);
  EXPECT_EQ(std::vector<std::string>(arguments.end() - 4, arguments.end()),
            (std::vector<std::string>{"--", "prog", "--", "--cgroup"}));
}

TEST(ExecProtocol, HoldsOnlyWhenAsked) {
  EXPECT_THAT(exec_arguments(kProtocolCommand), ::testing::Not(::testing::Contains("--hold")));
  EXPECT_THAT(exec_arguments(kProtocolCommand, ExecStart::held), ::testing::Contains("--hold"));
}

}  // namespace
}  // namespace melisai

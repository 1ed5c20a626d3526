#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>

#include "tests/golden/golden.h"
#include "tests/unit/doctor/fixture.h"

namespace melisai::doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  const char* name;
  Attempts attempts;
};

/// One of each kind.
std::vector<CollectorResult> collectors() {
  return {{.name = "ebpf",
           .file = "/usr/lib/melisai-gate/plugins/ebpf.so",
           .version = "1.0.0",
           .status = CollectorStatus::unavailable,
           .reason = "the kernel refused the program: Operation not permitted",
           .parts = {{"runqlat", "cpu", 3}},
           .capabilities = {"CAP_BPF", "CAP_PERFMON"}},
          {.name = "procfs",
           .file = "/usr/lib/melisai-gate/plugins/procfs.so",
           .version = "1.0.0",
           .parts = {{"cpu_utilization", "cpu", 1}, {"biolatency", "disk", 2}}},
          {.name = "quiet", .file = "/usr/lib/melisai-gate/plugins/quiet.so", .version = "1.0.0"},
          {.name = "stray",
           .file = "/usr/lib/melisai-gate/plugins/stray.so",
           .status = CollectorStatus::refused,
           .reason = "stray.so can be written by group or others; run: chmod go-w stray.so"}};
}

class Output : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    facts = *facts_of(GetParam().name, GetParam().attempts);
    facts.plugin_directories = {"/usr/lib/melisai-gate/plugins"};
    facts.collectors = collectors();
    if (std::string(GetParam().name) == "ready") std::erase_if(facts.collectors, is_wrong);
  }
  static bool is_wrong(const CollectorResult& collector) {
    return collector.status != CollectorStatus::ok;
  }
  void expect(const std::string& ending, const std::string& text) const {
    golden::expect_golden(std::string("doctor/") + GetParam().name + ending, text);
  }

  Facts facts;
};

TEST_P(Output, IsWhatItWas) {
  const Diagnosis diagnosis = findings_of(facts);
  expect(".txt", render(facts, diagnosis));
  expect(".json", to_json(facts, diagnosis));
  expect(".sh", fix_commands(facts, diagnosis));
}

INSTANTIATE_TEST_SUITE_P(Machines, Output,
                         ::testing::Values(Case{"notebook", {EACCES, EPERM}}, Case{"ready", {}},
                                           Case{"guest", {ENOENT, 0}}, Case{"old", {0, EPERM}},
                                           Case{"bare", {ENOSYS, ENOSYS}}),
                         [](const auto& row) { return row.param.name; });

TEST(FixCommands, AreOneLineEachAfterAComment) {
  const Result<Facts> facts = facts_of("notebook", {EACCES, EPERM});
  ASSERT_TRUE(facts);
  std::istringstream lines(fix_commands(*facts, findings_of(*facts)));
  std::string before;
  for (std::string line; std::getline(lines, line); before = line)
    if (!line.starts_with('#')) {
      EXPECT_TRUE(before.starts_with("# ")) << line;
    }
}

TEST(FixCommands, CannotBeWrittenByAFile) {
  Facts facts = *facts_of("notebook");
  facts.distribution.name = "x\nreboot\x1b[2J";
  facts.governors = {"y\nhalt"};
  const Diagnosis diagnosis = findings_of(facts);
  EXPECT_THAT(fix_commands(facts, diagnosis), Not(HasSubstr("\nreboot")));
  EXPECT_THAT(fix_commands(facts, diagnosis), Not(HasSubstr("\nhalt")));
  EXPECT_THAT(render(facts, diagnosis), Not(HasSubstr("\x1b")));
  EXPECT_THAT(to_json(facts, diagnosis), Not(HasSubstr("\\u001b")));
}

TEST(FixCommands, SayWhenTheDistributionIsUnknown) {
  const Result<Facts> facts = facts_of("bare");
  ASSERT_TRUE(facts);
  EXPECT_THAT(fix_commands(*facts, findings_of(*facts)),
              HasSubstr("distribution 'rescueos' is not known here"));
}

}  // namespace
}  // namespace melisai::doctor

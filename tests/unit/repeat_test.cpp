#include "core/repeat.h"

#include <gtest/gtest.h>

namespace melisai {
namespace {

using namespace std::chrono_literals;

Report compared() {
  Report report;
  report.base = {.sha = "aaaa", .ref = "merge base with main"};
  report.head = {.sha = "bbbb", .ref = "HEAD"};
  report.seed = 42;
  return report;
}

TEST(Repeat, NamesCommitsAndSeed) {
  EXPECT_EQ(repeat_command(CheckRequest{}, compared()),
            "melisai-gate check --base aaaa --head bbbb --seed 42");
}

TEST(Repeat, KeepsTheWorkTree) {
  CheckRequest request;
  request.head = kWorkTree;
  EXPECT_EQ(repeat_command(request, compared()),
            "melisai-gate check --base aaaa --head WORKTREE --seed 42");
}

TEST(Repeat, IsNothingWithoutCommits) {
  Report report = compared();
  report.base.sha.clear();
  EXPECT_EQ(repeat_command(CheckRequest{}, report), "");
  report = compared();
  report.head.sha.clear();
  EXPECT_EQ(repeat_command(CheckRequest{}, report), "");
}

TEST(Repeat, KeepsWhatWasMeasured) {
  CheckRequest request;
  request.config_file = "/etc/my gate.yaml";
  request.only = "parse/*";
  request.commands = {.build = "make", .test = "make test", .bench = {"./a 'x y'", "./b"}};
  EXPECT_EQ(repeat_command(request, compared()),
            "melisai-gate check --base aaaa --head bbbb --config '/etc/my gate.yaml' --only "
            "'parse/*' --build make --test 'make test' --bench './a '\\''x y'\\''' --bench ./b "
            "--seed 42");
}

TEST(Repeat, KeepsHowItWasJudgedAndPlaced) {
  AbRequest request;
  request.base = {.shell = "gzip -6 < data", .argv = {}};
  request.head = {.shell = "", .argv = {"gzip", "-9", "a b"}};
  request.overrides = {.threshold = 0.015,
                       .false_alarm = 0.0001,
                       .miss = 0.1,
                       .max_pairs = 12,
                       .budget = 90s,
                       .fail_on = FailOn::inconclusive,
                       .pin = Pinning{.mode = Pinning::Mode::list, .cpus = {0, 2}},
                       .cgroup = CgroupMode::off,
                       .collectors = false,
                       .explain = false,
                       .exact = ExactMode::on};
  request.plugin_dirs = {"/opt/p"};
  EXPECT_EQ(repeat_command(request, compared()),
            "melisai-gate ab --threshold 0.015 --false-alarm 0.0001 --miss 0.1 --max-pairs 12 "
            "--budget 90000ms --fail-on inconclusive --pin 0,2 --cgroup off --collectors off "
            "--explain off --exact on --plugin-dir /opt/p --seed 42 -- 'gzip -6 < data' -- gzip -9 "
            "'a b'");
}

TEST(Repeat, WritesFractionsAsTheCommandLineReadsThem) {
  AbRequest request;
  request.format.name = "google-benchmark";
  request.base = request.head = {.shell = "./b", .argv = {}};
  for (const double threshold : {0.001, 0.05, 0.123456789012345, 1.0, 1.5, 10.0}) {
    request.overrides.threshold = threshold;
    const std::string line = repeat_command(request, compared());
    const std::string option = "--format google-benchmark --threshold ";
    ASSERT_NE(line.find(option), std::string::npos) << line;
    const std::string rest = line.substr(line.find(option) + option.size());
    const Result<double> read = parse_fraction(rest.substr(0, rest.find(' ')));
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(*read, threshold);
  }
}

}  // namespace
}  // namespace melisai

// Pipeline files that must be refused: tests/data/rejected_pipeline_files.txt, one test per case.
#include <gtest/gtest.h>

#include <ostream>
#include <vector>

#include "core/base/files.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/run/project_file.h"

namespace melisai::run {
namespace rejected_files_test {

struct Rejected {
  std::string name;
  std::string text;
  std::string message;  // its beginning, without the file's name
};

void PrintTo(const Rejected& rejected, std::ostream* stream) { *stream << rejected.name; }

// Format: "=== Name", the file's lines, ">>> message".
std::vector<Rejected> load_cases() {
  std::vector<Rejected> cases;
  const std::string all =
      read_file(MELISAI_SOURCE_DIR "/tests/data/rejected_pipeline_files.txt", 1 << 20).value();
  for (std::size_t start = 0; start < all.size();) {
    const std::size_t end = all.find('\n', start);
    const std::string line = all.substr(start, end - start);
    start = end + 1;
    if (line.starts_with("=== ")) {
      cases.push_back({.name = line.substr(4), .text = "", .message = ""});
    } else if (!cases.empty() && line.starts_with(">>> ")) {
      cases.back().message = line.substr(4);
    } else if (!cases.empty()) {
      cases.back().text += line + "\n";
    }
  }
  return cases;
}

class RejectedFile : public ::testing::TestWithParam<Rejected> {};

TEST_P(RejectedFile, IsRefusedWithPositionAndAdvice) {
  const EnvLookup no_variables = [](const std::string&) { return std::nullopt; };
  const Result<Project> project = parse_project(GetParam().text, "f", no_variables,
                                                {formats::problem_of, gate::anomaly_problem});
  ASSERT_FALSE(project) << GetParam().text;
  EXPECT_EQ(project.error().code, Errc::config);
  const std::string expected = "f:" + GetParam().message;
  EXPECT_EQ(project.error().message.substr(0, expected.size()), expected)
      << project.error().message;
}

INSTANTIATE_TEST_SUITE_P(, RejectedFile, ::testing::ValuesIn(load_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace rejected_files_test
}  // namespace melisai::run

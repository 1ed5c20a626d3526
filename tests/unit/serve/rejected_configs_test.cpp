// Configurations that must be refused: tests/data/rejected_serve_files.txt, one test per case.
#include <ostream>
#include <vector>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace rejected_configs_test {

struct Rejected {
  std::string name;
  std::string text;
  std::string message;  // its beginning, without the file's name
};

void PrintTo(const Rejected& rejected, std::ostream* stream) { *stream << rejected.name; }

// Format: "=== Name", the file's lines, ">>> message".
std::vector<Rejected> load_cases() {
  std::vector<Rejected> cases;
  const std::string all = text_of("tests/data/rejected_serve_files.txt");
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

class RejectedConfig : public ::testing::TestWithParam<Rejected> {};

TEST_P(RejectedConfig, IsRefusedWithPositionAndAdvice) {
  const Result<LoadedConfig> read = parse_serve_config(GetParam().text, "f", test_sources());
  ASSERT_FALSE(read) << GetParam().text;
  EXPECT_EQ(read.error().code, Errc::config);
  const std::string expected = "f:" + GetParam().message;
  EXPECT_EQ(read.error().message.substr(0, expected.size()), expected) << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(, RejectedConfig, ::testing::ValuesIn(load_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace rejected_configs_test
}  // namespace melisai::serve

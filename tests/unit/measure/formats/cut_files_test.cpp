// Files that end anywhere, as an aborted job leaves them: readings or an error, never anything
// else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace cut_files_test {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(CutFiles, EndInReadingsOrInAnErrorThatNamesTheFile) {
  constexpr std::size_t kCuts = 97;
  std::size_t files = 0;
  for (const auto& file :
       fs::recursive_directory_iterator(MELISAI_SOURCE_DIR "/tests/data/formats/fixtures")) {
    if (!file.is_regular_file()) continue;
    ++files;
    const std::string whole = text_of(file.path());
    const auto recognised = read_text(whole, "f", {.name = "auto"}, {});
    if (!recognised) continue;
    for (std::size_t cut = 0; cut < kCuts; ++cut) {
      const std::string text = whole.substr(0, whole.size() * cut / kCuts);
      const auto parsed = read_text(text, "f", {.name = recognised->format}, {});
      const std::string message = parsed ? "f:" : parsed.error().message;
      EXPECT_THAT(message, HasSubstr("f:")) << file.path() << " cut at " << text.size();
    }
  }
  EXPECT_GT(files, 0u);
}

}  // namespace cut_files_test
}  // namespace melisai::formats

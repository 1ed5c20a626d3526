// Golden files: expected output in tests/golden/. MELISAI_UPDATE_GOLDEN=1 rewrites them; review the
// difference.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace melisai::golden {

/// Expects `actual` to be the content of tests/golden/<name>. The caller takes out times, versions,
/// paths and hosts.
inline void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(MELISAI_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("MELISAI_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file)
      << path << " is missing; run this test with MELISAI_UPDATE_GOLDEN=1 and review the new file";
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(expected.str(), actual)
      << path << ": run with MELISAI_UPDATE_GOLDEN=1 if the change is meant";
}

}  // namespace melisai::golden

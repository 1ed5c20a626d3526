// Test plugins in a directory that the gate trusts.
#pragma once

#include <filesystem>
#include <string>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

/// ROOT/plugins with copies of the named test plugins; only we may write to it.
inline std::string copy_plugins(const std::string& root, const Words& names) {
  const std::string directory = root + "/plugins";
  std::filesystem::create_directories(directory);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
  for (const std::string& name : names)
    std::filesystem::copy(std::string(MELISAI_TEST_PLUGINS) + "/" + name + ".so",
                          directory + "/" + name + ".so");
  return directory;
}

}  // namespace melisai::e2e

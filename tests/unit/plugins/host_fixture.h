// A host out of tests/data/host/<name>: its /proc and /sys as they are before a window, and what of
// them is different after it. Made by hand; no machine looks quite like one of them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "plugins/procfs/part.h"
#include "tests/golden/golden.h"

namespace melisai::plugins::procfs {

using Make = std::unique_ptr<Part> (*)(const Options& options);

class Host {
 public:
  explicit Host(std::string name) : name_(std::move(name)) { become("before"); }

  /// Files keep their identity, like those of /proc: who has one open sees what it becomes.
  void become(const std::string& state) const {
    namespace fs = std::filesystem;
    const fs::path from = fs::path(MELISAI_SOURCE_DIR) / "tests/data/host" / name_ / state;
    ASSERT_TRUE(fs::exists(from)) << from;
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      put(fs::relative(entry.path(), from).generic_string(),
          std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }
  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path whole = directory_.path() + "/" + path;
    std::filesystem::create_directories(whole.parent_path());
    // Not truncated to nothing first: ext4 would write each such file to the disk.
    std::ofstream(whole, std::ios::binary | std::ios::app);
    std::fstream(whole, std::ios::binary | std::ios::in | std::ios::out) << text;
    std::filesystem::resize_file(whole, text.size());
  }
  void remove(const std::string& path) const {
    std::filesystem::remove_all(directory_.path() + "/" + path);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path()))
      if (entry.is_regular_file())
        paths.push_back(std::filesystem::relative(entry.path(), directory_.path()).string());
    return paths;
  }
  Options options() const {
    Options options;
    options.proc_root = directory_.path() + "/proc";
    options.sys_root = directory_.path() + "/sys";
    return options;
  }

  /// Two seconds: `meanwhile` is what happens in them, by default the state "after".
  Findings window(Make make, const std::function<void()>& meanwhile) const {
    return window(make, options(), meanwhile);
  }
  Findings window(Make make) const { return window(make, options()); }
  Findings window(Make make, const Options& options) const {
    return window(make, options, [this] { become("after"); });
  }
  Findings window(Make make, const Options& options, const std::function<void()>& meanwhile) const {
    const auto part = make(options);
    part->start(std::chrono::seconds(10));
    meanwhile();
    return part->stop(std::chrono::seconds(12));
  }

 private:
  std::string name_;
  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-host-").value();
};

/// The whole result of a window is tests/golden/host/<name>.json.
inline void expect_golden_host(const std::string& name, const Findings& findings) {
  golden::expect_golden("host/" + name + ".json", findings.data.dump(2) + "\n");
  EXPECT_TRUE(findings.errors.empty()) << findings.errors.front();
  EXPECT_FALSE(findings.truncated);
}

}  // namespace melisai::plugins::procfs

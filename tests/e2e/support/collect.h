// `melisai-gate collect` in a temporary directory.
#pragma once

#include <fstream>
#include <string>

#include "tests/e2e/support/plugins.h"
#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

class Collect : public Sandbox {
 protected:
  /// melisai-gate collect --profile quick ...
  Ran collect(Words options, const std::function<void(pid_t)>& started = {},
              const std::string& profile = "quick") {
    const Words command = {MELISAI_BIN_DIR "/melisai-gate", "collect", "--profile", profile};
    options.insert(options.begin(), command.begin(), command.end());
    return run_program(options, root(), started);
  }
  std::string file() const { return root() + "/report.json"; }
  nlohmann::json written() const {
    std::ifstream stream(file());
    return nlohmann::json::parse(stream, nullptr, false);
  }
  /// Fails the test with what is wrong with the written report.
  void expect_valid() const {
    const Ran ran = run_program(
        {"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/unit/model/host_report_schema_test.py",
         MELISAI_SOURCE_DIR, file()},
        root());
    EXPECT_TRUE(ran.code == 0 || ran.code == 77) << ran.out << ran.err;  // 77: no jsonschema here
  }
  /// However the path to it is spelled.
  std::string name_of_root() const { return std::filesystem::path(root()).filename(); }
  void expect_no_process_left() const { EXPECT_TRUE(processes_with(name_of_root()).empty()); }

  /// The result of one collector, or null.
  static nlohmann::json result(const nlohmann::json& report, const std::string& collector) {
    if (!report.contains("categories")) return nullptr;
    for (const nlohmann::json& results : report["categories"])
      for (const nlohmann::json& each : results)
        if (each["collector"] == collector) return each;
    return nullptr;
  }
};

}  // namespace melisai::e2e

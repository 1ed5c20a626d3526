// A source tree in a directory of its own, and what `init` makes of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/files.h"
#include "core/init/init.h"
#include "core/run/run.h"

namespace melisai::init {

class Sources : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = std::filesystem::path(root()) / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
  }
  std::string read(const std::string& path) const {
    std::ifstream file(root() + "/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string root() const { return directory_.path(); }

  /// The pipeline file that is proposed; what it says is read again by the reader of the product.
  std::string pipeline() {
    const Result<Proposal> proposal = propose({.directory = root()});
    if (!proposal) return proposal.error().message;
    const std::string text = proposal->files.at(0).text;
    const Result<Project> project = run::parse_project(
        text, ".melisai-gate.yaml", [](const std::string&) { return std::nullopt; },
        {.format_problem = [](const FormatSpec&) { return std::string(); },
         .anomaly_problem = [](const std::string&) { return std::string(); }});
    EXPECT_TRUE(project) << project.error().message << "\n" << text;
    project_ = project ? *project : Project();
    return text;
  }
  /// Commands that are measured, by the name of their benchmark.
  std::string measured(const std::string& name) const {
    for (const PipelineSpec& each : project_.pipelines)
      for (const BenchmarkSpec& benchmark : each.benchmarks)
        if (benchmark.name == name) return benchmark.run.shell;
    return "";
  }

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::make(::testing::TempDir(), "init-").value();
  Project project_;
};

}  // namespace melisai::init

// What the tests of replay share: lines of recorded pairs, and replay on them.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/base/files.h"
#include "core/replay.h"

namespace melisai {

inline std::string line_of(const std::string& series, double base, double head,
                           const std::string& more = "") {
  return R"({"series": ")" + series + R"(", "a": )" + std::to_string(base) + R"(, "b": )" +
         std::to_string(head) + more + "}\n";
}

/// Pairs that differ by `change` and a little noise that is the same in every call.
inline std::string pairs_of(const std::string& series, double change, int count,
                            const std::string& more = "") {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += line_of(series, 100 + i % 3, (100 + i % 3) * (1 + change) + (i % 2) * 0.5, more);
  return text;
}

class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "replay");
    ASSERT_TRUE(made);
    root_.emplace(*std::move(made));
  }

  Result<int> run(const std::string& text, ReplayRequest request = {}) {
    request.file = root_->path() + "/pairs.jsonl";
    EXPECT_TRUE(write_file(request.file, text));
    out_.clear();
    return replay(request, [this](std::string_view part) {
      out_ += part;
      return true;
    });
  }

  nlohmann::json decided(const std::string& text, ReplayRequest request = {}) {
    request.json = true;
    const Result<int> code = run(text, std::move(request));
    EXPECT_TRUE(code) << code.error().message;
    return nlohmann::json::parse(out_);
  }

  std::optional<TemporaryDirectory> root_;
  std::string out_;
};

}  // namespace melisai

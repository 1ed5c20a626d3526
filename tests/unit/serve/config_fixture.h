// Reading a configuration of `serve` from text in a test.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/base/files.h"
#include "core/measure/formats/formats.h"
#include "core/serve/serve.h"

namespace melisai::serve {

/// A machine with two time zones and two environment variables, WEBHOOK_SECRET=s3cret and
/// FORGE_TOKEN=t0ken.
inline ConfigSources test_sources() {
  return {.env = [](const std::string& name) -> std::optional<std::string> {
            if (name == "WEBHOOK_SECRET") return "s3cret";
            if (name == "FORGE_TOKEN") return "t0ken";
            return std::nullopt;
          },
          .format_problem = formats::problem_of,
          .is_timezone =
              [](const std::string& name) { return name == "UTC" || name == "Europe/Berlin"; },
          .directory = "/etc/gate"};
}

inline LoadedConfig loaded(const std::string& text) {
  const Result<LoadedConfig> read = parse_serve_config(text, "f", test_sources());
  EXPECT_TRUE(read) << read.error().message << "\n" << text;
  return read ? *read : LoadedConfig{};
}

inline ServeConfig config_of(const std::string& text) { return loaded(text).config; }

inline std::string error_of(const std::string& text) {
  const Result<LoadedConfig> read = parse_serve_config(text, "f", test_sources());
  return read ? "accepted" : read.error().message;
}

inline std::string text_of(const std::string& path) {
  return read_file(MELISAI_SOURCE_DIR "/" + path, 1 << 20).value();
}

inline const std::string kProject = "project: { name: demo, repository: /srv/demo.git }\n";

}  // namespace melisai::serve

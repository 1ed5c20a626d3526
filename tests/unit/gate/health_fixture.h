// Hosts for the tests of core/gate/health, said as collectors would.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "core/model/host_report.h"

namespace melisai::fixtures {

struct Said {
  std::string collector;
  std::string result;  ///< what the plugin emits: {"data":{...}}
};

/// One category holds all: the analysis finds collectors by name.
inline HostCategories host(std::initializer_list<Said> all) {
  HostCategories categories;
  for (const Said& said : all) {
    Result<HostResult> result = parse_host_result(said.result);
    EXPECT_TRUE(result) << said.result;
    if (!result) continue;
    result->collector = said.collector;
    result->category = "any";
    result->start_time = "2026-11-21T10:00:00Z";
    result->end_time = "2026-11-21T10:00:10Z";
    categories["any"].push_back(std::move(*result));
  }
  return categories;
}

/// One collector with this data.
inline HostCategories host(const std::string& collector, const std::string& data) {
  return host({{collector, "{\"data\":" + data + "}"}});
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace melisai::fixtures

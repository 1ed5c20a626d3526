#include "core/serve/not_yet.h"

namespace melisai::serve {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> idle_keys(const OrchestratorOptions& options) {
  const OrchestratorOptions defaults;
  std::vector<std::string> keys;
  const Optimization& flags = options.optimization;
  if (flags.incremental_builds) keys.emplace_back("incremental_builds");
  if (flags.skip_unchanged_tests) keys.emplace_back("skip_unchanged_tests");
  return keys;
}

}  // namespace

std::vector<std::string> not_yet(const ServeConfig& config) {
  std::vector<std::string> sentences;
  if (const auto keys = idle_keys(config.orchestrator); !keys.empty())
    sentences.push_back("no effect in this version: " + joined(keys));
  return sentences;
}

}  // namespace melisai::serve

#include "core/serve/not_yet.h"

#include <algorithm>

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
  if (flags.thorough_health_checks) keys.emplace_back("thorough_health_checks");
  return keys;
}

bool asks_for_paths(const std::vector<ServePipeline>& pipelines) {
  return std::any_of(pipelines.begin(), pipelines.end(), [](const ServePipeline& pipeline) {
    return !pipeline.condition.paths.empty() || !pipeline.condition.paths_ignore.empty();
  });
}

}  // namespace

std::vector<std::string> not_yet(const ServeConfig& config) {
  std::vector<std::string> sentences;
  if (const auto keys = idle_keys(config.orchestrator); !keys.empty())
    sentences.push_back("no effect in this version: " + joined(keys));
  bool paths = asks_for_paths(config.pipelines);
  bool tokens = false;
  for (const WatchedProject& project : config.projects) {
    paths |= asks_for_paths(project.pipelines);
    tokens |= !project.token.empty();
  }
  if (paths)
    sentences.emplace_back(
        "this version does not look at changed paths: paths and paths_ignore of 'if' always match");
  if (tokens) sentences.emplace_back("this version sends no token to git servers yet");
  if (!config.workflows.empty()) sentences.emplace_back("this version runs no workflows yet");
  if (!config.triggers.empty())
    sentences.emplace_back("this version starts no programs of 'triggers' yet");
  if (!config.fixer.empty()) sentences.emplace_back("this version runs no fixer yet");
  return sentences;
}

}  // namespace melisai::serve

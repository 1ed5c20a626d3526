#include "core/model/project.h"

namespace melisai {

std::vector<std::string> argv_of(const RunLine& line) {
  if (line.shell.empty()) return line.argv;
  return {"/bin/sh", "-c", line.shell};
}

std::string text_of(const RunLine& line) {
  if (!line.shell.empty()) return line.shell;
  std::string text;
  for (const std::string& word : line.argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

Milliseconds StageTimeouts::of(std::string_view pipeline) const {
  if (pipeline == "test") return test;
  return pipeline == "deploy" ? deploy : build;
}

}  // namespace melisai

// Lines of the files in tests/data/injection: what strangers may send. A line is one of it; "# "
// begins a comment, and empty lines are none. \r \n \t \0 \\ and \xNN are bytes, {40*x} is x forty
// times, and {NAME} what the test puts there. Another line is another test: there is nothing else
// to change.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace melisai {

/// Of "\x1b" and the like; `at` is at the backslash, and then at its last character.
inline char injected_byte(const std::string& line, std::size_t& at) {
  const char kind = ++at < line.size() ? line[at] : '\\';
  if (kind == 'r') return '\r';
  if (kind == 'n') return '\n';
  if (kind == 't') return '\t';
  if (kind == '0') return '\0';
  if (kind != 'x') return kind;
  at += 2;
  return static_cast<char>(std::strtol(line.substr(at - 1, 2).c_str(), nullptr, 16));
}

/// What stands for "{...}"; "" when that is only text.
inline std::string injected_text(const std::string& inside,
                                 const std::map<std::string, std::string>& names) {
  if (const auto name = names.find(inside); name != names.end()) return name->second;
  char* end = nullptr;
  const long count = std::strtol(inside.c_str(), &end, 10);
  if (count <= 0 || *end != '*') return "";
  const std::string once = end + 1;
  std::string text;
  for (long i = 0; i < count; ++i) text += once;
  return text;
}

inline std::string injection(const std::string& line,
                             const std::map<std::string, std::string>& names) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::size_t end = line[at] == '{' ? line.find('}', at) : std::string::npos;
    std::string put;
    if (end != std::string::npos) put = injected_text(line.substr(at + 1, end - at - 1), names);
    if (!put.empty()) {
      text += put;
      at = end;
    } else {
      text += line[at] == '\\' ? injected_byte(line, at) : line[at];
    }
  }
  return text;
}

inline std::vector<std::string> injections(const std::string& file,
                                           const std::map<std::string, std::string>& names = {}) {
  std::ifstream lines(MELISAI_SOURCE_DIR "/tests/data/injection/" + file);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("# ")) all.push_back(injection(line, names));
  EXPECT_FALSE(all.empty()) << file;
  return all;
}

/// For messages of tests: printable, and not all of 10 MB.
inline std::string shown(const std::string& text) {
  return ::testing::PrintToString(text.substr(0, 200)) +
         (text.size() > 200 ? "... of " + std::to_string(text.size()) + " bytes" : "");
}

}  // namespace melisai

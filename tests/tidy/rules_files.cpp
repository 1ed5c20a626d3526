#include <algorithm>
#include <cctype>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

// "$prefix/root/", "${x}/root/" and "tests/root/" are parts of other paths.
bool continues_path(char before) {
  return std::isalnum(static_cast<unsigned char>(before)) != 0 ||
         std::string_view("_.})").find(before) != std::string_view::npos;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// Names of .cpp files in the text of a CMakeLists.txt, comments and generated paths left out.
std::vector<std::pair<std::string, std::size_t>> listed_sources(std::string_view cmake) {
  std::vector<std::pair<std::string, std::size_t>> names;
  const auto lines = lines_of(cmake);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i].substr(0, lines[i].find('#'));
    while (!line.empty()) {
      const std::size_t begin = std::min(line.find_first_not_of(" \t()\""), line.size());
      const std::size_t end = std::min(line.find_first_of(" \t()\"", begin), line.size());
      const std::string_view word = line.substr(begin, end - begin);
      if (word.ends_with(".cpp") && word.find('$') == std::string_view::npos)
        names.emplace_back(word, i + 1);
      line.remove_prefix(end);
    }
  }
  return names;
}

}  // namespace

Findings check_machine_paths(const SourceFile& file) {
  // In pieces, so that this file obeys its own rule.
  static const std::vector<std::string> paths = {
      "/work"
      "/main",
      "/work"
      "/shared",
      "/root"
      "/"};
  Findings findings;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const std::string& path : paths) {
      const std::size_t at = lines[i].find(path);
      if (at == std::string_view::npos || (at > 0 && (continues_path(lines[i][at - 1])))) continue;
      findings.push_back(finding(file, i + 1, path + " is a path of one machine"));
    }
  return findings;
}

Findings check_listed_sources(const std::vector<SourceFile>& cmake_files,
                              const std::set<std::string>& files) {
  Findings findings;
  std::set<std::string> listed;
  for (const SourceFile& cmake : cmake_files)
    for (const auto& [name, line] : listed_sources(cmake.text)) {
      const std::string path = folder_of(cmake.path) + name;
      listed.insert(path);
      if (!files.contains(path)) findings.push_back(finding(cmake, line, path + " does not exist"));
    }
  for (const std::string& path : files)
    if (path.ends_with(".cpp") && !listed.contains(path))
      findings.push_back(path + ":1: no CMakeLists.txt lists this file");
  return findings;
}

}  // namespace melisai::tidy

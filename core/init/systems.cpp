#include "core/init/systems.h"

namespace melisai::init {

const std::vector<BuildSystem>& build_systems() {
  static const auto has_any = [](const SourceTree& tree, auto... names) {
    return (tree.has(names) || ...);
  };
  static const std::vector<BuildSystem> table = {
      {"CMake", [](const SourceTree& tree) { return tree.has("CMakeLists.txt"); }, look_at_cmake},
      {"Cargo", [](const SourceTree& tree) { return tree.has("Cargo.toml"); }, look_at_cargo},
      {"Go", [](const SourceTree& tree) { return tree.has("go.mod"); }, look_at_go},
      {"Maven", [](const SourceTree& tree) { return tree.has("pom.xml"); }, look_at_maven},
      {"Gradle",
       [](const SourceTree& tree) {
         return has_any(tree, "build.gradle", "build.gradle.kts", "settings.gradle",
                        "settings.gradle.kts");
       },
       look_at_gradle},
      {"npm", [](const SourceTree& tree) { return tree.has("package.json"); }, look_at_npm},
      {"Python",
       [](const SourceTree& tree) {
         return has_any(tree, "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt");
       },
       look_at_python},
      {"Make",
       [](const SourceTree& tree) { return has_any(tree, "GNUmakefile", "makefile", "Makefile"); },
       look_at_make}};
  return table;
}

std::string benchmark_name(std::string_view text) {
  constexpr std::size_t kNameMax = 60;
  std::string name;
  for (const char c : text.substr(0, kNameMax)) {
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '+';
    if (is_allowed || (!name.empty() && name.back() != '-')) name += is_allowed ? c : '-';
  }
  while (name.ends_with('-') || name.ends_with('.')) name.pop_back();
  while (name.starts_with('.')) name.erase(0, 1);
  return name.empty() || name.find("..") != std::string::npos ? "benchmark" : name;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin));
}

}  // namespace melisai::init

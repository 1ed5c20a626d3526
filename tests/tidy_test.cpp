// The repository obeys the style guide's rules that a machine can check. The rules themselves:
// tests/tidy.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What is committed by hand: code, scripts, definitions and documents; no build folders.
const std::vector<SourceFile>& repository() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> read;
    const fs::path root = MELISAI_SOURCE_DIR;
    const auto add = [&](const fs::path& path) {
      read.push_back({fs::relative(path, root).generic_string(), text_of(path)});
    };
    for (const char* folder : {".ci", "ci", "config", "core", "pipelines", "plugins", "tests"})
      if (fs::exists(root / folder))
        for (const auto& entry : fs::recursive_directory_iterator(root / folder))
          if (entry.is_regular_file()) add(entry.path());
    for (const auto& entry : fs::directory_iterator(root))
      if (entry.is_regular_file()) add(entry.path());
    return read;
  }();
  return files;
}

std::set<std::string> paths_under(std::string_view folder) {
  std::set<std::string> paths;
  for (const SourceFile& file : repository())
    if (file.path.starts_with(folder)) paths.insert(file.path);
  return paths;
}

bool is_cpp(const SourceFile& file) {
  return starts_with_any(file.path, {"core/", "plugins/", "tests/"}) &&
         !file.path.starts_with("tests/data/") && (is_header(file) || file.path.ends_with(".cpp"));
}

// Runs `rule` over all C++ files and reports everything that it finds, one line each.
template <typename Rule>
void expect_obeyed(Rule rule) {
  Findings findings;
  for (const SourceFile& file : repository())
    if (is_cpp(file)) findings += rule(file);
  std::string text;
  for (const std::string& line : findings) text += line + "\n";
  EXPECT_THAT(findings, ::testing::IsEmpty()) << text;
}

TEST(SourceTree, IsSeenByTheseTests) {
  EXPECT_GT(paths_under("core/").size(), 20u);
  EXPECT_GT(paths_under("tests/").size(), 20u);
  EXPECT_TRUE(paths_under("").contains("CMakeLists.txt"));
}

TEST(SourceTree, ObeysTheDependencyRule) { expect_obeyed(check_dependencies); }

TEST(SourceTree, LeavesLibrariesToTheirOwners) { expect_obeyed(check_libraries); }

TEST(SourceTree, IncludesFromTheRoot) {
  const std::set<std::string> files = paths_under("");
  expect_obeyed([&](const SourceFile& file) { return check_include_style(file, files); });
}

TEST(SourceTree, HasPublicHeadersNamedLikeTheirSteps) {
  EXPECT_THAT(check_public_headers(paths_under("core/")), ::testing::IsEmpty());
}

TEST(SourceTree, StartsHeadersWithCommentAndGuard) { expect_obeyed(check_header_start); }

TEST(SourceTree, KeepsFilesAndLinesShort) { expect_obeyed(check_layout); }

TEST(SourceTree, KeepsFunctionsShort) { expect_obeyed(check_function_length); }

TEST(SourceTree, UsesTheAgreedLanguage) { expect_obeyed(check_language); }

TEST(SourceTree, NamesNoMachine) {
  Findings findings;
  for (const SourceFile& file : repository()) findings += check_machine_paths(file);
  EXPECT_THAT(findings, ::testing::IsEmpty());
}

TEST(SourceTree, BuildsEverySource) {
  std::vector<SourceFile> cmake_files;
  for (const SourceFile& file : repository())
    if (file.path.ends_with("CMakeLists.txt") && !file.path.starts_with("ci/"))
      cmake_files.push_back(file);
  std::set<std::string> sources = paths_under("core/");
  sources.merge(paths_under("plugins/"));
  sources.merge(paths_under("tests/"));
  std::erase_if(sources, [](const std::string& path) { return path.starts_with("tests/data/"); });
  EXPECT_THAT(check_listed_sources(cmake_files, sources), ::testing::IsEmpty());
}

}  // namespace
}  // namespace melisai::tidy

// CMake: targets that link or include a benchmark library, and where their programs will be.
#include <algorithm>
#include <optional>
#include <set>

#include "core/base/shell.h"
#include "core/init/systems.h"

namespace melisai::init {
namespace {

/// One call in a CMakeLists.txt, its arguments as they are written.
struct CMakeCall {
  std::string name;  ///< in lower case
  std::vector<std::string> arguments;
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string without_comments(const std::string& text) {
  std::string out;
  for (const std::string& line : lines_of(text)) out += line.substr(0, line.find('#')) + "\n";
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  for (const char c : text) {
    const bool ends = !is_quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';');
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (!ends) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<CMakeCall> calls_of(const std::string& commented) {
  const std::string text = without_comments(commented);
  std::vector<CMakeCall> calls;
  for (std::size_t open = 0; (open = text.find('(', open)) != std::string::npos; ++open) {
    std::size_t end = open;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    std::size_t begin = end;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    const std::size_t close = text.find(')', open);
    if (begin == end || close == std::string::npos) continue;
    CMakeCall call{
        .name = text.substr(begin, end - begin),
        .arguments = words_of(std::string_view(text).substr(open + 1, close - open - 1))};
    for (char& c : call.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    calls.push_back(std::move(call));
  }
  return calls;
}

struct Library {
  std::string_view target;   ///< linked as this, as NAME_main, NAME::...
  std::string_view include;  ///< in a source
  std::string_view options;  ///< after the program
  std::string_view format;
  bool is_sure;
};
constexpr Library kLibraries[] = {
    {"benchmark", "benchmark/benchmark.h", kGoogleBenchmarkOptions, "google-benchmark", true},
    {"nanobench", "nanobench.h", "", "nanobench", false},
    {"Catch2", "catch_benchmark", " --reporter xml --out $MELISAI_RESULT", "catch2", false}};

bool is_of(std::string_view linked, const Library& library) {
  if (!linked.starts_with(library.target)) return false;
  linked.remove_prefix(library.target.size());
  return linked.empty() || linked == "_main" || linked.starts_with("::");
}

/// Of one add_executable; null when it is no benchmark.
const Library* library_of(const CMakeCall& executable, const std::vector<CMakeCall>& calls,
                          const SourceTree& tree, const std::string& directory) {
  const std::string& target = executable.arguments.front();
  for (const Library& library : kLibraries) {
    for (const CMakeCall& call : calls) {
      if (call.name != "target_link_libraries" || call.arguments.empty() ||
          call.arguments.front() != target)
        continue;
      for (std::size_t i = 1; i < call.arguments.size(); ++i)
        // Many link Catch2 for tests alone; its header for benchmarks says more.
        if (is_of(call.arguments[i], library) && library.target != "Catch2") return &library;
    }
    for (const std::string& source : executable.arguments)
      if (tree.text((directory.empty() ? "" : directory + "/") + source).find(library.include) !=
          std::string::npos)
        return &library;
  }
  return nullptr;
}

/// Then `cmake --build` passes over it.
bool is_built_on_demand(const CMakeCall& executable) {
  const std::vector<std::string>& words = executable.arguments;
  return std::find(words.begin(), words.end(), "EXCLUDE_FROM_ALL") != words.end();
}

/// Below the build directory, where programs of `directory` go; nothing when that is said by
/// something that is not understood.
std::optional<std::string> program_directory(const std::vector<CMakeCall>& root,
                                             const std::string& directory) {
  std::string place = directory;
  for (const CMakeCall& call : root) {
    if (call.name != "set" || call.arguments.size() < 2 ||
        call.arguments[0] != "CMAKE_RUNTIME_OUTPUT_DIRECTORY")
      continue;
    place.clear();
    bool is_known = false;
    for (const std::string prefix : {"${CMAKE_BINARY_DIR}", "${PROJECT_BINARY_DIR}"}) {
      if (!call.arguments[1].starts_with(prefix)) continue;
      place = call.arguments[1].substr(prefix.size());
      while (place.starts_with('/')) place.erase(0, 1);
      is_known = true;
    }
    if (!is_known || place.find('$') != std::string::npos) return std::nullopt;
  }
  return place;
}

/// Options that are off and would build the benchmarks.
std::string switched_on(const std::vector<CMakeCall>& root) {
  std::string out;
  for (const CMakeCall& call : root) {
    if (call.name != "option" || call.arguments.empty()) continue;
    const std::string& name = call.arguments.front();
    std::string upper = name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const bool is_off = call.arguments.back() != "ON" && call.arguments.back() != "TRUE";
    const bool is_plain = std::all_of(name.begin(), name.end(), is_word);
    if (is_plain && is_off && upper.find("BENCH") != std::string::npos) out += " -D" + name + "=ON";
  }
  return out;
}

struct Scripts {
  std::vector<CMakeCall> root;
  std::set<std::string> names;  ///< of benchmarks that were taken
  Seen seen;
};

void look_at_script(const SourceTree& tree, const std::string& path, Scripts& scripts) {
  const std::string directory = directory_of(path);
  const std::vector<CMakeCall> calls = calls_of(tree.text(path));
  const std::optional<std::string> place = program_directory(scripts.root, directory);
  for (const CMakeCall& call : calls) {
    if (call.name != "add_executable" || call.arguments.size() < 2) continue;
    const std::string& target = call.arguments.front();
    const bool is_plain = benchmark_name(target) == target;
    const Library* const library = library_of(call, calls, tree, directory);
    if (!is_plain || library == nullptr || !scripts.names.insert(target).second) continue;
    const std::string program =
        "./build/" + (place.value_or(directory).empty() ? "" : place.value_or(directory) + "/") +
        target;
    scripts.seen.benchmarks.push_back(
        {.name = benchmark_name(target),
         .run = shell_quoted(program) + std::string(library->options),
         .format = std::string(library->format),
         .filter = {},
         .why = "target " + target + " of " + path,
         .is_sure = library->is_sure && place.has_value() && !is_built_on_demand(call)});
  }
}

}  // namespace

Seen look_at_cmake(const SourceTree& tree) {
  Scripts scripts{.root = calls_of(tree.text("CMakeLists.txt")), .names = {}, .seen = {}};
  scripts.seen.packages = "build-essential cmake";
  bool has_tests = false;
  for (const std::string& path : tree.named("CMakeLists.txt")) {
    look_at_script(tree, path, scripts);
    for (const CMakeCall& call : calls_of(tree.text(path)))
      has_tests = has_tests || call.name == "add_test" || call.name == "gtest_discover_tests" ||
                  call.name == "catch_discover_tests";
  }
  const bool is_google =
      std::any_of(scripts.seen.benchmarks.begin(), scripts.seen.benchmarks.end(),
                  [](const SeenBenchmark& each) { return each.format == "google-benchmark"; });
  if (is_google) scripts.seen.packages += " libbenchmark-dev";
  scripts.seen.build = {
      "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release" + switched_on(scripts.root),
      "cmake --build build -j"};
  if (has_tests) scripts.seen.test = {"ctest --test-dir build --output-on-failure"};
  return std::move(scripts.seen);
}

}  // namespace melisai::init

// Maven, Gradle, npm and Python.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/shell.h"
#include "core/init/systems.h"

namespace melisai::init {
namespace {

// Short: the gate runs it again and again, and starts a new process each time.
constexpr const char* kJmhOptions =
    " -f 1 -wi 2 -w 200ms -i 3 -r 200ms -rf json -rff $MELISAI_RESULT";

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

SeenBenchmark jmh(const std::string& program, const std::string& why, bool is_sure) {
  return {.name = "jmh",
          .run = "java -jar " + program + kJmhOptions,
          .format = "jmh",
          .filter = {},
          .why = why,
          .is_sure = is_sure};
}

nlohmann::json object_of(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

nlohmann::json object_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nlohmann::json::object();
}

bool is_plain_script(const std::string& name) {
  return !name.empty() && name.front() != '-' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-") ==
             std::string::npos;
}

}  // namespace

Seen look_at_maven(const SourceTree& tree) {
  const std::string maven = tree.has("mvnw") ? "./mvnw" : "mvn";
  Seen seen{.build = {maven + " -q -B package -DskipTests"},
            .test = {maven + " -q -B test"},
            .packages = "default-jdk maven"};
  for (const std::string& pom : tree.named("pom.xml")) {
    const std::string text = tree.text(pom);
    if (!contains(text, "jmh-core")) continue;
    const std::string directory = directory_of(pom);
    // The archetype of JMH calls it so.
    const bool is_sure = contains(text, ">benchmarks</");
    seen.benchmarks.push_back(
        jmh(shell_quoted((directory.empty() ? "" : directory + "/") + "target/benchmarks.jar"),
            "jmh-core in " + pom, is_sure && seen.benchmarks.empty()));
  }
  return seen;
}

Seen look_at_gradle(const SourceTree& tree) {
  const std::string gradle = tree.has("gradlew") ? "./gradlew" : "gradle";
  Seen seen{.build = {gradle + " assemble"}, .test = {gradle + " test"}, .packages = "default-jdk"};
  if (gradle == "gradle") seen.packages += " gradle";
  for (const char* const end : {"build.gradle", "build.gradle.kts"})
    for (const std::string& file : tree.named(end)) {
      if (!contains(tree.text(file), "me.champeau.jmh")) continue;
      const std::string directory = directory_of(file);
      const bool is_first = seen.benchmarks.empty();
      if (is_first) seen.build.push_back(gradle + " jmhJar");
      seen.benchmarks.push_back(
          jmh((directory.empty() ? "" : shell_quoted(directory + "/")) + "build/libs/*-jmh.jar",
              "plugin me.champeau.jmh of " + file, is_first && directory.empty()));
    }
  return seen;
}

Seen look_at_npm(const SourceTree& tree) {
  Seen seen{.packages = "nodejs npm"};
  const nlohmann::json package = object_of(tree.text("package.json"));
  const nlohmann::json scripts = object_at(package, "scripts");
  seen.build = {tree.has("package-lock.json") ? "npm ci" : "npm install"};
  if (scripts.contains("build")) seen.build.emplace_back("npm run build");
  const auto test = scripts.find("test");
  // What `npm init` writes fails.
  if (test != scripts.end() && test->is_string() &&
      !contains(test->get<std::string>(), "no test specified"))
    seen.test = {"npm test"};
  const bool has_suites = !tree.ending(".bench.ts").empty() || !tree.ending(".bench.js").empty();
  if (has_suites && object_at(package, "devDependencies").contains("vitest"))
    seen.benchmarks.push_back({.name = "vitest",
                               .run = "npx vitest bench --run --outputJson=$MELISAI_RESULT",
                               .format = "vitest",
                               .filter = {},
                               .why = "vitest, and files that end in .bench",
                               .is_sure = true});
  for (const auto& [name, line] : scripts.items())
    if (is_plain_script(name) && contains(name, "bench") && line.is_string())
      seen.benchmarks.push_back(
          {.name = benchmark_name(name),
           .run = "npm run -s " + name,
           .why = "script of package.json; with a format, where it prints results"});
  return seen;
}

Seen look_at_python(const SourceTree& tree) {
  Seen seen{.packages = "python3 python3-venv"};
  seen.build = {"python3 -m venv .venv"};
  const bool has_requirements = tree.has("requirements.txt");
  if (has_requirements)
    seen.build.emplace_back(".venv/bin/pip install --quiet -r requirements.txt");
  if (tree.has("pyproject.toml") || tree.has("setup.py"))
    seen.build.emplace_back(".venv/bin/pip install --quiet .");
  std::string suites;
  bool has_tests = false;
  for (const std::string& file : tree.ending(".py")) {
    const std::string name = name_of(file);
    const bool is_test = name.starts_with("test_") || name.ends_with("_test.py");
    const std::string text = tree.text(file);
    const bool is_suite = (is_test || name.starts_with("bench")) && contains(text, "(benchmark") &&
                          contains(text, "def test");
    has_tests = has_tests || (is_test && !is_suite);
    if (is_suite) suites += " " + shell_quoted(file);
    const bool is_script = !is_suite && name.starts_with("bench") && contains(text, "__main__");
    if (is_script)
      seen.benchmarks.push_back({.name = benchmark_name(name.substr(0, name.size() - 3)),
                                 .run = ".venv/bin/python " + shell_quoted(file),
                                 .why = "a script that runs by itself"});
  }
  if (has_tests || !suites.empty()) seen.build.emplace_back(".venv/bin/pip install --quiet pytest");
  if (!suites.empty()) {
    seen.build.back() += " pytest-benchmark";
    seen.benchmarks.insert(seen.benchmarks.begin(),
                           {.name = "suite",
                            .run = ".venv/bin/python -m pytest -q --benchmark-only "
                                   "--benchmark-json=$MELISAI_RESULT" +
                                   suites,
                            .format = "pytest-benchmark",
                            .filter = {},
                            .why = "tests with the fixture of pytest-benchmark",
                            .is_sure = true});
  }
  // Once each is enough of a benchmark that is a test.
  if (has_tests)
    seen.test = {std::string(".venv/bin/python -m pytest -q") +
                 (suites.empty() ? "" : " --benchmark-disable")};
  return seen;
}

}  // namespace melisai::init

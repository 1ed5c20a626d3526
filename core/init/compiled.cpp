// Cargo, Go and Make.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "core/base/shell.h"
#include "core/init/systems.h"

namespace melisai::init {
namespace {

/// `key = "value"` of TOML, in its plain form: what others write is not understood and passed over.
std::string toml_value(const std::string& line, std::string_view key) {
  const std::size_t equals = line.find('=');
  if (equals == std::string::npos || trimmed(line.substr(0, equals)) != key) return "";
  std::string value = trimmed(line.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"') {
    const std::size_t end = value.find('"', 1);
    return end == std::string::npos ? "" : value.substr(1, end - 1);
  }
  return value.substr(0, value.find_first_of(" #"));
}

struct Crate {
  std::string package;
  std::vector<std::string> programs;
  std::map<std::string, bool> benches;  ///< by name: whether it has a main of its own
  bool uses_criterion = false;
};

Crate read_crate(const std::string& text) {
  Crate crate;
  std::string section;
  std::string bench;
  for (const std::string& raw : lines_of(text)) {
    const std::string line = trimmed(raw);
    if (line.starts_with('[')) {
      section = line.substr(0, line.find('#'));
      section = trimmed(section);
      bench.clear();
      continue;
    }
    const std::string name = toml_value(line, "name");
    if (section == "[package]" && !name.empty()) crate.package = name;
    if (section == "[[bin]]" && !name.empty()) crate.programs.push_back(name);
    if (section == "[[bench]]" && !name.empty()) crate.benches.emplace(bench = name, false);
    if (section == "[[bench]]" && !bench.empty() && toml_value(line, "harness") == "false")
      crate.benches[bench] = true;
    if (section.ends_with("dependencies]") && line.starts_with("criterion"))
      crate.uses_criterion = true;
    if (section.find("dependencies.criterion") != std::string::npos) crate.uses_criterion = true;
  }
  return crate;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.front() != '-' && name == benchmark_name(name);
}

}  // namespace

Seen look_at_cargo(const SourceTree& tree) {
  Seen seen{.packages = "build-essential cargo"};
  const Crate crate = read_crate(tree.text("Cargo.toml"));
  // Both sides build with the dependencies of their own Cargo.lock.
  const std::string locked = tree.has("Cargo.lock") ? " --locked" : "";
  seen.build = {"cargo build --release" + locked};
  seen.test = {"cargo test" + locked};
  for (const auto& [name, has_main] : crate.benches) {
    if (!is_plain_name(name)) continue;
    const bool is_sure = has_main && crate.uses_criterion;
    SeenBenchmark each{.name = name,
                       .run = "./target/" + name +
                              "-bench --bench --noplot --warm-up-time 0.2 --measurement-time 0.5",
                       .format = "auto",
                       .filter = {},
                       .why = "[[bench]] of Cargo.toml",
                       .is_sure = is_sure};
    if (is_sure) {
      seen.build.push_back("cargo bench" + locked + " --bench " + name + " --no-run");
      seen.build.push_back("cp \"$(ls -t target/release/deps/" + name +
                           "-* | grep -v '\\.d$' | head -n 1)\" target/" + name + "-bench");
    } else {
      each.run = "cargo bench --bench " + name;
      each.why += ": without criterion, so that it is run through cargo";
    }
    seen.benchmarks.push_back(std::move(each));
  }
  std::vector<std::string> programs = crate.programs;
  if (programs.empty() && tree.has("src/main.rs")) programs.push_back(crate.package);
  for (const std::string& program : programs)
    if (is_plain_name(program))
      seen.benchmarks.push_back({.name = program,
                                 .run = "./target/release/" + program,
                                 .why = "the program; give it a typical piece of work"});
  return seen;
}

Seen look_at_go(const SourceTree& tree) {
  Seen seen{.packages = "golang"};
  std::set<std::string> packages;
  for (const std::string& file : tree.ending("_test.go"))
    if (tree.text(file).find("\nfunc Benchmark") != std::string::npos)
      packages.insert(directory_of(file));
  seen.build = {"go build ./..."};
  if (!packages.empty()) seen.build.push_back("mkdir -p build");
  for (const std::string& package : packages) {
    const std::string name = package.empty() ? "root" : benchmark_name(package);
    // -trimpath: no checkout path in the binary, so that the two sides differ in code only.
    seen.build.push_back("go test -trimpath -c -o build/" + name + ".test " +
                         shell_quoted(package.empty() ? "." : "./" + package));
    seen.benchmarks.push_back(
        {.name = name,
         .run = "./build/" + name +
                ".test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms",
         .format = "auto",
         .filter = "-test.bench={regex}",
         .why = "package " + (package.empty() ? "." : package),
         .is_sure = true});
  }
  seen.test = {"go test ./..."};
  return seen;
}

namespace {

/// Whether what a target is made of, as its line says, has a source with Google Benchmark.
bool is_google_benchmark(const SourceTree& tree, const std::string& needs) {
  std::istringstream words(needs);
  for (std::string word; words >> word;) {
    const std::string stem = word.ends_with(".o") ? word.substr(0, word.size() - 2) : "";
    for (const std::string& source : {word, stem + ".cpp", stem + ".cc", stem + ".cxx"})
      if (tree.text(source).find("benchmark/benchmark.h") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Seen look_at_make(const SourceTree& tree) {
  Seen seen{.build = {"make"}, .packages = "build-essential"};
  std::set<std::string> targets;
  std::set<std::string> programs;  // of Google Benchmark
  for (const char* file : {"GNUmakefile", "makefile", "Makefile"})
    for (const std::string& line : lines_of(tree.text(file))) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || line.starts_with('\t') || line.starts_with('#') ||
          line.substr(colon).starts_with(":="))
        continue;
      const std::string target = trimmed(line.substr(0, colon));
      targets.insert(target);
      if (is_plain_name(target) && is_google_benchmark(tree, line.substr(colon + 1)))
        programs.insert(target);
    }
  for (const std::string& program : programs) {
    // Also where the first target does not need it.
    seen.build.push_back("make " + program);
    seen.benchmarks.push_back({.name = program,
                               .run = "./" + program + std::string(kGoogleBenchmarkOptions),
                               .format = "google-benchmark",
                               .filter = {},
                               .why = "target of the Makefile, of a source with Google Benchmark",
                               .is_sure = true});
  }
  if (!programs.empty()) seen.packages += " libbenchmark-dev";
  for (const char* test : {"check", "test"})
    if (seen.test.empty() && targets.contains(test)) seen.test = {std::string("make ") + test};
  for (const char* bench : {"bench", "benchmark", "benchmarks", "perf"})
    if (targets.contains(bench) && !programs.contains(bench))
      seen.benchmarks.push_back(
          {.name = bench,
           .run = std::string("make -s ") + bench,
           .why = "target of the Makefile; what it runs, without make, is measured better"});
  return seen;
}

}  // namespace melisai::init

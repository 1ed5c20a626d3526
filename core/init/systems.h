// Build systems as a table: how each is known, built and tested, and where its benchmarks are.
// Private to core/init.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/init/tree.h"

namespace melisai::init {

struct SeenBenchmark {
  std::string name;      ///< as the pipeline file allows
  std::string run;       ///< shell line
  std::string format;    ///< "" : the process itself is measured
  std::string filter;    ///< "" : the format's own, or none
  std::string why;       ///< where it was seen, or what is not sure about it
  bool is_sure = false;  ///< runs as it is; others become comments
};

struct Seen {
  std::vector<std::string> build;  ///< shell lines; all must succeed
  std::vector<std::string> test;   ///< empty: no tests were seen
  std::vector<SeenBenchmark> benchmarks;
  std::string packages;  ///< of Debian, that build it
};

/// After a program of Google Benchmark.
inline constexpr std::string_view kGoogleBenchmarkOptions =
    " --benchmark_min_time=0.05 --benchmark_out=$MELISAI_RESULT --benchmark_out_format=json";

struct BuildSystem {
  std::string_view name;
  bool (*is_here)(const SourceTree& tree);
  Seen (*look)(const SourceTree& tree);
};
/// The first that is here is taken: a Makefile beside another file often only calls that.
const std::vector<BuildSystem>& build_systems();

// cmake.cpp, compiled.cpp, packaged.cpp
Seen look_at_cmake(const SourceTree& tree);
Seen look_at_cargo(const SourceTree& tree);
Seen look_at_go(const SourceTree& tree);
Seen look_at_make(const SourceTree& tree);
Seen look_at_maven(const SourceTree& tree);
Seen look_at_gradle(const SourceTree& tree);
Seen look_at_npm(const SourceTree& tree);
Seen look_at_python(const SourceTree& tree);

/// `text` with '-' for what a benchmark's name must not hold.
std::string benchmark_name(std::string_view text);
/// What a shell line takes as one word, of names that strangers' files may hold.
std::vector<std::string> lines_of(std::string_view text);
std::string trimmed(std::string_view text);

}  // namespace melisai::init

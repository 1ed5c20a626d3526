// The pipeline files that we ship, run for real on small projects that fit them. What they measure
// is counted, not timed, so that no verdict depends on this machine.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;

class ShippedPipelines : public Sandbox {
 protected:
  void use(const std::string& file) {
    std::filesystem::copy_file(MELISAI_SOURCE_DIR "/pipelines/" + file,
                               repo() + "/.melisai-gate.yaml",
                               std::filesystem::copy_options::overwrite_existing);
  }

  std::string status_of(const std::string& stage, const std::string& side) const {
    const json all = report();
    for (const json& entry : all["stages"])
      if (entry["name"] == stage && entry["side"] == side) return entry["status"];
    return "missing";
  }

  void expect_stages_passed() {
    EXPECT_EQ(status_of("build", "base"), "passed");
    EXPECT_EQ(status_of("build", "head"), "passed");
    EXPECT_EQ(status_of("test", "head"), "passed");
    EXPECT_EQ(status_of("test", "base"), "missing");
  }
};

TEST_F(ShippedPipelines, CmakeWithGoogleBenchmark) {
  use("cmake-google-benchmark.yaml");
  write("CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(sample CXX)\nenable_testing()\n"
        "find_package(benchmark REQUIRED)\nadd_executable(bench bench.cpp)\n"
        "target_link_libraries(bench benchmark::benchmark_main)\n"
        "add_test(NAME sample COMMAND bench --benchmark_list_tests)\n");
  write("bench.cpp",
        "#include <benchmark/benchmark.h>\n"
        "static void BM_Fixed(benchmark::State& s) {\n"
        "  for (auto _ : s) s.SetIterationTime(1e-3);\n  s.counters[\"depth\"] = 4;\n}\n"
        "BENCHMARK(BM_Fixed)->UseManualTime()->Iterations(1000);\n"
        "static void BM_Other(benchmark::State& s) {\n  for (auto _ : s) "
        "s.SetIterationTime(2e-3);\n}\n"
        "BENCHMARK(BM_Other)->UseManualTime()->Iterations(1000);\n");
  commit("base");
  commit("head");
  const Ran ran = check({"--base", "main~1", "--fail-on", "never", "--max-pairs", "4"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  expect_stages_passed();
  const json fixed = benchmark("bench/BM_Fixed/iterations:1000/manual_time", "wall_time");
  ASSERT_TRUE(fixed.is_object()) << report()["benchmarks"];
  EXPECT_NEAR(fixed["head"]["median"].get<double>(), 1e6, 1);
  EXPECT_EQ(fixed["unit"], "ns");
}

TEST_F(ShippedPipelines, AnyCommand) {
  use("command.yaml");
  write("Makefile",
        "app: app.sh\n\tcp app.sh app\ncheck: app\n\ttest \"$$(./app | wc -c)\" -gt 1000\n");
  write("app.sh", "#!/bin/sh\nhead -c 20000 /dev/zero\n");
  commit("base");
  write("app.sh", "#!/bin/sh\nhead -c 30000 /dev/zero\n");
  commit("head");
  const Ran ran = check({"--base", "main~1"});
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  expect_stages_passed();
  EXPECT_NEAR(benchmark("app", "wchar")["effect"].get<double>(), 0.5, 1e-9);
}

}  // namespace
}  // namespace melisai::e2e

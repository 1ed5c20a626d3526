// One build system a test: what is built and measured there, and what becomes a comment.
#include "tests/unit/init/source_fixture.h"

namespace melisai::init {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Systems : public Sources {};

constexpr const char* kGoogle =
    "find_package(benchmark REQUIRED)\n"
    "add_executable(parse_bench bench.cpp)  # not (a comment)\n"
    "target_link_libraries(parse_bench\n  PRIVATE app benchmark::benchmark)\n";
const std::string kGoogleOptions =
    " --benchmark_min_time=0.05 --benchmark_out=$MELISAI_RESULT --benchmark_out_format=json";

TEST_F(Systems, CMakeMeasuresTargetsThatLinkGoogleBenchmark) {
  write("CMakeLists.txt",
        std::string("project(app CXX)\nadd_executable(app main.cpp)\n") + kGoogle);
  const std::string text = pipeline();
  EXPECT_EQ(measured("parse_bench"), "./build/parse_bench" + kGoogleOptions);
  EXPECT_THAT(text, AllOf(HasSubstr("cmake -S . -B build -DCMAKE_BUILD_TYPE=Release"),
                          Not(HasSubstr("ctest"))));
}

TEST_F(Systems, CMakeTakesNoNameForALibrary) {
  write("CMakeLists.txt",
        "add_executable(benchmark_tool t.cpp)\ntarget_link_libraries(benchmark_tool PRIVATE "
        "benchmark_helpers)\n");
  EXPECT_THAT(pipeline(), HasSubstr("Nothing is measured yet"));
  write("CMakeLists.txt", "add_executable(b EXCLUDE_FROM_ALL b.cpp)\n");
  write("b.cpp", "#include <benchmark/benchmark.h>\n");
  EXPECT_THAT(pipeline(), HasSubstr("#     - name: b  #"));
}

TEST_F(Systems, CMakeKnowsWhereProgramsGo) {
  write("CMakeLists.txt",
        "project(app)\noption(APP_BENCHMARKS \"Build them\" OFF)\nadd_subdirectory(bench)\n"
        "add_test(NAME t COMMAND t)\n");
  write("bench/CMakeLists.txt", kGoogle);
  const std::string text = pipeline();
  EXPECT_EQ(measured("parse_bench"), "./build/bench/parse_bench" + kGoogleOptions);
  EXPECT_THAT(text, AllOf(HasSubstr("-DAPP_BENCHMARKS=ON"), HasSubstr("ctest --test-dir build")));
  write("CMakeLists.txt",
        "set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)\nadd_subdirectory(bench)\n");
  pipeline();
  EXPECT_EQ(measured("parse_bench"), "./build/bin/parse_bench" + kGoogleOptions);
  write("CMakeLists.txt",
        "set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${WHERE})\nadd_subdirectory(bench)\n");
  EXPECT_THAT(pipeline(), HasSubstr("#     - name: parse_bench"));
  EXPECT_EQ(measured("parse_bench"), "");
}

TEST_F(Systems, CMakeReadsSourcesToo) {
  write("CMakeLists.txt", "add_executable(b b.cpp)\nadd_executable(n n.cpp)\nlink_libraries(x)\n");
  write("b.cpp", "#include <benchmark/benchmark.h>\n");
  write("n.cpp", "#include <nanobench.h>\n");
  EXPECT_THAT(pipeline(), HasSubstr("# - name: n  # target n of CMakeLists.txt"));
  EXPECT_EQ(measured("b"), "./build/b" + kGoogleOptions);
}

TEST_F(Systems, CargoBuildsCriterionBenches) {
  write("Cargo.toml",
        "[package]\nname = \"app\"\n[dev-dependencies]\ncriterion = \"0.5\"\n"
        "[[bench]]\nname = \"parse\" # short\nharness = false\n[[bench]]\nname = \"old\"\n");
  write("Cargo.lock", "");
  write("src/main.rs", "fn main() {}\n");
  const std::string text = pipeline();
  EXPECT_EQ(measured("parse"),
            "./target/parse-bench --bench --noplot --warm-up-time 0.2 --measurement-time 0.5");
  EXPECT_THAT(text, AllOf(HasSubstr("cargo bench --locked --bench parse --no-run"),
                          HasSubstr("# - name: old"), HasSubstr("# - name: app")));
}

TEST_F(Systems, GoBuildsATestBinaryForEachPackageWithBenchmarks) {
  write("go.mod", "module example.org/app\n");
  write("parse/parse_test.go", "package parse\n\nfunc BenchmarkParse(b *testing.B) {}\n");
  write("root_test.go", "package app\n\nfunc BenchmarkAll(b *testing.B) {}\n");
  write("other/other_test.go", "package other\n\nfunc TestIt(t *testing.T) {}\n");
  const std::string text = pipeline();
  EXPECT_EQ(measured("parse"),
            "./build/parse.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms");
  EXPECT_NE(measured("root"), "");
  EXPECT_THAT(text, AllOf(HasSubstr("go test -trimpath -c -o build/parse.test ./parse"),
                          Not(HasSubstr("other"))));
}

TEST_F(Systems, MavenAndGradleMeasureJmh) {
  write("build.gradle.kts", "plugins { id(\"me.champeau.jmh\") version \"0.7.2\" }\n");
  EXPECT_THAT(pipeline(), HasSubstr("gradle jmhJar"));
  EXPECT_THAT(measured("jmh"), HasSubstr("java -jar build/libs/*-jmh.jar"));
  write("pom.xml", "<artifactId>jmh-core</artifactId><finalName>benchmarks</finalName>");
  write("mvnw", "");
  EXPECT_THAT(pipeline(), HasSubstr("./mvnw -q -B package"));
  EXPECT_THAT(measured("jmh"), HasSubstr("java -jar target/benchmarks.jar"));
}

TEST_F(Systems, NpmOffersItsScriptsAsComments) {
  write("package.json",
        R"({"scripts": {"build": "tsc", "test": "echo \"Error: no test specified\" && exit 1",
            "bench:parse": "node bench.js", "bench; rm -rf /": "x"}})");
  const std::string text = pipeline();
  EXPECT_THAT(text, AllOf(HasSubstr("npm install"), HasSubstr("npm run build"),
                          HasSubstr("npm run -s bench:parse"), Not(HasSubstr("rm -rf")),
                          Not(HasSubstr("npm test"))));
  write("package.json", R"({"devDependencies": {"vitest": "2"}})");
  write("parse.bench.ts", "");
  pipeline();
  EXPECT_EQ(measured("vitest"), "npx vitest bench --run --outputJson=$MELISAI_RESULT");
}

TEST_F(Systems, PythonMeasuresPytestBenchmark) {
  write("requirements.txt", "");
  write("tests/test_app.py", "def test_it():\n  pass\n");
  write("benchmarks/test_speed.py", "def test_parse(benchmark):\n  benchmark(parse)\n");
  write("benchmarks/bench_cli.py", "if __name__ == '__main__':\n  pass\n");
  const std::string text = pipeline();
  EXPECT_THAT(measured("suite"), HasSubstr("$MELISAI_RESULT benchmarks/test_speed.py"));
  EXPECT_THAT(
      text, AllOf(HasSubstr("pip install --quiet pytest pytest-benchmark"),
                  HasSubstr("pytest -q --benchmark-disable\n"), HasSubstr("# - name: bench_cli")));
}

TEST_F(Systems, MakeIsTakenWhenNothingElseIsThere) {
  write("Makefile", "CC := gcc\nall:\n\ttrue\ncheck: all\n\ttrue\nbench:\n\t./app\n");
  const std::string text = pipeline();
  EXPECT_THAT(text, AllOf(HasSubstr("make check"), HasSubstr("make -s bench"),
                          HasSubstr("Nothing is measured yet")));
}

TEST_F(Systems, MakeMeasuresProgramsOfGoogleBenchmark) {
  write("Makefile",
        "all: app\nbench: bench.o\n\tg++ -o $@ $^ -lbenchmark\nspeed: s.cc x.h\n$(B): bench.cpp\n");
  write("bench.cpp", "#include <benchmark/benchmark.h>\n");
  write("s.cc", "#include \"benchmark/benchmark.h\"\n");
  const std::string text = pipeline();
  EXPECT_THAT(measured("bench"), StartsWith("./bench --benchmark_min_time=0.05 "));
  EXPECT_THAT(measured("speed"), StartsWith("./speed --benchmark_"));
  EXPECT_THAT(text, AllOf(HasSubstr("      make\n      make bench\n      make speed\n"),
                          Not(HasSubstr("make -s bench")), Not(HasSubstr("$(B)"))));
}

TEST_F(Systems, WhatFilesAreCalledCommandsNothing) {
  write("CMakeLists.txt",
        "add_executable(\"a;touch x\" b.cpp)\nadd_executable($(touch) b.cpp)\n"
        "add_executable(`id` b.cpp)\nadd_executable(ok b.cpp)\nadd_executable(ok b.cpp)\n");
  write("b.cpp", "#include <benchmark/benchmark.h>\n");
  const std::string text = pipeline();
  EXPECT_THAT(text, AllOf(Not(HasSubstr("touch")), Not(HasSubstr("`id`"))));
  EXPECT_NE(measured("ok"), "");
  std::filesystem::remove(root() + "/CMakeLists.txt");
  write("go.mod", "module x\n");
  write("a $(id) 'b/c_test.go", "\nfunc BenchmarkX(b *testing.B) {}\n");
  EXPECT_THAT(pipeline(), HasSubstr("'./a $(id) '\\''b'"));
}

TEST_F(Systems, FilesOfOthersAreNotLookedAt) {
  write("CMakeLists.txt", "project(app)\n");
  for (const std::string place : {"third_party", "build", ".cache", "node_modules"}) {
    write(place + "/x/CMakeLists.txt", "add_executable(other b.cpp)\n");
    write(place + "/x/b.cpp", "#include <benchmark/benchmark.h>\n");
  }
  EXPECT_THAT(pipeline(), Not(HasSubstr("other")));
}

}  // namespace
}  // namespace melisai::init

#include "core/run/project_file.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/files.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"

namespace melisai::run {
namespace project_file_test {

using namespace std::chrono_literals;
using Trigger = PipelineSpec::Trigger;

const EnvLookup kEnv = [](const std::string& name) -> std::optional<std::string> {
  if (name == "COMPILER") return "clang";
  return std::nullopt;
};

Result<Project> parse(std::string_view text) {
  return parse_project(text, "gate.yaml", kEnv, {formats::problem_of, gate::anomaly_problem});
}

std::string message_of(std::string_view text) {
  const Result<Project> project = parse(text);
  return project ? "" : project.error().message;
}

constexpr std::string_view kWholeFile = R"(version: 1
project: { name: "app-${COMPILER}" }
pipelines:
  build:
    trigger: on_commit
    run: [cmake, --build, build]
    env: { CC: "${COMPILER}", LEVEL: 2, FLAGS: "${CFLAGS:--O2} $MELISAI_RESULT $$x" }
  test: { trigger: after_build, run: make check }
  benchmark:
    trigger: after_build
    timeout: 2h
    benchmarks:
      - name: parse
        run: ./bench --out=$MELISAI_RESULT ${COMPILER}
        setup: |
          ./make-input
          echo ${COMPILER}
        format: google-benchmark
        filter: "--filter={regex} ${COMPILER}"
        env: { LANG: C }
        pin: 0,2-3
        timeout: 90s
      - { name: cli/small, run: ./app }
      - { name: any, run: ./any, format: auto }
      - { name: rows, run: ./rows, format: { json: { items: "$.results[*]", name: $.id,
            value: $.ms, unit: ms, metric: latency, better: lower } } }
      - { name: lines, run: ./lines,
          format: { regex: '^(?P<name>\S+) (?P<value>\d+)$', better: higher } }
  nightly: { trigger: cron, schedule: "0 0 3 * * *", run: make nightly }
  release: { trigger: on_tag, run: make release }
  deploy: { trigger: manual, run: make deploy }
gate: { threshold: 2%, false_alarm: 0.5%, miss: 0.1, max_pairs: 100, budget: 1h,
        fail_on: inconclusive,
        rules: [{ benchmark: "parse/*", metric: cpu_time, threshold: 10%, level: warn },
                { threshold: 3% }, { metric: "peak_?ss", level: off }] }
measure:
  pin: off
  cgroup: off
  grace: 0s
  output_max: 1GiB
  result_max: 1MiB
  metrics_max: 10
  machine_wait: 2m
  pass_env: [CC, LD_PRELOAD]
collect:
  enabled: true
  collectors: ["perf*", quiet]
  required: [quiet, process, perfect]
  profile: true
  watch: false
  trace_exit: false
  disturbed: { other_cpu: 150%, steal: 1%, pressure: 0.5 }
  start_max: 500ms
  stop_max: 15s
  memory_max: 1GiB
  samples_max: 7
  log_max: 4KiB
  restarts_max: 0
  collectors_max: 3
git: { allow_http: true, submodules: true, timeout: 30s }
cache: { enabled: false, max_size: 10GB, max_age: 30d }
)";

PipelineSpec pipeline(const std::string& name, Trigger trigger, const std::string& run) {
  PipelineSpec spec;
  spec.name = name;
  spec.trigger = trigger;
  spec.run.shell = run;
  return spec;
}

// The pipelines of kWholeFile.
std::vector<PipelineSpec> whole_pipelines() {
  PipelineSpec build = pipeline("build", Trigger::on_commit, "");
  build.run.argv = {"cmake", "--build", "build"};
  build.env = {{"CC", "clang"}, {"LEVEL", "2"}, {"FLAGS", "-O2 $MELISAI_RESULT $x"}};
  PipelineSpec test = pipeline("test", Trigger::after, "make check");
  test.after = {"build"};
  test.timeout = 1h;
  PipelineSpec benchmark = pipeline("benchmark", Trigger::after, "");
  benchmark.after = {"build"};
  benchmark.timeout = 2h;
  BenchmarkSpec parse_benchmark;
  parse_benchmark.name = "parse";
  parse_benchmark.run.shell = "./bench --out=$MELISAI_RESULT ${COMPILER}";
  parse_benchmark.setup.shell = "./make-input\necho ${COMPILER}\n";
  parse_benchmark.format.name = "google-benchmark";
  parse_benchmark.filter = "--filter={regex} ${COMPILER}";
  parse_benchmark.env = {{"LANG", "C"}};
  parse_benchmark.pin = Pinning{.mode = Pinning::Mode::list, .cpus = {0, 2, 3}};
  parse_benchmark.timeout = 90s;
  BenchmarkSpec cli_benchmark;
  cli_benchmark.name = "cli/small";
  cli_benchmark.run.shell = "./app";
  BenchmarkSpec any_benchmark;
  any_benchmark.name = "any";
  any_benchmark.run.shell = "./any";
  any_benchmark.format.name = "auto";
  BenchmarkSpec rows_benchmark;
  rows_benchmark.name = "rows";
  rows_benchmark.run.shell = "./rows";
  rows_benchmark.format.json = JsonLayout{.items = "$.results[*]",
                                          .name = "$.id",
                                          .value = "$.ms",
                                          .unit = "ms",
                                          .metric = "latency",
                                          .better = Better::lower};
  BenchmarkSpec lines_benchmark;
  lines_benchmark.name = "lines";
  lines_benchmark.run.shell = "./lines";
  lines_benchmark.format.regex = RegexLayout{.pattern = R"(^(?P<name>\S+) (?P<value>\d+)$)",
                                             .unit = "",
                                             .metric = "",
                                             .better = Better::higher};
  benchmark.benchmarks = {parse_benchmark, cli_benchmark, any_benchmark, rows_benchmark,
                          lines_benchmark};
  PipelineSpec nightly = pipeline("nightly", Trigger::cron, "make nightly");
  nightly.schedule = "0 0 3 * * *";
  PipelineSpec deploy = pipeline("deploy", Trigger::manual, "make deploy");
  deploy.timeout = 20min;
  return {build, test, benchmark, nightly, pipeline("release", Trigger::on_tag, "make release"),
          deploy};
}

Project whole_project() {
  Project project;
  project.name = "app-clang";
  project.pipelines = whole_pipelines();
  project.gate = {
      .threshold = 0.02,
      .false_alarm = 0.005,
      .miss = 0.1,
      .max_pairs = 100,
      .budget = 1h,
      .fail_on = FailOn::inconclusive,
      .rules = {
          {.benchmark = "parse/*", .metric = "cpu_time", .threshold = 0.1, .level = Level::warn},
          {.threshold = 0.03},
          {.metric = "peak_?ss", .level = Level::off}}};
  project.measure.pin.mode = Pinning::Mode::off;
  project.measure.cgroup = CgroupMode::off;
  project.measure.grace = 0s;
  project.measure.output_max = 1 << 30;
  project.measure.result_max = 1 << 20;
  project.measure.metrics_max = 10;
  project.measure.machine_wait = 2min;
  project.measure.pass_env = {"CC", "LD_PRELOAD"};
  project.collect = {.enabled = true,
                     .collectors = {"perf*", "quiet", "process"},  // what is required is selected
                     .required = {"quiet", "process", "perfect"},
                     .profile = true,
                     .watch = false,
                     .trace_exit = false,
                     .disturbed_other_cpu = 1.5,
                     .disturbed_steal = 0.01,
                     .disturbed_pressure = 0.5,
                     .start_max = 500ms,
                     .stop_max = 15s,
                     .memory_max = 1 << 30,
                     .samples_max = 7,
                     .log_max = 4 << 10,
                     .restarts_max = 0,
                     .collectors_max = 3};
  project.git = {.allow_http = true, .submodules = true, .timeout = 30s};
  project.cache = {.enabled = false, .size_max = 10'000'000'000, .age_max = 30 * 24h};
  return project;
}

TEST(ProjectFile, ReadsThatNothingShallBeProfiled) {
  const auto project = parse_project("version: 1\ncollect: { profile: false }\n", "f", {},
                                     {formats::problem_of, gate::anomaly_problem});
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_FALSE(project->collect.profile);
}

TEST(ProjectFile, ReadsEveryKey) {
  const Result<Project> project = parse(kWholeFile);
  ASSERT_TRUE(project) << project.error().message;
  const Project expected = whole_project();
  ASSERT_EQ(project->pipelines.size(), expected.pipelines.size());
  for (std::size_t i = 0; i < expected.pipelines.size(); ++i)
    EXPECT_EQ(project->pipelines[i], expected.pipelines[i]) << expected.pipelines[i].name;
  EXPECT_EQ(project->name, expected.name);
  EXPECT_EQ(project->gate, expected.gate);
  EXPECT_EQ(project->measure, expected.measure);
  EXPECT_EQ(project->collect, expected.collect);
  EXPECT_EQ(project->git, expected.git);
  EXPECT_EQ(project->cache, expected.cache);
}

TEST(ProjectFile, VersionAloneGivesTheDefaults) {
  EXPECT_EQ(parse("version: 1\n").value(), Project{});
  EXPECT_EQ(parse("version: 1\npipelines:\ngate:\nmeasure: {}\n").value(), Project{})
      << "empty sections";
}

TEST(ProjectFile, ReadsFailOnNever) {
  EXPECT_EQ(parse("version: 1\ngate: { fail_on: never }").value().gate.fail_on, FailOn::never);
}

TEST(ProjectFile, AcceptsTheEndsOfRanges) {
  for (const char* gate :
       {"threshold: 0.1%", "threshold: 1000%", "threshold: 0.001", "false_alarm: 0.01%",
        "miss: 50%", "max_pairs: 4", "max_pairs: 10000", "budget: 1s", "budget: 7d"})
    EXPECT_EQ(message_of("version: 1\ngate: { " + std::string(gate) + " }"), "") << gate;
  for (const char* measure :
       {"grace: 0s", "grace: 10m", "output_max: 128KiB", "output_max: 16GiB", "pin: 4095"})
    EXPECT_EQ(message_of("version: 1\nmeasure: { " + std::string(measure) + " }"), "") << measure;
  for (const char* collect :
       {"enabled: false", "start_max: 100ms", "start_max: 10s", "memory_max: 16MiB",
        "memory_max: 64GiB", "restarts_max: 10", "log_max: 1KiB", "disturbed: { steal: 100% }",
        "disturbed: { other_cpu: 1000% }", "disturbed:"})
    EXPECT_EQ(message_of("version: 1\ncollect: { " + std::string(collect) + " }"), "") << collect;
}

TEST(ProjectFile, LimitsPipelinesBenchmarksAndRules) {
  std::string pipelines = "version: 1\npipelines:\n";
  for (int i = 0; i < 200; ++i)
    pipelines += "  p" + std::to_string(i) + ": {trigger: on_commit, run: a}\n";
  EXPECT_EQ(message_of(pipelines), "");
  EXPECT_EQ(message_of(pipelines + "  last: {trigger: on_commit, run: a}\n"),
            "gate.yaml:203:3: more than 200 pipelines, the limit of a file");
  std::string benchmarks =
      "version: 1\npipelines:\n  b:\n    trigger: on_commit\n    benchmarks:\n";
  for (int i = 0; i < 1000; ++i) benchmarks += "    - {name: b" + std::to_string(i) + ", run: a}\n";
  EXPECT_EQ(message_of(benchmarks), "");
  EXPECT_EQ(message_of(benchmarks + "    - {name: last, run: a}\n"),
            "gate.yaml:1006:7: more than 1000 benchmarks, the limit of a file");
  std::string rules = "version: 1\ngate:\n  rules:\n";
  for (int i = 0; i < 200; ++i) rules += "    - {level: off}\n";
  EXPECT_EQ(message_of(rules), "");
  EXPECT_EQ(message_of(rules + "    - {level: off}\n"),
            "gate.yaml:204:7: more than 200 rules, the limit of a file");
}

TEST(ProjectFile, LongChainsOfTriggersAreNoCycle) {
  std::string text = "version: 1\npipelines:\n";
  for (int i = 0; i < 199; ++i)
    text +=
        "  p" + std::to_string(i) + ": {trigger: after_p" + std::to_string(i + 1) + ", run: a}\n";
  EXPECT_EQ(message_of(text + "  p199: {trigger: on_commit, run: a}\n"), "");
  EXPECT_EQ(message_of(text + "  p199: {trigger: after_p0, run: a}\n"),
            "gate.yaml:3:17: 'trigger': a cycle: p0 -> p199 -> p198 -> p197 -> p196 -> p195 -> "
            "p194 -> p193 -> p192 -> "
            "p191 -> ... -> p0; let one of them start on_commit");
}

TEST(ProjectFile, KeepsTheLimitOfExpansionForTheWholeFile) {
  const EnvLookup long_value = [](const std::string&) {
    return std::optional<std::string>(std::string(100'000, 'x'));
  };
  std::string text = "version: 1\npipelines:\n  b:\n    trigger: on_commit\n    run: a\n    env:\n";
  for (int i = 0; i < 20; ++i) text += "      V" + std::to_string(i) + ": ${LONG}\n";
  const Result<Project> project =
      parse_project(text, "gate.yaml", long_value, {formats::problem_of, gate::anomaly_problem});
  ASSERT_FALSE(project);
  EXPECT_TRUE(project.error().message.starts_with(
      "gate.yaml:17:12: the expanded values of this file pass their limit"))
      << project.error().message;
}

TEST(ProjectFile, NamesAreSafeAsPathsAndArguments) {
  for (const char* name : {"a", "parse/BM_Small", "x86_64+avx", "1.2", ".hidden", "a-b"})
    EXPECT_TRUE(is_valid_name(name)) << name;
  EXPECT_TRUE(is_valid_name(std::string(100, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(101, 'a')));
  for (const char* name : {"", "-a", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a..b",
                           "a b", "a\n", "a:b", "\xC3\xA4", "$a"})
    EXPECT_FALSE(is_valid_name(name)) << name;
}

TEST(ProjectFile, ReadsHowInstructionsAreCounted) {
  const Result<Project> project = parse(
      "version: 1\ngate: { exact: { mode: off, run_max: 1s, budget: 5m, runs: 5, tolerance: 0.01% "
      "} "
      "}\npipelines: { b: { trigger: on_commit, benchmarks: [ { name: a, run: ./a, exact: on }, "
      "{ name: b, run: ./b } ] } }\n");
  ASSERT_TRUE(project) << project.error().message;
  const Exact expected{.mode = ExactMode::off,
                       .run_max = Milliseconds(1'000),
                       .budget = Milliseconds(300'000),
                       .runs = 5,
                       .tolerance = 0.0001};
  EXPECT_EQ(project->gate.exact, expected);
  EXPECT_EQ(project->pipelines[0].benchmarks[0].exact, ExactMode::on);
  EXPECT_EQ(project->pipelines[0].benchmarks[1].exact, std::nullopt);
}

TEST(ProjectFile, ReadsPinning) {
  EXPECT_EQ(parse_pinning("auto").value(), Pinning{});
  EXPECT_EQ(parse_pinning("off").value().mode, Pinning::Mode::off);
  EXPECT_EQ(parse_pinning("3,0-1,1").value().cpus, (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(parse_pinning("0-4095").value().cpus.size(), 4096u);
  for (const char* text : {"", "on", ",", "0,", ",0", "1-", "-1", "2-1", "0-4096", "0 ,1", "0x1",
                           "1.5", "99999999999"}) {
    const Result<Pinning> pinning = parse_pinning(text);
    ASSERT_FALSE(pinning) << text;
    EXPECT_EQ(pinning.error().code, Errc::usage);
  }
}

// Two thousand broken files: none may crash, and every refusal has a position.
TEST(ProjectFile, SurvivesMutations) {
  constexpr std::string_view kPieces[] = {
      ":",  "- ", "{",  "}",    "[",    "]",    "\n",  "  ",     "\t",   "'",   "\"",
      "#",  "&a", "*a", "!!x ", "<<: ", "|\n",  ">\n", "---\n",  "? ",   "~",   "%",
      "\r", ",",  "${", "1e9",  "\xFF", "\xC3", "\\",  "after_", "null", "\x1b"};
  std::mt19937 engine(20240607);
  const auto below = [&](std::size_t bound) { return engine() % bound; };
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text(kWholeFile);
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text.insert(at, kPieces[below(std::size(kPieces))]); break;
        case 1: text.erase(at, 1 + below(20)); break;
        case 2: text[at] = static_cast<char>(below(128)); break;
        default: text.insert(at, text.substr(below(text.size()), below(60)));
      }
    }
    const Result<Project> project = parse(text);
    accepted += project ? 1 : 0;
    if (project) continue;
    int line = 0, column = 0, end = 0;
    const std::string& message = project.error().message;
    ASSERT_EQ(std::sscanf(message.c_str(), "gate.yaml:%d:%d: %n", &line, &column, &end), 2)
        << message << "\n"
        << text;
    ASSERT_TRUE(line >= 1 && column >= 1 && end > 0) << message;
    ASSERT_EQ(message.find('\x1b'), std::string::npos) << text;
    ASSERT_LT(message.size(), 2000u);
  }
  EXPECT_GT(accepted, 60) << "the mutations are too coarse to reach the readers";
}

}  // namespace project_file_test
}  // namespace melisai::run

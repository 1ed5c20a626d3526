#include <re2/re2.h>

#include <algorithm>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

const RE2& test_line() {
  static const RE2 pattern(R"(\s*--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\))");
  return pattern;
}

/// `go test -v` tells a package's name after its tests: they are kept until then.
class Parser {
 public:
  explicit Parser(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 package(R"((?:ok|FAIL|---)\s+(\S+)\s+(?:[0-9.]+s|\(cached\)).*)");
    std::string how, name, seconds;
    if (RE2::FullMatch(line, test_line(), &how, &name, &seconds)) {
      if (how != "SKIP") tests_.push_back({name, how, number_from(seconds).value_or(-1) * 1e9});
      return {};
    }
    return RE2::FullMatch(line, package, &name) ? finish(name) : Result<void>();
  }

  Result<void> finish(const std::string& package) {
    for (const Test& test : std::exchange(tests_, {})) {
      const std::string name = package.empty() ? test.name : package + "." + test.name;
      if (test.how == "FAIL") builder_.fail(name, "the test failed");
      MELISAI_CHECK(builder_.add(name, wall_time(), test.time));
    }
    return {};
  }

 private:
  struct Test {
    std::string name, how;
    double time;
  };

  ReadingsBuilder& builder_;
  std::vector<Test> tests_;
};

/// Output of benchmarks is another format, tests in it or not.
bool looks_like(const Probe& probe) {
  static const RE2 benchmark(R"(Benchmark\S*\s+\d+\s+[0-9.]+ \S+.*)");
  bool has_test = false;
  for (const std::string& line : probe.lines()) {
    if (line.starts_with("Benchmark") && RE2::FullMatch(line, benchmark)) return false;
    has_test |= line.find("--- ") != std::string::npos && RE2::FullMatch(line, test_line());
  }
  return has_test;
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Parser parser(builder);
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return parser.take(line); }));
  return parser.finish("");
}

}  // namespace

extern const Format kGoTest;
const Format kGoTest{
    .info = {.name = "go-test", .tool = "go test", .made_by = "go test -v ./... > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats

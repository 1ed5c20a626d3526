// The plugin procfs around its parts: configuration, failures kept apart, files that hold anything,
// and the live host.
#include <gmock/gmock.h>

#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <stdexcept>

#include "plugins/procfs/family.h"
#include "plugins/procfs/fields.h"
#include "plugins/procfs/options.h"
#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ProcfsOptions, AreAllOptional) {
  for (const char* config : {"", "{}", R"({"sample_interval_ms":1000,"unknown":[1]})"}) {
    const Options options = parse_options(config);
    EXPECT_EQ(options.proc_root, "/proc");
    EXPECT_EQ(options.sys_root, "/sys");
    EXPECT_EQ(options.events_max, 1000);
    EXPECT_THAT(options.pids, IsEmpty());
  }
}

TEST(ProcfsOptions, AreRead) {
  const Options options = parse_options(
      R"({"proc_root":"/a/","sys_root":"/b","max_events":5,"pids":[7,8],"cgroups":["/x/y"],)"
      R"("observer_pids":[9]})");
  EXPECT_EQ(options.proc_root, "/a");
  EXPECT_EQ(options.sys_root, "/b");
  EXPECT_EQ(options.events_max, 5);
  EXPECT_THAT(options.pids, ElementsAre(7, 8));
  EXPECT_THAT(options.cgroups, ElementsAre("/x/y"));
  EXPECT_THAT(options.observer_pids, ElementsAre(9));
}

TEST(ProcfsOptions, AreRefusedWithAReason) {
  const auto reason = [](const std::string& config) -> std::string {
    try {
      parse_options(config);
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return "";
  };
  for (const char* config : {"[]", "{", "7", "{\"pids\":\"\xff\"}", "null"})
    EXPECT_THAT(reason(config), HasSubstr("one JSON object")) << config;
  for (const char* config :
       {R"({"pids":7})", R"({"pids":[0]})", R"({"pids":[-1]})", R"({"pids":[1.5]})",
        R"({"pids":["1"]})", R"({"pids":[18446744073709551615]})", R"({"pids":[null]})"})
    EXPECT_THAT(reason(config), HasSubstr("pids")) << config;
  for (const char* config :
       {R"({"proc_root":"proc"})", R"({"proc_root":""})", R"({"proc_root":7})",
        R"({"proc_root":"/a/../b"})", R"({"proc_root":"/a/.."})", R"({"proc_root":"/a\u0000b"})"})
    EXPECT_THAT(reason(config), HasSubstr("proc_root: an absolute path")) << config;
  EXPECT_THAT(reason(R"({"max_events":0})"), HasSubstr("max_events: a whole number from 1"));
  EXPECT_THAT(reason(R"({"cgroups":["x"]})"), HasSubstr("cgroups"));
  EXPECT_THAT(reason("{\"pids\":[" + std::string(5000, ' ') + "1" +
                     [] {
                       std::string more;
                       for (int i = 0; i < 5000; ++i) more += ",1";
                       return more;
                     }() +
                     "]}"),
              HasSubstr("at most 4096"));
  EXPECT_THAT(reason(std::string((1 << 20) + 1, ' ')), HasSubstr("megabyte"));
}

// Throws where it is told to.
class Thrower final : public Part {
 public:
  explicit Thrower(std::string where) : where_(std::move(where)) {}
  void start(Time) override { reach("start"); }
  void sample(Time) override { reach("sample"); }
  Findings stop(Time) override {
    reach("stop");
    Findings findings;
    findings.data["name"] = "\xff";  // no UTF-8
    return findings;
  }

 private:
  void reach(const std::string& place) const {
    if (place == where_) throw std::runtime_error("cannot " + place);
  }
  std::string where_;
};

TEST(ProcfsFamily, KeepsTheFailureOfOnePartFromTheOthers) {
  static constexpr Family::Member kMembers[] = {
      {"making", [](const Options&) -> std::unique_ptr<Part> { throw 7; }},
      {"start",
       [](const Options&) -> std::unique_ptr<Part> { return std::make_unique<Thrower>("start"); }},
      {"sample",
       [](const Options&) -> std::unique_ptr<Part> { return std::make_unique<Thrower>("sample"); }},
      {"stop",
       [](const Options&) -> std::unique_ptr<Part> { return std::make_unique<Thrower>("stop"); }},
      {"never",
       [](const Options&) -> std::unique_ptr<Part> { return std::make_unique<Thrower>(""); }}};
  Family family(kMembers);
  std::map<std::string, std::string> said;
  const auto take = [&](std::string_view name, std::string_view json) { said.emplace(name, json); };
  for (int window = 0; window < 2; ++window) {
    said.clear();
    family.start(Options(), Time(0));
    family.sample(Time(1));
    family.sample(Time(2));
    family.stop(Time(3), take);
    const std::string fine = "{\"name\":\"\xef\xbf\xbd\"}";
    EXPECT_EQ(said["making"],
              R"({"data":{},"errors":["threw something that is no std::exception"],)"
              R"("truncated":false})");
    EXPECT_EQ(said["start"], R"({"data":{},"errors":["cannot start"],"truncated":false})");
    EXPECT_EQ(said["sample"],
              R"({"data":)" + fine + R"(,"errors":["cannot sample"],"truncated":false})");
    EXPECT_EQ(said["stop"], R"({"data":{},"errors":["cannot stop"],"truncated":false})");
    EXPECT_EQ(said["never"], R"({"data":)" + fine + R"(,"errors":[],"truncated":false})");
  }
  said.clear();
  family.stop(Time(4), take);  // without a window
  EXPECT_THAT(said, IsEmpty());
}

TEST(ProcfsFamily, DropsWhatNoReportMayHold) {
  struct Talker final : Part {
    void start(Time) override {}
    Findings stop(Time) override {
      Findings findings;
      findings.data["text"] = std::string(1'000'000, 'x');
      return findings;
    }
  };
  static constexpr Family::Member kMembers[] = {
      {"talker",
       [](const Options&) -> std::unique_ptr<Part> { return std::make_unique<Talker>(); }}};
  Family family(kMembers);
  family.start(Options(), Time(0));
  std::string said;
  family.stop(Time(1), [&](std::string_view, std::string_view json) { said = json; });
  EXPECT_EQ(said, R"({"data":{},"errors":["found more than a report may hold"],"truncated":true})");
}

TEST(SeriesOfSamples, HasPercentilesByNearestRank) {
  Samples samples;
  for (int value = 1; value <= 200; ++value) samples.add("x", value);
  samples.add("x", std::nullopt);
  samples.add("x", std::numeric_limits<double>::infinity());
  Json data = Json::object();
  samples.put(data);
  EXPECT_EQ(data.dump(), R"({"samples":{"x":{"n":200,"min":1.0,"max":200.0,"mean":100.5,)"
                         R"("p50":100.0,"p90":180.0,"p99":198.0}}})");
}

struct Hosted {
  const char* name;
  const char* host;
  Make make;
};
constexpr Hosted kHosted[] = {
    {"cpu", "cpu", make_cpu},
    {"memory", "memory", make_memory},
    {"disk", "disk", make_disk},
    {"process", "process", make_process},
    {"container", "cgroup_v1", make_container},
    {"container2", "cgroup_v2", make_container},
    {"system", "system", make_system},
};

// Every number finite and no percentage but of one of many CPUs above 100.
void expect_sane(const nlohmann::ordered_json& data, const std::string& context) {
  const auto flat = data.flatten();
  for (const auto& [name, value] : flat.items()) {
    if (!value.is_number()) continue;
    const double number = value.get<double>();
    EXPECT_TRUE(std::isfinite(number) && number >= 0) << context << name << " = " << number;
    const bool share = name.find("_pct") != std::string::npos && name.find("psi_") == name.npos &&
                       name.find("cpu_pct") == name.npos && name.find("mem_pct") == name.npos &&
                       name.find("/n") == name.npos;
    EXPECT_TRUE(!share || number <= 100) << context << name << " = " << number;
  }
}

class AnyFile : public ::testing::TestWithParam<Hosted> {};

TEST_P(AnyFile, MayHoldAnything) {
  const std::string hostile[] = {
      "",
      "\n\n\n",
      std::string(3, '\0') + "\xff\xfe(((\n",
      std::string(100'000, '9'),
      "cpu 18446744073709551615 18446744073709551615 1 1 1 1 1 1 1 1\ncpu0 -1 -1 -1 -1\n",
      "MemTotal: 18446744073709551615 kB\nSwapTotal: -5 kB\nSwapFree: 99999999999999999 kB\n",
      "8 0 sda 1 1 99999999999999999999 1 1 1 99999999999999999999 1 1 1 1 1\n",
      "some avg10=-1 avg60=1e400 avg300=nan total=99999999999999999999\n",
      "-1\n",
      "max max max\n",
      "7 (x) R 1 0 0 0 0 0 0 0 0 0 1 1 1 1 20 0 1 0 5 1 9999999999999999999 1\n"};
  const Hosted& row = GetParam();
  const Host host(row.host);
  host.become("after");
  for (const std::string& path : host.files()) {
    const std::string whole =
        read_text(host.options().proc_root + "/../" + path, kFileBytesMax).value_or("");
    // In the second half of the window, then in all of it.
    const auto broken = [&](const std::string& text) {
      for (int window = 0; window < 2; ++window) {
        const Findings findings = host.window(row.make, [&] { host.put(path, text); });
        expect_sane(findings.data, path + ": ");
        EXPECT_NO_THROW(findings.data.dump(-1, ' ', false, Json::error_handler_t::replace));
      }
      host.put(path, whole);
    };
    for (const std::string& text : hostile) broken(text);
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 8)
      broken(whole.substr(0, size));
  }
}

TEST_P(AnyFile, MayBeMissing) {
  const Hosted& row = GetParam();
  const Host host(row.host);
  host.become("after");
  for (const std::string& path : host.files()) {
    const std::string whole =
        read_text(host.options().proc_root + "/../" + path, kFileBytesMax).value_or("");
    // In the second half of the window, then in all of it.
    for (int window = 0; window < 2; ++window)
      expect_sane(host.window(row.make, [&] { host.remove(path); }).data, path + ": ");
    host.put(path, whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, AnyFile, ::testing::ValuesIn(kHosted),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ProcfsParts, SeeTheLiveHost) {
  static constexpr Family::Member kMembers[] = {
      {"cpu", make_cpu},         {"memory", make_memory},       {"disk", make_disk},
      {"process", make_process}, {"container", make_container}, {"system", make_system}};
  Family family(kMembers);
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const auto own_cpu_ns = [] {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1'000'000'000L + used.tv_nsec;
  };
  family.start(Options(), now());
  // Work, so that the ticks have something to tell.
  for (const auto begin = own_cpu_ns(); own_cpu_ns() - begin < 300'000'000L;) continue;
  family.sample(now());
  std::map<std::string, nlohmann::ordered_json> said;
  family.stop(now(), [&](std::string_view name, std::string_view json) {
    said[std::string(name)] = nlohmann::ordered_json::parse(json)["data"];
  });
  for (const auto& [name, data] : said) expect_sane(data, name + ": ");
  auto& cpu = said["cpu"];
  ASSERT_TRUE(cpu.contains("user_pct") && cpu.contains("per_cpu")) << cpu;
  EXPECT_GT(cpu["user_pct"].get<double>() + cpu["system_pct"].get<double>(), 0);
  EXPECT_EQ(cpu["per_cpu"].size(), cpu["num_cpus"]);
  EXPECT_GT(cpu["context_switches_per_sec"], 0);
  auto& memory = said["memory"];
  EXPECT_GT(memory["total_bytes"], memory["available_bytes"]);
  EXPECT_GE(memory["minor_faults"], 0);
  EXPECT_TRUE(said["disk"].contains("total_ops"));
  EXPECT_GE(said["process"]["total_processes"], 2);
  EXPECT_GE(said["process"]["running"], 1);
  EXPECT_TRUE(said["container"].contains("runtime"));
  EXPECT_GT(said["system"]["uptime_seconds"], 0);
  EXPECT_FALSE(said["system"]["kernel"].get<std::string>().empty());
}

}  // namespace
}  // namespace melisai::plugins::procfs

// The real worker with each plugin of the zoo (tests/plugins/zoo) beside a good one: the good one
// delivers in every window, and the result of the other says what it was.
#include "tests/unit/collect/collect_fixture.h"

namespace melisai::collect {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Zoo : public CollectFixture {
 protected:
  Zoo() {
    options_.start_max = Milliseconds(1'500);
    options_.stop_max = Milliseconds(1'500);
    options_.memory_max = 64 << 20;
    bring("good");
  }
  void bring(const std::string& plugin) const {
    const std::string file = path("plugins/" + plugin + ".so");
    std::filesystem::copy_file(std::string(MELISAI_TEST_PLUGINS) + "/" + plugin + ".so", file);
    chmod(file.c_str(), 0644);
  }
  void load_zoo() {
    collectors_ = std::make_unique<Collectors>(
        PluginPlaces{.directories = {path("plugins")},
                     .worker = std::string(MELISAI_BIN_DIR) + "/melisai-gate-worker"},
        options_, clock_);
    collectors_->load();
  }
  CollectorResult other() const {
    const std::vector<CollectorResult> results = collectors_->results();
    EXPECT_THAT(results, SizeIs(2));
    for (const CollectorResult& result : results) {
      if (result.name != "zoo.good") return result;
    }
    return {};
  }
  void expect_good_windows(int count) {
    for (int i = 1; i <= count; ++i) {
      const std::vector<std::string> seen = texts(window());
      EXPECT_THAT(seen, Contains("zoo.good.windows=" + std::to_string(i)));
      EXPECT_THAT(seen, Contains("zoo.good.root_pid=77"));
    }
    EXPECT_EQ(result("zoo.good").status, CollectorStatus::ok);
  }
};

struct Animal {
  std::string plugin;
  CollectorStatus status;
  std::string reason;  // a part of it
  int restarts;
};

std::ostream& operator<<(std::ostream& out, const Animal& animal) { return out << animal.plugin; }

class EveryAnimal : public Zoo, public ::testing::WithParamInterface<Animal> {};

TEST_P(EveryAnimal, IsNamedAndTheGoodOneDelivers) {
  bring(GetParam().plugin);
  load_zoo();
  expect_good_windows(2);
  EXPECT_EQ(to_string(other().status), to_string(GetParam().status));
  EXPECT_THAT(other().reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(other().restarts, GetParam().restarts);
}

using enum CollectorStatus;
const Animal kAnimals[] = {
    {"older_minor", ok, "", 0},
    {"newer_minor", refused, "ABI", 0},
    {"newer_major", refused, "ABI 2", 0},
    {"not_a_plugin", refused, "exports no symbol melisai_collector_v1", 0},
    {"missing_symbol", refused, "cannot be loaded", 0},
    {"half_capability", refused, "", 0},
    {"greedy", refused, "CAP_SYS_ADMIN", 0},
    {"unavailable", unavailable, "", 0},
    {"refuses_config", failed, "", 0},
    {"exception", failed, "stop went wrong", 0},
    {"throws_across", failed, "threw", 0},
    {"crash_at_load", crashed, "crashed with SIG", 1},
    {"crash_in_start", crashed, " in start", 1},
    {"crash_in_stop", crashed, " in stop", 1},
    {"garbage", misbehaved, "sent in start", 1},
    {"huge_frame", misbehaved, "536870912", 1},
    {"flood_emits", misbehaved, "more than 10000 samples", 1},
    {"flood_logs", timed_out, "did not answer 'start'", 1},
    {"nan", ok, "", 0},
    {"many_emits", ok, "", 0},
    {"hang_at_load", timed_out, "did not answer 'hello'", 1},
    {"hang_in_start", timed_out, "did not answer 'start'", 1},
    {"hang_in_stop", timed_out, "did not answer 'stop'", 1},
};
INSTANTIATE_TEST_SUITE_P(Zoo, EveryAnimal, ::testing::ValuesIn(kAnimals), [](const auto& param) {
  std::string name = param.param.plugin;
  std::erase(name, '_');
  return name;
});

TEST_F(Zoo, APluginSaysItsAbi) {
  load_zoo();
  EXPECT_EQ(result("zoo.good").abi, "1.2");
  EXPECT_EQ(result("zoo.good").version, "1.2.3");
}

TEST_F(Zoo, ALeakEndsAtItsLimitAndLosesOnlyItsOwnNumbers) {
  bring("leak");
  load_zoo();
  expect_good_windows(2);
  EXPECT_THAT(other().status, AnyOf(CollectorStatus::failed, CollectorStatus::crashed));
  EXPECT_NE(other().reason, "");
}

TEST_F(Zoo, APluginForAnotherMachineIsRefused) {
  bring("older_minor");
  std::fstream file(path("plugins/older_minor.so"),
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(18);            // e_machine
  file.put('\x28').flush();  // EM_ARM
  load_zoo();
  expect_good_windows(1);
  EXPECT_EQ(other().status, CollectorStatus::refused);
  EXPECT_THAT(other().reason, HasSubstr("is built for"));
}

TEST_F(Zoo, APluginThatOthersMayWriteIsNotLoaded) {
  bring("crash_at_load");
  chmod(path("plugins/crash_at_load.so").c_str(), 0666);
  load_zoo();
  expect_good_windows(1);
  EXPECT_EQ(other().status, CollectorStatus::refused);
  EXPECT_THAT(other().reason, HasSubstr("chmod go-w"));
}

TEST_F(Zoo, AProgramIsACollectorToo) {
  add("program");
  load_zoo();
  EXPECT_THAT(texts(window()), Contains("program.answer=42"));
  EXPECT_EQ(other().status, CollectorStatus::ok);
  EXPECT_EQ(other().abi, "");
}

TEST_F(Zoo, AProgramThatCannotBeStartedIsRefused) {
  write_program(path("plugins/empty"), "");
  load_zoo();
  expect_good_windows(1);
  EXPECT_EQ(other().name, "empty");
  EXPECT_EQ(other().status, CollectorStatus::refused);
  EXPECT_THAT(other().reason, HasSubstr("neither a program"));
}

}  // namespace
}  // namespace melisai::collect

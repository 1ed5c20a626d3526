// profile, offcputime and runqlen: samples and stacks that can be resolved later.
#include <filesystem>
#include <fstream>

#include "plugins/ebpf/kernel_symbols.h"
#include "tests/unit/plugins/ebpf_fixture.h"

namespace melisai::plugins::ebpf {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::Pair;

class EbpfStacks : public EbpfFixture {};

/// How many samples or ns have a user frame in a file whose name holds `name`.
double weight_in(const nlohmann::json& data, const std::string& name, const char* weight) {
  double sum = 0;
  for (const auto& stack : data["stacks"])
    for (const auto& frame : stack["user"]) {
      if (frame[0] == -1) continue;
      const std::string path = data["files"][frame[0].get<std::size_t>()]["path"];
      if (path.find(name) == std::string::npos) continue;
      sum += stack[weight].get<double>();
      break;
    }
  return sum;
}

bool has_kernel_frame(const nlohmann::json& data, const std::string& name) {
  for (const auto& stack : data["stacks"])
    for (const auto& frame : stack["kernel"])
      if (frame.get<std::string>().find(name) != std::string::npos) return true;
  return false;
}

TEST_F(EbpfStacks, SampleWhatRunsWhereItIs) {
  MELISAI_NEED(Tool::profile);
  const Seen seen = observe(tool_set(Tool::profile, Tool::runqlen), {"burn", "500"});
  const auto& data = seen.results.at("profile")["data"];
  const double samples = data["samples"];
  // The clock of the samples ticks on while a host takes the CPU away; the process's own does not.
  const double most = 199 * seen.seconds + 2;
  EXPECT_THAT(samples, AllOf(Ge(80), Le(most))) << "0.5 s at 199 Hz";
  EXPECT_THAT(seen("runqlen", "samples"), AllOf(Ge(80), Le(most)));
  double told = 0;
  for (const auto& stack : data["stacks"]) told += stack["count"].get<double>();
  EXPECT_EQ(told, samples);
  EXPECT_GE(weight_in(data, "ebpf_load", "count"), 0.8 * samples);
  for (const auto& file : data["files"])
    if (file["path"].get<std::string>().ends_with("/ebpf_load")) {
      EXPECT_NE(file["build_id"], "");
    }
  const auto& folded = seen.results.at("profile")["stacks"];
  ASSERT_FALSE(folded.empty());
  EXPECT_EQ(folded[0]["type"], "on-cpu");
  EXPECT_THAT(folded[0]["stack"].get<std::string>(), HasSubstr("ebpf_load"));
}

TEST_F(EbpfStacks, TellWhereThreadsWaited) {
  MELISAI_NEED(Tool::offcputime);
  const Seen seen = observe(tool_set(Tool::offcputime), {"nap", "100"});
  const auto& data = seen.results.at("offcputime")["data"];
  // A nap of a millisecond may be over before its thread has given up the CPU.
  EXPECT_NEAR(data["switches"], static_cast<double>(seen.used.ru_nvcsw + seen.used.ru_nivcsw), 5);
  EXPECT_GE(data["total_ns"], 80e6);
  double told = 0;
  for (const auto& stack : data["stacks"]) told += stack["total_ns"].get<double>();
  EXPECT_EQ(told, data["total_ns"].get<double>());
  EXPECT_GE(weight_in(data, "libc", "total_ns") + weight_in(data, "ebpf_load", "total_ns"), 70e6);
  if (getuid() == 0) {
    EXPECT_TRUE(has_kernel_frame(data, "nanosleep")) << data.dump().substr(0, 2000);
  }
}

TEST_F(EbpfStacks, KeepNoRoomForThreadsThatHaveEnded) {
  MELISAI_NEED(Tool::offcputime);
  // More than wait at once, and what could be taken for a wait of the next one with its number.
  const Seen seen = observe_anyhow(tool_set(Tool::offcputime), {"threads", "8600"});
  EXPECT_GE(seen("offcputime", "switches"), 4000) << "somebody waited for most of them";
  EXPECT_THAT(seen.results.at("offcputime")["errors"].dump(), Not(HasSubstr("missing waits")));
}

TEST_F(EbpfStacks, HaveRoomForTwoWhereOneIsExpected) {
  MELISAI_NEED(Tool::offcputime);
  // In one map of 4,096 places some 32 of 512 would find another one there.
  const Seen seen = observe_anyhow(tool_set(Tool::offcputime), {"ways", "512"});
  const auto& result = seen.results.at("offcputime");
  double without = 0;
  for (const auto& stack : result["data"]["stacks"])
    if (stack["user"].empty()) without += stack["count"].get<double>();
  EXPECT_LE(without, 10);
  if (without > 0) {
    EXPECT_FALSE(result["errors"].empty());
  }
  EXPECT_GE(result["data"]["stacks"].size(), 400u) << "as many as a result has room for";
}

TEST(KernelSymbols, AreTheNearestBelowWhateverTheOrderOfTheFile) {
  const std::string root = testing::TempDir() + "melisai-kallsyms-" + std::to_string(getpid());
  std::filesystem::create_directories(root);
  std::ofstream(root + "/kallsyms") << "ffffffff81000100 T second\n"
                                       "ffffffff81000180 d data_is_no_function\n"
                                       "ffffffffa0000000 t in_a_module\t[module]\n"
                                       "ffffffff81000000 T first\n"
                                       "0000000000000000 T hidden\n";
  EXPECT_THAT(kernel_symbols({0xffffffffa0000010, 0xffffffff81000000, 0xffffffff810000ff,
                              0xffffffff81000190, 0xffffffff81000fff, 0x1000},
                             root),
              ElementsAre(Pair(0xffffffff81000000, "first"), Pair(0xffffffff810000ff, "first"),
                          Pair(0xffffffff81000190, "second"), Pair(0xffffffff81000fff, "second"),
                          Pair(0xffffffffa0000010, "in_a_module")));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace melisai::plugins::ebpf

// melisai-gate-worker with the plugins of the zoo: what it says, what it refuses, what it allows.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "tests/plugins/worker_process.h"

namespace melisai {
namespace {

using protocol::Failed;
using protocol::Hello;
using protocol::HelloRequest;
using protocol::Log;
using protocol::PingRequest;
using protocol::Pong;
using protocol::QuitRequest;
using protocol::Samples;
using protocol::Started;
using protocol::StartRequest;
using protocol::Stopped;
using protocol::StopRequest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Worker, IntroducesAPlugin) {
  WorkerProcess worker({zoo_plugin("good")});
  const auto hello = worker.expect<Hello>(HelloRequest{.config = R"({"depth":3})"});
  EXPECT_EQ(hello.name, "zoo.good");
  EXPECT_EQ(hello.version, "1.2.3");
  EXPECT_EQ(hello.abi, "1.2");
  EXPECT_TRUE(hello.available);
  EXPECT_TRUE(hello.watches);
  EXPECT_THAT(hello.capabilities, IsEmpty());
  ASSERT_THAT(hello.metrics, SizeIs(2));
  EXPECT_EQ(hello.metrics[0].name, "windows");
  EXPECT_EQ(hello.metrics[0].tier, 1);
  EXPECT_EQ(hello.metrics[0].better, "unknown");
  EXPECT_EQ(hello.metrics[1].better, "higher");
  EXPECT_EQ(hello.metrics[1].source, "the gate");
  EXPECT_EQ(hello.metrics[1].privilege, "CAP_NOTHING");
  EXPECT_THAT(worker.log_texts(), ElementsAre("info: config {\"depth\":3}"));
}

TEST(Worker, OpensWindowAfterWindowAndLeavesOnQuit) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.expect<Hello>(HelloRequest{});
  EXPECT_EQ(worker.expect<Started>(StartRequest{.id = 1, .root_pid = 77, .cgroup = "/sys/x"}).id,
            1);
  EXPECT_EQ(worker.expect<Pong>(PingRequest{.id = 5}).id, 5);
  EXPECT_EQ(worker.expect<Stopped>(StopRequest{.id = 2}).id, 2);
  EXPECT_THAT(worker.sample_texts(), ElementsAre("windows=1", "root_pid=77"));
  EXPECT_EQ(worker.samples().front().id, 2);
  worker.expect<Started>(StartRequest{.id = 3});
  worker.expect<Stopped>(StopRequest{.id = 4});
  EXPECT_THAT(worker.sample_texts(), Contains("windows=2"));
  worker.send(QuitRequest{});
  EXPECT_FALSE(worker.answer());
  EXPECT_THAT(worker.log_texts(), ElementsAre("info: config {}", "debug: cgroup /sys/x",
                                              "debug: cgroup ", "info: destroyed"));
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.nonsense(), "");
}

TEST(Worker, WhatAPluginPrintsGoesToStderr) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.expect<Stopped>(StopRequest{.id = 1});
  EXPECT_EQ(worker.errors(), "not a frame\n");
}

TEST(Worker, SpeaksOverPipesToo) {
  WorkerProcess worker({zoo_plugin("good")}, /*between_pipes=*/true);
  EXPECT_EQ(worker.expect<Hello>(HelloRequest{}).name, "zoo.good");
  worker.close_line();
  EXPECT_EQ(worker.wait(), 0);
}

TEST(Worker, LeavesWhenTheGateHasGoneInTheMiddleOfAWindow) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.close_line();
  EXPECT_EQ(worker.wait(), 0);
}

TEST(Worker, AnswersWhatComesInTheWrongOrder) {
  WorkerProcess worker({zoo_plugin("good")});
  EXPECT_EQ(worker.expect<Failed>(StartRequest{.id = 1}).id, 1);
  worker.expect<Hello>(HelloRequest{});
  EXPECT_THAT(worker.expect<Failed>(HelloRequest{}).reason, HasSubstr("already"));
  EXPECT_THAT(worker.expect<Failed>(StopRequest{.id = 2}).reason, HasSubstr("no window"));
  worker.expect<Started>(StartRequest{.id = 3});
  EXPECT_THAT(worker.expect<Failed>(StartRequest{.id = 4}).reason, HasSubstr("open already"));
  worker.expect<Stopped>(StopRequest{.id = 5});
}

TEST(Worker, EndsWhenTheGateSpeaksNonsense) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.send_bytes(frame_of("{\"type\":\"dance\"}"));
  EXPECT_EQ(worker.wait(), 1);
  EXPECT_THAT(worker.errors(), HasSubstr("unknown type 'dance'"));
}

TEST(Worker, RefusesAnotherProtocol) {
  WorkerProcess worker({zoo_plugin("good")});
  const auto failed = worker.expect<Failed>(HelloRequest{.protocol = 2});
  EXPECT_TRUE(failed.refused);
  EXPECT_THAT(failed.reason, HasSubstr("protocol 2"));
}

TEST(Worker, TakesAPluginWithAShorterStruct) {
  WorkerProcess worker({zoo_plugin("older_minor")});
  EXPECT_EQ(worker.expect<Hello>(HelloRequest{}).version, "0.9.0");
  worker.expect<Started>(StartRequest{.id = 1});
  worker.expect<Stopped>(StopRequest{.id = 1});
  EXPECT_THAT(worker.sample_texts(), ElementsAre("answer=42"));
}

struct Refused {
  const char* plugin;
  std::vector<const char*> says;
};
void PrintTo(const Refused& row, std::ostream* out) { *out << row.plugin; }
class WorkerRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(WorkerRefusal, SaysWhyAndLeavesInPeace) {
  WorkerProcess worker({zoo_plugin(GetParam().plugin)});
  const std::string reason = worker.refusal();
  for (const char* part : GetParam().says) EXPECT_THAT(reason, HasSubstr(part));
  worker.send(QuitRequest{});
  EXPECT_EQ(worker.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, WorkerRefusal,
    ::testing::Values(Refused{"newer_minor", {"plugin ABI 1.3, this is 1.2", "newer melisai-gate"}},
                      Refused{"newer_major", {"plugin ABI 2, this is 1.2", "newer melisai-gate"}},
                      Refused{"half_capability", {"start but no stop"}},
                      Refused{"missing_symbol", {"undefined symbol: zoo_nobody_defines_this"}},
                      Refused{"not_a_plugin",
                              {"no symbol melisai_collector_v1", "not a melisai-gate plugin"}},
                      Refused{"greedy", {"'CAP_SYS_ADMIN'", "CAP_SYS_PTRACE"}}),
    [](const auto& row) { return std::string(row.param.plugin); });

TEST(Worker, PassesOnWhyAPluginIsNotAvailable) {
  WorkerProcess worker({zoo_plugin("unavailable")});
  const auto hello = worker.expect<Hello>(HelloRequest{});
  EXPECT_FALSE(hello.available);
  EXPECT_EQ(hello.reason, "this kernel lacks /proc/flux; load flux.ko");
  EXPECT_EQ(worker.expect<Failed>(StartRequest{.id = 1}).id, 1);
}

TEST(Worker, PassesOnWhatAConstructorThrows) {
  WorkerProcess worker({zoo_plugin("refuses_config")});
  const auto failed = worker.expect<Failed>(HelloRequest{});
  EXPECT_FALSE(failed.refused);
  EXPECT_EQ(failed.reason, "'depth' must be a number");
}

TEST(Worker, ExceptionsFailOneCallOnly) {
  WorkerProcess worker({zoo_plugin("exception")});
  worker.expect<Hello>(HelloRequest{});
  EXPECT_EQ(worker.expect<Failed>(StartRequest{.id = 1}).reason, "start went wrong");
  worker.expect<Started>(StartRequest{.id = 2});
  const auto failed = worker.expect<Failed>(StopRequest{.id = 3});
  EXPECT_EQ(failed.id, 3);
  EXPECT_EQ(failed.reason, "stop went wrong");
  EXPECT_THAT(worker.samples(), IsEmpty());
  worker.expect<Started>(StartRequest{.id = 4});
  EXPECT_THAT(worker.expect<Failed>(StopRequest{.id = 5}).reason, HasSubstr("no std::exception"));
  EXPECT_THAT(worker.log_texts(), Contains("error: start went wrong"));
}

TEST(Worker, SurvivesAnExceptionThroughTheCInterface) {
  WorkerProcess worker({zoo_plugin("throws_across")});
  worker.expect<Hello>(HelloRequest{});
  EXPECT_THAT(worker.expect<Failed>(StartRequest{.id = 1}).reason, HasSubstr("collector.hpp"));
  EXPECT_EQ(worker.expect<Pong>(PingRequest{.id = 2}).id, 2);
}

TEST(Worker, DropsNumbersThatAreNoneAndSaysSoOnce) {
  WorkerProcess worker({zoo_plugin("nan")});
  worker.expect<Hello>(HelloRequest{});
  for (int window = 0; window < 2; ++window) {
    worker.expect<Started>(StartRequest{.id = 1});
    worker.expect<Stopped>(StopRequest{.id = 1});
  }
  EXPECT_THAT(worker.sample_texts(), ElementsAre("answer=42", "answer=42"));
  EXPECT_THAT(worker.log_texts(),
              ElementsAre(HasSubstr("not finite"), HasSubstr("'question', which it does not")));
}

TEST(Worker, SendsManySamplesInFramesOfAThousand) {
  WorkerProcess worker({zoo_plugin("many_emits")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.expect<Stopped>(StopRequest{.id = 1});
  ASSERT_THAT(worker.samples(), SizeIs(3));
  EXPECT_THAT(worker.samples()[0].samples, SizeIs(1000));
  EXPECT_THAT(worker.samples()[2].samples, SizeIs(500));
  EXPECT_EQ(worker.samples()[2].samples.back().value, 2499);
}

TEST(Worker, EmitsWithoutEndReachTheGateFrameByFrame) {
  WorkerProcess worker({zoo_plugin("flood_emits")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.send(StopRequest{.id = 1});
  for (int i = 0; i < 50; ++i) {
    const auto message = worker.next();
    ASSERT_TRUE(message && std::holds_alternative<Samples>(*message));
    EXPECT_THAT(std::get<Samples>(*message).samples, SizeIs(1000));
  }
}

TEST(Worker, CapsLogLines) {
  WorkerProcess worker({"--log-max", "1000", zoo_plugin("flood_logs")});
  worker.expect<Hello>(HelloRequest{});
  worker.send(StartRequest{.id = 1});
  int lines = 0;
  std::string last;
  while (last.find("--log-max") == std::string::npos) {
    const auto message = worker.next();
    ASSERT_TRUE(message && std::holds_alternative<Log>(*message));
    last = std::get<Log>(*message).text;
    ASSERT_LE(++lines, 100);
  }
  EXPECT_EQ(lines, 1000 / (32 + 14) + 1);
}

TEST(Worker, CallsSampleWhileAWindowIsOpen) {
  WorkerProcess worker({zoo_plugin("samples")});
  worker.expect<Hello>(HelloRequest{});
  for (int window = 0; window < 2; ++window) {
    worker.expect<Started>(StartRequest{.id = 1});
    for (int i = 0; i < 3; ++i) {
      const auto message = worker.next();
      ASSERT_TRUE(message && std::holds_alternative<Log>(*message));
      EXPECT_EQ(std::get<Log>(*message).text, "sampled");
    }
    const std::size_t frames = worker.samples().size();
    worker.expect<Stopped>(StopRequest{.id = 1});
    ASSERT_EQ(worker.samples().size(), frames + 1);
    EXPECT_GE(worker.samples().back().samples.front().value, 3);
  }
}

TEST(Worker, CrashesAreItsOwn) {
  for (const auto& [plugin, code] :
       {std::pair("crash_at_load", -SIGABRT), std::pair("crash_in_start", -SIGABRT),
        std::pair("crash_in_stop", -SIGSEGV)}) {
    WorkerProcess worker({zoo_plugin(plugin)});
    worker.send(HelloRequest{});
    worker.send(StartRequest{.id = 1});
    worker.send(StopRequest{.id = 1});
    while (worker.answer()) continue;
    EXPECT_EQ(worker.wait(), code) << plugin;
  }
}

TEST(Worker, WhatAPluginWritesToTheLineIsSeenAsNonsense) {
  WorkerProcess garbage({zoo_plugin("garbage")});
  garbage.expect<Hello>(HelloRequest{});
  EXPECT_FALSE(garbage.ask(StartRequest{.id = 1}));
  EXPECT_THAT(garbage.nonsense(), HasSubstr("not JSON: 'hello'"));
  WorkerProcess huge({zoo_plugin("huge_frame")});
  huge.expect<Hello>(HelloRequest{});
  EXPECT_FALSE(huge.ask(StartRequest{.id = 1}));
  EXPECT_THAT(huge.nonsense(), HasSubstr("536870912 bytes"));
}

TEST(Worker, ALeakEndsAtTheLimitAndIsReported) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer reserves terabytes, so memory has no limit";
#endif
  WorkerProcess worker({"--memory-max", "33554432", zoo_plugin("leak")});
  worker.expect<Hello>(HelloRequest{});
  EXPECT_THAT(worker.expect<Failed>(StartRequest{.id = 1}).reason, HasSubstr("out of memory"));
  EXPECT_LT(std::stol(worker.status_line("VmData")), 48 << 10) << "kB";
  worker.send(QuitRequest{});
  EXPECT_EQ(worker.wait(), 0);
}

TEST(Worker, HasNoCapabilityThatThePluginDoesNotDeclare) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.expect<Hello>(HelloRequest{});
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
    EXPECT_EQ(worker.status_line(set), "0000000000000000") << set;
  EXPECT_EQ(worker.status_line("NoNewPrivs"), "1");
}

TEST(Worker, NeverGivesAThreadOfThePluginMore) {
  WorkerProcess worker({zoo_plugin("thread_at_load")});
  worker.expect<Hello>(HelloRequest{});
  int threads = 0;
  const std::string tasks = "/proc/" + std::to_string(worker.pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const auto status = read_file(task.path() / "status", 1 << 16);
    ASSERT_TRUE(status);
    EXPECT_THAT(*status, HasSubstr("CapPrm:\t0000000000000000"));
    ++threads;
  }
  EXPECT_EQ(threads, 2);
}

TEST(Worker, KeepsWhatThePluginDeclaresAsFarAsWeHaveIt) {
  WorkerProcess worker({zoo_plugin("capable")});
  EXPECT_THAT(worker.expect<Hello>(HelloRequest{}).capabilities,
              ElementsAre("CAP_SYS_PTRACE", "CAP_SYSLOG"));
  // Ours are the most that it can have; nobody but root has any.
  const auto ours = read_file("/proc/self/status", 1 << 16);
  ASSERT_TRUE(ours);
  const std::string had = ours->substr(ours->find("CapEff:\t") + 8, 16);
  const std::uint64_t declared = 1ull << 19 | 1ull << 34;
  const std::uint64_t kept = std::stoull(worker.status_line("CapEff"), nullptr, 16);
  EXPECT_EQ(kept, std::stoull(had, nullptr, 16) & declared);
  EXPECT_EQ(worker.status_line("CapPrm"), worker.status_line("CapEff"));
}

class LeftProcesses : public ::testing::Test {
 protected:
  LeftProcesses() {
    worker_.expect<Hello>(HelloRequest{});
    worker_.expect<Started>(StartRequest{.id = 1});
    name_ = "Name:\tzoo-" + std::to_string(worker_.pid()) + "\n";
    for (int round = 0; round < 1'000 && leftovers() != 2; ++round) usleep(10'000);
    EXPECT_EQ(leftovers(), 2) << "they were never there";
  }
  /// What the plugin left, zombies not counted.
  int leftovers() const {
    int count = 0;
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
      const auto status = read_file(process.path() / "status", 1 << 16);
      if (status && status->starts_with(name_) && status->find("State:\tZ") == std::string::npos)
        ++count;
    }
    return count;
  }

  WorkerProcess worker_{{zoo_plugin("leaves_children")}};
  std::string name_;
};

TEST_F(LeftProcesses, EndWithTheWorker) {
  worker_.send(QuitRequest{});
  EXPECT_EQ(worker_.wait(), 0);
  EXPECT_EQ(leftovers(), 0);
}

TEST_F(LeftProcesses, EndWithACrash) {
  kill(worker_.pid(), SIGSEGV);
  EXPECT_EQ(worker_.wait(), -SIGSEGV) << "and it is still seen as one";
  EXPECT_EQ(leftovers(), 0);
}

TEST_F(LeftProcesses, EndWhenTheGateAsks) {
  kill(worker_.supervisor(), SIGTERM);
  EXPECT_EQ(worker_.wait(), -SIGTERM);
  EXPECT_EQ(leftovers(), 0);
}

TEST(Worker, LimitsDescriptorsAndCoreFiles) {
  WorkerProcess worker({zoo_plugin("good")});
  worker.expect<Hello>(HelloRequest{});
  const auto limits = read_file("/proc/" + std::to_string(worker.pid()) + "/limits", 1 << 16);
  ASSERT_TRUE(limits);
  EXPECT_THAT(*limits, HasSubstr("Max core file size        0                    0 "));
  EXPECT_THAT(*limits, HasSubstr("Max open files            1024                 1024 "));
}

TEST(Worker, ExplainsItsCommandLine) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"--no-such"},
                                                    {"a.so", "b.so"},
                                                    {"--log-max", "1k", "a.so"},
                                                    {"--memory-max"}}) {
    WorkerProcess worker(arguments);
    EXPECT_EQ(worker.wait(), 2);
    EXPECT_THAT(worker.errors(), HasSubstr("melisai-gate-worker: "));
  }
}

}  // namespace
}  // namespace melisai

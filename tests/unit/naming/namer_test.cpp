// Namer with melisai-gate-symbols, and with scripts that behave worse.
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "core/base/capabilities.h"
#include "core/naming/naming.h"
#include "tests/unit/naming/own_stacks.h"

namespace melisai::naming {
namespace namer_test {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<flame::Named> name_own(Namer& namer, flame::Weight weight = flame::Weight::count) {
  return namer.name_stacks(*collected_stacks_from_json(own_stacks()), weight);
}

TEST(Namer, GivesTheNamesThatItsLibrariesGive) {
  const CollectedStacks collected = *collected_stacks_from_json(own_stacks());
  symbols::Symbolizer here;
  Namer namer({.program = kNamingProgram});
  for (const flame::Weight weight : {flame::Weight::count, flame::Weight::time}) {
    const flame::Named expected = flame::name_stacks(collected, weight, here);
    const auto named = name_own(namer, weight);
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_EQ(named->stacks.all(), expected.stacks.all());
    EXPECT_EQ(flame::to_folded(named->stacks), flame::to_folded(expected.stacks));
    EXPECT_EQ(named->advice, expected.advice);
    EXPECT_EQ(named->places, expected.places);
    for (const auto& [frame, place] : expected.places) {
      const auto line = here.line_of(place);
      const auto told = namer.line_of(named->places.at(frame));
      ASSERT_EQ(told.has_value(), line.has_value()) << frame.name;
      if (line) {
        EXPECT_EQ(*told, *line);
      } else {
        EXPECT_EQ(told.error().message, line.error().message);
      }
    }
  }
  EXPECT_EQ(namer.problems().value(), here.file_problems());
}

TEST(Namer, NeedsNoProcessForNothing) {
  Namer namer({.program = "/no/such/program"});
  EXPECT_TRUE(namer.problems().value().empty());
  EXPECT_FALSE(namer.line_of(0));
  EXPECT_FALSE(namer.pid());
}

TEST(Namer, SaysHowItsProcessEnded) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT}) {
    Namer namer({.program = kNamingProgram});
    const auto named = name_own(namer);
    ASSERT_TRUE(named) << named.error().message;
    ASSERT_TRUE(namer.pid());
    ASSERT_EQ(kill(*namer.pid(), signal), 0);
    const auto again = name_own(namer);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message,
                AllOf(HasSubstr("melisai-gate-symbols ended too early: killed by SIG"),
                      HasSubstr("look at what was built")));
    EXPECT_FALSE(namer.pid());
    EXPECT_EQ(namer.problems().error(), again.error()) << "it is not started again";
    EXPECT_EQ(namer.line_of(named->places.begin()->second).error(), again.error());
  }
}

TEST(Namer, LeavesItsProcessNothingToDoHarmWith) {
  Namer namer({.program = kNamingProgram});
  ASSERT_TRUE(name_own(namer));
  const std::string process = "/proc/" + std::to_string(*namer.pid());
  const std::string status = read_file(process + "/status", 64 << 10).value();
  constexpr CapabilitySet kReadSearch = CapabilitySet{1} << CAP_DAC_READ_SEARCH;
  const bool may_read = (permitted_capabilities() & kReadSearch) != 0;
  EXPECT_THAT(status,
              HasSubstr(may_read ? "CapEff:\t0000000000000004" : "CapEff:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
#endif
  const auto environment = read_file(process + "/environ", 64 << 10);
  EXPECT_EQ(environment ? *environment : "", "");
  const std::string limits = read_file(process + "/limits", 64 << 10).value();
  EXPECT_THAT(limits, HasSubstr("Max cpu time              30                   31"));
  EXPECT_THAT(limits, HasSubstr("Max core file size        0 "));
}

TEST(Namer, ReadsRootsOfLivingProcessesOnlyWhereAsked) {
  if (geteuid() != 0) GTEST_SKIP() << "only root has capabilities to keep";
  Namer namer({.program = kNamingProgram, .living = true});
  ASSERT_TRUE(name_own(namer));
  const std::string status =
      read_file("/proc/" + std::to_string(*namer.pid()) + "/status", 64 << 10).value();
  if (status.find("CapPrm:\t0000000000000000") != std::string::npos)
    GTEST_SKIP() << "root without capabilities";
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000080004"));
}

class NamerOfScripts : public ::testing::Test {
 protected:
  Result<flame::Named> named_by(const std::string& script,
                                Milliseconds time_max = Milliseconds(20'000),
                                std::function<bool()> interrupted = {}) {
    const std::string path = directory_.path() + "/script";
    EXPECT_TRUE(write_file(path, "#!/bin/sh\n" + script + "\n"));
    EXPECT_EQ(chmod(path.c_str(), 0700), 0);
    namer_.emplace(
        Options{.program = path, .time_max = time_max, .interrupted = std::move(interrupted)});
    return name_own(*namer_);
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make(::testing::TempDir(), "namer-");
  std::optional<Namer> namer_;
};

TEST_F(NamerOfScripts, BelievesNoNonsense) {
  const auto named = named_by("read request; echo nonsense; echo end; read request");
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Errc::parse);
  EXPECT_THAT(named.error().message, HasSubstr("are both from one installation?"));
}

TEST_F(NamerOfScripts, ReadsNoEndlessAnswer) {
  const auto named = named_by("read request; exec cat /dev/zero");
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Errc::limit);
  EXPECT_THAT(named.error().message, HasSubstr("answered more than 64 MiB"));
}

TEST_F(NamerOfScripts, WaitsNoLongerThanItsTime) {
  const auto begun = std::chrono::steady_clock::now();
  const auto named = named_by("exec sleep 1000", Milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Errc::timeout);
  EXPECT_THAT(named.error().message, HasSubstr("did not answer within 200 ms"));
}

TEST_F(NamerOfScripts, WaitsOnlyALittleForNamesAfterAnInterrupt) {
  const auto begun = std::chrono::steady_clock::now();
  int looks = 0;
  const auto named =
      named_by("exec sleep 1000", Milliseconds(600'000), [&] { return ++looks > 2; });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Errc::interrupted);
  EXPECT_EQ(name_own(*namer_).error().code, Errc::interrupted) << "nobody waits again";
}

TEST_F(NamerOfScripts, SpeaksOfOneThatDribblesToo) {
  const auto named =
      named_by("read request; while echo frame; do sleep 0.01; done", Milliseconds(300));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Errc::timeout);
}

TEST_F(NamerOfScripts, SaysWhatOneThatFailedSaid) {
  const auto named = named_by("read request; echo half; echo 'no memory' >&2; exit 3");
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().message, HasSubstr("exit code 3 (no memory)"));
}

TEST(Namer, SaysThatItsProgramIsMissing) {
  Namer here;  // beside the test there is none
  const auto named = name_own(here);
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().message,
              AllOf(HasSubstr("melisai-gate-symbols"), HasSubstr("install melisai-gate again")));
  Namer elsewhere({.program = "/no/such/program"});
  EXPECT_FALSE(name_own(elsewhere));
}

}  // namespace namer_test
}  // namespace melisai::naming

#include "core/base/spare_helper.h"

#include <gmock/gmock.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

class Spare : public ProcessFixture {
 protected:
  /// Each process of it adds its number to a file, and then answers in capitals.
  HelperCall helper() const {
    HelperCall call;
    call.program = "/bin/sh";
    call.args = {"-c", "echo $$ >> " + path("pids") + "; tr a-z A-Z"};
    call.env = {"PATH=/usr/bin:/bin"};
    call.timeout = Milliseconds(20'000);
    call.input = "some input";
    return call;
  }
  std::vector<pid_t> started() const { return pids_in(path("pids")); }
  bool have_started(std::size_t count) {
    return eventually([&] { return started().size() == count; });
  }
};

TEST_F(Spare, IsStartedBeforeItIsAsked) {
  SpareHelper spare(helper(), false);
  spare.prepare();
  ASSERT_TRUE(have_started(1));
  spare.prepare();
  EXPECT_EQ(spare.call(helper(), interrupt_).value(), "SOME INPUT");
  EXPECT_EQ(started().size(), 1u);
  EXPECT_EQ(spare.call(helper(), interrupt_).value(), "SOME INPUT") << "that is a new one's";
  EXPECT_EQ(started().size(), 2u);
}

TEST_F(Spare, MayBeFollowedByTheNext) {
  SpareHelper spare(helper(), true);
  EXPECT_EQ(spare.call(helper(), interrupt_).value(), "SOME INPUT");
  ASSERT_TRUE(have_started(2));
  EXPECT_EQ(spare.call(helper(), interrupt_).value(), "SOME INPUT");
  EXPECT_TRUE(have_started(3));
}

TEST_F(Spare, ThatWasKilledIsReplaced) {
  SpareHelper spare(helper(), false);
  spare.prepare();
  ASSERT_TRUE(have_started(1));
  kill(started()[0], SIGKILL);
  EXPECT_TRUE(eventually([&] { return gone(started()[0]); }));
  EXPECT_EQ(spare.call(helper(), interrupt_).value(), "SOME INPUT");
}

TEST_F(Spare, OfAnotherEnvironmentAnswersNothing) {
  SpareHelper spare(helper(), false);
  spare.prepare();
  ASSERT_TRUE(have_started(1));
  HelperCall other = helper();
  other.env.emplace_back("HOME=/nowhere");
  EXPECT_EQ(spare.call(other, interrupt_).value(), "SOME INPUT");
  EXPECT_EQ(started().size(), 2u);
}

TEST_F(Spare, EndsWithWhoeverKeepsIt) {
  {
    SpareHelper spare(helper(), false);
    spare.prepare();
    ASSERT_TRUE(have_started(1));
  }
  EXPECT_TRUE(eventually([&] { return gone(started()[0]); }));
}

TEST_F(Spare, IsNotAskedByWhoIsInterrupted) {
  SpareHelper spare(helper(), false);
  spare.prepare();
  interrupt_.request();
  const Result<std::string> answer = spare.call(helper(), interrupt_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::interrupted);
}

}  // namespace
}  // namespace melisai::process_test

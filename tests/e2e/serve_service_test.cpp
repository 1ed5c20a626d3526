// As a service of systemd, which is played by a socket of ours; its own program reads the unit.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "core/base/fd.h"
#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::IsEmpty;

class ServeService : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(socket_path().size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, socket_path().c_str(), socket_path().size());
    ASSERT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    write_pipelines("build: { trigger: on_commit, run: \"echo built\" }\n");
    push();
  }
  std::string socket_path() const { return root() + "/notify"; }

  /// What the daemon has told so far, oldest first.
  const Words& told() {
    char text[256];
    for (ssize_t size = 0; (size = recv(socket_.get(), text, sizeof text, MSG_DONTWAIT)) > 0;)
      told_.emplace_back(text, static_cast<std::size_t>(size));
    return told_;
  }
  std::ptrdiff_t times(const std::string& state) {
    return std::count(told().begin(), told().end(), state);
  }

 private:
  Fd socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  Words told_;
};

TEST_F(ServeService, TellsSystemdWhenItIsReadyAliveAndStopping) {
  launch({"NOTIFY_SOCKET=" + socket_path(), "WATCHDOG_USEC=100000"});
  ASSERT_TRUE(eventually([&] { return times("READY=1") == 1; })) << daemon_log();
  EXPECT_TRUE(status().is_object()) << "ready, and does not answer";
  EXPECT_TRUE(eventually([&] { return times("WATCHDOG=1") >= 3; }));
  EXPECT_EQ(times("STOPPING=1"), 0);
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(times("STOPPING=1"), 1);
  EXPECT_EQ(told().front(), "READY=1");
}

TEST_F(ServeService, DoesNotPetAWatchdogThatNobodyAskedFor) {
  launch({"NOTIFY_SOCKET=" + socket_path()});
  ASSERT_TRUE(eventually([&] { return times("READY=1") == 1; })) << daemon_log();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(times("WATCHDOG=1"), 0);
}

TEST_F(ServeService, TheUnitFileIsRight) {
  if (run_program({"sh", "-c", "command -v systemd-analyze"}, root()).code != 0)
    GTEST_SKIP() << "systemd-analyze is not installed (package systemd)";
  std::ifstream file(MELISAI_SOURCE_DIR "/config/systemd/melisai-gate.service");
  std::ostringstream text;
  text << file.rdbuf();
  const std::regex program("ExecStart=/usr/bin/melisai-gate ");
  ASSERT_TRUE(std::regex_search(text.str(), program));
  std::ofstream(root() + "/melisai-gate.service")
      << std::regex_replace(text.str(), program, "ExecStart=" MELISAI_BIN_DIR "/melisai-gate ");
  const Ran verified = run_program(
      {"systemd-analyze", "verify", "--man=no", root() + "/melisai-gate.service"}, root());
  EXPECT_EQ(verified.code, 0);
  EXPECT_THAT(verified.out + verified.err, IsEmpty());
}

}  // namespace
}  // namespace melisai::e2e

#include "core/serve/delegation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace melisai::serve {
namespace {

using ::testing::EndsWith;

// A cgroup v2 for a process of the test. Controllers cannot be had on every machine, but the move
// can be seen.
class Delegation : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* tree : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}) {
      cgroup_ = std::string(tree) + "/delegation-test-" + std::to_string(getpid());
      if (access((std::string(tree) + "/cgroup.subtree_control").c_str(), F_OK) == 0 &&
          mkdir(cgroup_.c_str(), 0755) == 0)
        return;
    }
    cgroup_.clear();
    GTEST_SKIP() << "no cgroup can be made here";
  }
  ~Delegation() override {
    rmdir((cgroup_ + "/daemon").c_str());
    rmdir(cgroup_.c_str());
  }

  /// Where a process of that cgroup is after the call, when `others` more are there.
  std::string place_after_call(int others) const {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      std::ofstream(cgroup_ + "/cgroup.procs") << getpid();
      pid_t other = others > 0 ? fork() : -1;
      if (other == 0) {
        pause();
        _exit(0);
      }
      make_room_for_limits(cgroup_);
      std::ifstream lines("/proc/self/cgroup");
      std::ostringstream all;
      all << lines.rdbuf();
      const std::string text = all.str();
      [[maybe_unused]] const ssize_t said = write(ends[1], text.data(), text.size());
      if (other > 0) {
        kill(other, SIGKILL);
        waitpid(other, nullptr, 0);
      }
      _exit(0);
    }
    close(ends[1]);
    std::string text(4096, '\0');
    const ssize_t size = read(ends[0], text.data(), text.size());
    close(ends[0]);
    waitpid(pid, nullptr, 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("0::")) return line;
    return "";
  }

  std::string cgroup_;
};

TEST_F(Delegation, MovesAServiceOutOfItsOwnCgroup) {
  EXPECT_THAT(place_after_call(0), EndsWith("/daemon"));
}

TEST_F(Delegation, LeavesACgroupWithOthersAlone) {
  EXPECT_THAT(place_after_call(1), EndsWith("/delegation-test-" + std::to_string(getpid())));
}

}  // namespace
}  // namespace melisai::serve

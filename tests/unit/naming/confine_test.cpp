// What is left to whoever takes melisai-gate-symbols over.
#include "core/naming/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "core/base/files.h"

namespace melisai::naming {
namespace confine_test {

enum Way {
  kWrites = 1,
  kConnects = 2,
  kSignals = 4,
  kForks = 8,
  kReadsOthers = 16,
  kCannotRead = 32,
  kCannotRunPrograms = 64,
  kNotConfined = 128
};

/// The ways that are open to a confined child; 0 would be a program that it became.
int ways_of_a_child(bool living, const std::string& file) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    if (!confine(living)) _exit(kNotConfined);
    int ways = kCannotRunPrograms;
    if (open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0) ways |= kWrites;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) ways |= kConnects;
    if (kill(parent, 0) == 0) ways |= kSignals;
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(0);
    if (grandchild > 0) ways |= kForks;
    const std::string others = "/proc/" + std::to_string(parent) + "/environ";
    if (open(others.c_str(), O_RDONLY | O_CLOEXEC) >= 0) ways |= kReadsOthers;
    if (open("/proc/self/exe", O_RDONLY | O_CLOEXEC) < 0) ways |= kCannotRead;
    execl("/bin/true", "true", nullptr);
    _exit(ways);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Confined : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers make calls of their own";
#endif
  }
  std::string file() const { return directory_.path() + "/written"; }
  TemporaryDirectory directory_ = *TemporaryDirectory::make(::testing::TempDir(), "confine-");
};

TEST_F(Confined, ReadsFilesAndNothingElse) {
  const int ways = ways_of_a_child(false, file());
  EXPECT_EQ(ways & ~kReadsOthers, kCannotRunPrograms);
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
    GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(ways & kReadsOthers, 0) << "tokens in our environment and memory";
}

TEST_F(Confined, WhereProcessesLiveReadsTheirFilesToo) {
  EXPECT_EQ(ways_of_a_child(true, file()) & ~kReadsOthers, kCannotRunPrograms);
}

}  // namespace confine_test
}  // namespace melisai::naming

// Capabilities that a gate has for its collectors are no workload's.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/files.h"

namespace melisai {
namespace {

constexpr uid_t kNobody = 65534;

/// The exit code of `words`, its standard output thrown away.
int run_words(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    execv(argv.front(), argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// As a service with AmbientCapabilities= has them.
std::vector<std::string> with_ambient(const std::vector<std::string>& command) {
  std::vector<std::string> words = {"/usr/bin/setpriv",   "--reuid=65534",
                                    "--regid=65534",      "--clear-groups",
                                    "--inh-caps=+cap_38", "--ambient-caps=+cap_38"};  // CAP_PERFMON
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

TEST(AmbientCapabilities, AreNotHandedOnToWorkloads) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give an ordinary user capabilities";
  if (run_words(
          with_ambient({"/bin/grep", "-q", "CapEff:.*0000004000000000", "/proc/self/status"})) != 0)
    GTEST_SKIP() << "setpriv cannot give CAP_PERFMON here";
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "ambient-");
  ASSERT_TRUE(directory);
  ASSERT_EQ(chown(directory->path().c_str(), kNobody, kNobody), 0);
  const std::string output = directory->path() + "/output";
  const std::string program = MELISAI_BIN_DIR "/melisai-gate-exec";
  const int code = run_words(with_ambient(
      {program, "--cgroup", "off", "--stdout", output, "--", "/bin/cat", "/proc/self/status"}));
  if (code == 127 || access(output.c_str(), F_OK) != 0)
    GTEST_SKIP() << "an ordinary user cannot start " << program;
  const auto status = read_file(output, 64 << 10);
  ASSERT_TRUE(status);
  for (const char* line :
       {"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapAmb:\t0000000000000000"})
    EXPECT_THAT(*status, ::testing::HasSubstr(line));
}

}  // namespace
}  // namespace melisai

// The workload's output: kept up to a bound, never in the workload's way.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class RunnerOutput : public ProcessFixture {
 protected:
  std::string bounded(const std::string& script, Bytes output_max, Bytes dropped) {
    Command command = shell(script);
    command.output_max = output_max;
    const Exit exit = run_ok(command);
    EXPECT_TRUE(exit.ok());
    EXPECT_EQ(exit.output_dropped, dropped);
    return output();
  }
};

TEST_F(RunnerOutput, KeepsTheStreamsApart) {
  run_ok(shell("echo to out; echo to err >&2"));
  EXPECT_EQ(output(), "to out\n");
  EXPECT_EQ(read_all(path("err")), "to err\n");
}

TEST_F(RunnerOutput, KeepsTheOrderOfBothStreamsInOneFile) {
  Command both = shell("for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done");
  both.stderr_file = both.stdout_file;
  run_ok(both);
  std::string expected;
  for (int i = 1; i < 10; ++i)
    expected += "o" + std::to_string(i) + "\ne" + std::to_string(i) + "\n";
  EXPECT_EQ(output(), expected);
}

TEST_F(RunnerOutput, ReplacesWhatWasInTheFile) {
  std::ofstream(path("out")) << std::string(1000, 'x');
  run_ok(shell("echo new"));
  EXPECT_EQ(output(), "new\n");
  struct stat status {};
  std::filesystem::remove(path("out"));
  run_ok(shell("echo new"));
  ASSERT_EQ(stat(path("out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RunnerOutput, DropsNothingUpToTheBound) {
  EXPECT_EQ(bounded("head -c 1000 /dev/zero", 1000, 0), std::string(1000, '\0'));
}

TEST_F(RunnerOutput, KeepsHeadAndTailAroundTheGap) {
  // Half of a small bound is for the tail.
  EXPECT_EQ(bounded("printf 0123456789abcde", 8, 7), "0123\n[melisai-gate: 7 bytes dropped]\nbcde");
  EXPECT_EQ(bounded("printf 012345678", 8, 1), "0123\n[melisai-gate: 1 bytes dropped]\n5678");
  EXPECT_EQ(bounded("printf 01", 1, 1), "0\n[melisai-gate: 1 bytes dropped]\n");
  EXPECT_EQ(bounded("printf 01", 0, 2), "\n[melisai-gate: 2 bytes dropped]\n");
}

TEST_F(RunnerOutput, KeepsTheTailInOrder) {
  run_ok(shell("seq 1 100000"));
  const std::string all = output();
  ASSERT_EQ(all.size(), 588'895U);
  const Bytes output_max = 200'001;
  const Bytes tail = 64 << 10;
  const Bytes dropped = all.size() - output_max;
  EXPECT_EQ(bounded("seq 1 100000", output_max, dropped),
            all.substr(0, output_max - tail) + "\n[melisai-gate: " + std::to_string(dropped) +
                " bytes dropped]\n" + all.substr(all.size() - tail));
}

TEST_F(RunnerOutput, AGigabyteStaysBounded) {
  const Bytes output_max = 1 << 20;
  const std::string text =
      bounded("head -c 1000000000 /dev/zero; echo the end", output_max, 1'000'000'008 - output_max);
  EXPECT_LT(text.size(), output_max + 100);
  EXPECT_THAT(text, EndsWith("the end\n"));
}

TEST_F(RunnerOutput, BoundsEachStream) {
  Command two = shell("head -c 3000 /dev/zero; head -c 2000 /dev/zero >&2");
  two.output_max = 1000;
  EXPECT_EQ(run_ok(two).output_dropped, 3000U);
}

TEST_F(RunnerOutput, NeverWritesThroughALink) {
  std::ofstream(path("victim")) << "precious";
  std::filesystem::create_symlink(path("victim"), path("out"));
  const Result<Exit> result = run(shell("echo overwritten"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::io);
  EXPECT_THAT(result.error().message, HasSubstr(path("out")));
  EXPECT_EQ(read_all(path("victim")), "precious");
}

TEST_F(RunnerOutput, DoesNotWaitForTheReaderOfAFifo) {
  ASSERT_EQ(mkfifo(path("err").c_str(), 0600), 0);
  const Result<Exit> result = run(command({"true"}));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr(path("err")));
}

TEST_F(RunnerOutput, SaysThatAnOutputDirectoryIsMissing) {
  Command lost = command({"true"});
  lost.stdout_file = path("no/such/file");
  EXPECT_EQ(run(lost).error().code, Errc::io);
}

TEST_F(RunnerOutput, AFullDiskIsAnErrorAndDoesNotStopTheWorkload) {
  std::filesystem::create_directory(path("small"));
  if (mount("tmpfs", path("small").c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "cannot mount a small file system: " << std::strerror(errno);
  }
  Command full = shell("head -c 4000000 /dev/zero && touch " + path("went-on"));
  full.stdout_file = path("small/out");
  const Result<Exit> result = run(full);
  EXPECT_EQ(umount2(path("small").c_str(), MNT_DETACH), 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::disk_full);
  EXPECT_THAT(result.error().message, HasSubstr(full.stdout_file));
  EXPECT_TRUE(std::filesystem::exists(path("went-on")));
}

TEST_F(RunnerOutput, AWorkloadThatClosesItsOutputRunsOn) {
  EXPECT_EQ(run_ok(shell("exec >&- 2>&-; sleep 0.05; exit 7")).code, 7);
}

TEST_F(RunnerOutput, DiscardsWhatHasNoFile) {
  Command quiet = shell("echo a; echo b >&2");
  quiet.stdout_file.clear();
  quiet.stderr_file.clear();
  EXPECT_TRUE(run_ok(quiet).ok());
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

}  // namespace
}  // namespace melisai::process_test

// What lines of valgrind tell of a process that may have drawn its work. They are those of 3.19.
#include "core/chance.h"

#include <gtest/gtest.h>

#include "core/base/files.h"

namespace melisai {
namespace chance_test {

std::string call(const std::string& name, const std::string& arguments = "0x1") {
  return "SYSCALL[14522,1](999) sys_" + name + " ( " + arguments + " )[sync] --> Success(0x0) \n";
}
std::string opened(const std::string& path) {
  return call("openat", "4294967196, 0x4034bb0(" + path + "), 524288");
}
const std::string kMark = call("getrandom", "0x4c5c478, 8, 1");

TEST(Chance, IsNoneInWhatEveryProgramOfCDoes) {
  const std::string start =
      "SYSCALL[14522,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) \n"
      "SYSCALL[14522,1](257) sys_openat ( 4294967196, 0x40290b1(/etc/ld.so.cache), 524288 ) --> "
      "[async] ... \n"
      "SYSCALL[14522,1](257) ... [async] --> Success(0x4) \n"
      "SYSCALL[14522,1](262) sys_newfstatat ( 4, 0x4029c99(), 0x1ffeffeb90 )[sync] --> "
      "Success(0x0) \n";
  EXPECT_EQ(chance_in(start + kMark + opened("/sys/devices/system/cpu/online") +
                      opened("/dev/null") + call("write") + call("exit_group")),
            "");
}

TEST(Chance, IsTheTimeAndTheNumberOfTheProcess) {
  EXPECT_EQ(chance_in(kMark + call("clock_gettime", "1, 0x1ffeffeb90")), "clock_gettime");
  EXPECT_EQ(chance_in(call("getpid", "")), "getpid");
  EXPECT_EQ(chance_in(call("clone")), "clone") << "who of two is first";
  EXPECT_EQ(chance_in(call("of_a_newer_kernel")), "of_a_newer_kernel") << "nobody knows it";
}

TEST(Chance, IsInCallsThatValgrindNamesShortly) {
  const std::string start = "SYSCALL[14522,1](999) ";
  EXPECT_EQ(chance_in(start + "sched_yield()[sync] --> Success(0x0) \n"), "sched_yield");
  EXPECT_NE(chance_in(start + " --> [pre-success] Success(0x0) \n"), "");
  EXPECT_EQ(chance_in(start + "kcmp ( 1, 2, 0, 0, 0 )[sync] --> Success(0x0) \n"), "kcmp");
  EXPECT_EQ(chance_in(start + "arch_prctl ( 4098, 4a2a740 ) --> [pre-success] Success(0x0) \n" +
                      start + "unimplemented (by the kernel) syscall: 334! (ni_syscall)\n" +
                      " --> [pre-fail] Failure(0x26) \n" + start +
                      "exit_group( 0 ) --> [pre-success] Success(0x0) \n"),
            "");
}

TEST(Chance, IsEachRandomByteButTheMarkOfMalloc) {
  EXPECT_EQ(chance_in(kMark + kMark), "getrandom");
  EXPECT_EQ(chance_in(call("getrandom", "0x4c5c478, 24, 1")), "getrandom");
  EXPECT_EQ(chance_in(call("getrandom", "0x4c5c478, 8, 0")), "getrandom");
}

TEST(Chance, IsWhatTheMachineTells) {
  EXPECT_EQ(chance_in(opened("/dev/urandom")), "/dev/urandom");
  EXPECT_EQ(chance_in(opened("/proc/self/stat")), "/proc/self/stat");
  for (const char* way : {"//dev/urandom", "/./dev/urandom", "/tmp/../dev/urandom", "dev/urandom",
                          "../../dev/urandom", "/proc"})
    EXPECT_EQ(chance_in(opened(way)), way);
  for (const char* way : {"/device/of", "data/process.txt", "./input", "/home/me/sys"})
    EXPECT_EQ(chance_in(opened(way)), "");
  EXPECT_EQ(chance_in(opened("/sys/class/thermal/thermal_zone0/temp")),
            "/sys/class/thermal/thermal_zone0/temp");
}

class ChanceOfRun : public ::testing::Test {
 protected:
  void note(const std::string& process, const std::string& notes) {
    ASSERT_TRUE(write_file(directory_.path() + "/calls." + process, notes));
  }
  std::string chance() const { return chance_of_run(directory_.path(), line_).value(); }
  /// Where valgrind noted that it ran that.
  std::string chance_with(const std::string& command) {
    note("1", "==1== Command: " + command + "\n" + kMark);
    return chance();
  }

  RunLine line_{.shell = "./work", .argv = {}};
  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "chance-");
};

TEST_F(ChanceOfRun, IsThatOfAnyOfItsProcesses) {
  EXPECT_EQ(chance_with("./work"), "");
  note("2", "==2== Command: ./work\n" + call("time"));
  EXPECT_EQ(chance(), "time");
}

TEST_F(ChanceOfRun, IsThereWhereAProgramBecameAnotherOne) {
  EXPECT_EQ(chance_with("./other"), "another program before it") << "./work may be a script";
  note("1", kMark);
  EXPECT_EQ(chance(), "another program before it") << "nobody says which one it was";
  line_.shell = "./work $$";
  EXPECT_NE(chance_with("./work 4711"), "");
  EXPECT_EQ(chance_with("/bin/sh -c ./work\\ $$"), "") << "the shell's own notes are there";
  for (const char* const drawn : {"./work < /dev/urandom", "./work > out < /dev/urandom"}) {
    line_.shell = drawn;
    EXPECT_NE(chance_with("./work"), "") << drawn;
  }
}

TEST_F(ChanceOfRun, IsNotThereWhereAShellOnlyStartedIt) {
  line_.shell = "work 'a b' > /dev/null";
  EXPECT_EQ(chance_with("/usr/bin/work a\\ b"), "");
  line_.shell = "./work < input";
  EXPECT_EQ(chance_with("./work"), "");
  line_ = {.shell = "", .argv = {"python3", "work.py", "a b"}};
  EXPECT_EQ(chance_with("python3 work.py a\\ b"), "");
}

TEST_F(ChanceOfRun, IsThereWhereNobodyNotedAnything) {
  EXPECT_EQ(chance(), "valgrind noted no system calls");
}

TEST_F(ChanceOfRun, IsThereWhereThereAreTooManyProcesses) {
  for (int i = 0; i <= 100; ++i) note(std::to_string(i), "==1== Command: ./work\n" + kMark);
  EXPECT_EQ(chance(), "more than 100 processes");
}

TEST_F(ChanceOfRun, IsThereWhereTooMuchWasNoted) {
  note("1", std::string(9 << 20, 'x'));
  EXPECT_EQ(chance(), "too many system calls");
}

}  // namespace chance_test
}  // namespace melisai

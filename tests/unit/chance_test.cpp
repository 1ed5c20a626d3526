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

TEST(Chance, IsEachRandomByteButTheMarkOfMalloc) {
  EXPECT_EQ(chance_in(kMark + kMark), "getrandom");
  EXPECT_EQ(chance_in(call("getrandom", "0x4c5c478, 24, 1")), "getrandom");
  EXPECT_EQ(chance_in(call("getrandom", "0x4c5c478, 8, 0")), "getrandom");
}

TEST(Chance, IsWhatTheMachineTells) {
  EXPECT_EQ(chance_in(opened("/dev/urandom")), "/dev/urandom");
  EXPECT_EQ(chance_in(opened("/proc/self/stat")), "/proc/self/stat");
  EXPECT_EQ(chance_in(opened("/sys/class/thermal/thermal_zone0/temp")),
            "/sys/class/thermal/thermal_zone0/temp");
}

class ChanceOfRun : public ::testing::Test {
 protected:
  void note(const std::string& process, const std::string& notes) {
    ASSERT_TRUE(write_file(directory_.path() + "/calls." + process, notes));
  }
  std::string chance() const { return chance_of_run(directory_.path()).value(); }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "chance-");
};

TEST_F(ChanceOfRun, IsThatOfAnyOfItsProcesses) {
  note("1", kMark);
  EXPECT_EQ(chance(), "");
  note("2", call("time"));
  EXPECT_EQ(chance(), "time");
}

TEST_F(ChanceOfRun, IsThereWhereNobodyNotedAnything) {
  EXPECT_EQ(chance(), "valgrind noted no system calls");
}

TEST_F(ChanceOfRun, IsThereWhereTooMuchWasNoted) {
  note("1", std::string(9 << 20, 'x'));
  EXPECT_EQ(chance(), "too many system calls");
}

}  // namespace chance_test
}  // namespace melisai

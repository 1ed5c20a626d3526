// What commands print of secrets does not reach a file.
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/base/secrets.h"
#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "c4nary/of the+deploy";

class ProcessMask : public ProcessFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        keep_secrets({{"KEY", kSecret}, {"LINES", "first line of it\nsecond line of it"}}, true));
  }
  void TearDown() override { ASSERT_TRUE(keep_secrets({}, false)); }

  /// Both streams, in order.
  std::string printed_by(const std::string& script) {
    Command command = shell(script);
    command.mask_output = true;
    command.stderr_file = command.stdout_file;
    command.env.push_back(std::string("KEY=") + kSecret);
    EXPECT_TRUE(run_ok(command).ok());
    return output();
  }
};

TEST_F(ProcessMask, PrintsNoSecretInAnyForm) {
  EXPECT_EQ(printed_by("echo \"key: $KEY.\"; echo \"$KEY\" >&2"), "key: ***.\n***\n");
  EXPECT_THAT(printed_by("printf %s \"$KEY\" | base64; printf %s \"x$KEY\" | base64;"
                         "printf %s \"xy$KEY\" | base64"),
              Not(HasSubstr("Y2FuYXJ5")));
  for (const char* form : {"c4nary%2Fof%20the%2Bdeploy", "c4nary%2fof+the%2bdeploy",
                           "second line of it", "63346e6172792f6f66207468652b6465706c6f79"})
    EXPECT_EQ(printed_by(std::string("echo 'a ") + form + " b'"), "a *** b\n") << form;
}

TEST_F(ProcessMask, FindsASecretInTwoWrites) {
  EXPECT_EQ(printed_by("printf 'a c4nary/of '; sleep 0.2; echo 'the+deploy b'"), "a *** b\n");
}

TEST_F(ProcessMask, LeavesNoHalfOfOneWhereOutputIsCut) {
  Command command = shell("i=0; while [ $i -lt 3000 ]; do echo \"$KEY\"; i=$((i+1)); done");
  command.mask_output = true;
  command.env.push_back(std::string("KEY=") + kSecret);
  for (const Bytes most : {Bytes{1001}, Bytes{1002}, Bytes{1003}, Bytes{1004}, Bytes{1005}}) {
    command.output_max = most;
    EXPECT_TRUE(run_ok(command).ok());
    EXPECT_THAT(output(), Not(HasSubstr("c4na")));
    EXPECT_THAT(output(), Not(HasSubstr("loy")));
  }
}

TEST_F(ProcessMask, PutsTheSecretIntoNoArgument) {
  Command command = shell("cat /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n'");
  command.mask_output = false;  // so that what is there would be seen
  ASSERT_TRUE(run_ok(command).ok());
  EXPECT_THAT(output(), Not(HasSubstr("c4nary")));
  command.mask_output = true;
  command.argv = {"sh", "-c", "tr '\\0' '\\n' < /proc/$PPID/cmdline | grep -c 'mask$'"};
  ASSERT_TRUE(run_ok(command).ok());
  EXPECT_EQ(output(), "1\n") << "it was not masked at all";
}

// What it masks with is every secret, in every form.
TEST_F(ProcessMask, ShowsNobodyWhatItMasksWith) {
  Command command = shell(
      "cat /proc/$PPID/fd/0 > leaked; stat -c %u /proc/$PPID/environ > owner; stat -c %u "
      "/proc/$$/environ >> owner;"
      "for file in /proc/$(cut -d' ' -f4 /proc/$PPID/stat)/fd/*; do"
      "  case $(readlink $file) in */memfd:patterns*) cat $file >> leaked; esac; done");
  command.mask_output = true;
  const Exit exit = run_ok(command);
  EXPECT_TRUE(exit.ok());
  EXPECT_TRUE(exit.usage.rchar_bytes) << "it cannot read its own counters any more";
  EXPECT_EQ(read_all(path("leaked")), "");
  // To a process that is not dumpable /proc shows root as the owner.
  EXPECT_EQ(read_all(path("owner")), "0\n" + std::to_string(geteuid()) + "\n");
}

TEST_F(ProcessMask, LeavesOutputAloneThatIsTimed) {
  Command command = shell("echo \"$KEY\"");
  command.env.push_back(std::string("KEY=") + kSecret);
  EXPECT_TRUE(run_ok(command).ok());
  EXPECT_EQ(output(), std::string(kSecret) + "\n");
}

}  // namespace
}  // namespace melisai::process_test

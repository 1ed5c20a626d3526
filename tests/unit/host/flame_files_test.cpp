// Flame graphs of a host report.
#include "core/host/flame_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"

namespace melisai::host {
namespace flame_files_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const naming::Options kNaming{.program = MELISAI_BIN_DIR "/melisai-gate-symbols", .living = true};

class FlameFilesTest : public ::testing::Test {
 protected:
  static HostResult result(const std::string& tool, const std::string& data) {
    HostResult result{.collector = tool, .category = "stacktrace", .tier = 3};
    if (!data.empty()) result.data = *HostData::parse(data);
    return result;
  }
  /// 40 samples at 100 Hz in the kernel.
  static HostResult profile() {
    return result("profile",
                  R"({"frequency_hz":100,"files":[],"stacks":[{"pid":7,"comm":"app","count":40,)"
                  R"("user":[],"kernel":["copy_page","do_exit"]}]})");
  }
  static HostResult waits() {
    return result("offcputime",
                  R"({"unit":"ns","files":[],"stacks":[{"pid":7,"comm":"app","count":2,)"
                  R"("total_ns":5000000,"user":[],"kernel":["schedule","do_nanosleep"]}]})");
  }
  HostReport report(std::vector<HostResult> results) {
    HostReport made;
    made.metadata.hostname = "build <1>";
    made.categories["stacktrace"] = std::move(results);
    return made;
  }
  std::string text_of(const std::string& name) {
    const Result<std::string> text = read_file(directory() + "/" + name, 4 << 20);
    return text ? *text : "";
  }
  std::string directory() const { return place_.path() + "/made"; }

  TemporaryDirectory place_ = *TemporaryDirectory::make(::testing::TempDir(), "flame");
};

TEST_F(FlameFilesTest, AreOfBothTools) {
  const Result<FlameFiles> files =
      write_flame_files(report({waits(), profile()}), directory(), kNaming);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_THAT(files->written,
              ElementsAre(directory() + "/on-cpu.svg", directory() + "/on-cpu.folded",
                          directory() + "/off-cpu.svg", directory() + "/off-cpu.folded"));
  EXPECT_EQ(text_of("on-cpu.folded"), "app;do_exit_[k];copy_page_[k] 40\n");
  EXPECT_EQ(text_of("off-cpu.folded"), "app;do_nanosleep_[k];schedule_[k] 5000000\n");
  EXPECT_THAT(text_of("on-cpu.svg"), HasSubstr("copy_page"));
  EXPECT_THAT(text_of("on-cpu.svg"), HasSubstr("build &lt;1&gt;: on the CPU"));
  EXPECT_THAT(text_of("on-cpu.svg"), Not(HasSubstr("build <1>")));
  EXPECT_THAT(text_of("off-cpu.svg"), HasSubstr("off the CPU"));
}

TEST_F(FlameFilesTest, AreOfWhatThereIs) {
  HostResult refused = result("offcputime", "");
  refused.errors = {"give CAP_BPF"};
  const Result<FlameFiles> files =
      write_flame_files(report({refused, profile()}), directory(), kNaming);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->written.size(), 2u);
  EXPECT_THAT(files->problems, Contains("offcputime: give CAP_BPF"));
  EXPECT_FALSE(std::filesystem::exists(directory() + "/off-cpu.svg"));
}

TEST_F(FlameFilesTest, OfNothingAreNone) {
  const HostResult idle = result("profile", R"({"frequency_hz":100,"files":[],"stacks":[]})");
  const HostResult broken = result("offcputime", R"({"files":7})");
  const Result<FlameFiles> files = write_flame_files(report({broken, idle}), directory(), kNaming);
  ASSERT_TRUE(files);
  EXPECT_THAT(files->written, IsEmpty());
  EXPECT_THAT(files->problems, Contains("profile: no stacks were seen"));
  EXPECT_THAT(files->problems, Contains(HasSubstr("offcputime: ")));
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(FlameFilesTest, WithoutNamesAreNone) {
  const Result<FlameFiles> files =
      write_flame_files(report({waits(), profile()}), directory(), {.program = "/no/such/program"});
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_THAT(files->written, IsEmpty());
  EXPECT_THAT(files->problems, Contains(HasSubstr("profile: no graph, because names are missing")));
}

TEST_F(FlameFilesTest, NeedAProfileThatLooksAtStacks) {
  EXPECT_THAT(why_no_stacks(*find_profile("quick", {})), HasSubstr("--profile deep"));
  EXPECT_EQ(why_no_stacks(*find_profile("deep", {})), "");
  HostProfile elsewhere = *find_profile("deep", {});
  elsewhere.focus = {"network"};
  EXPECT_NE(why_no_stacks(elsewhere), "");
  EXPECT_EQ(why_no_stacks({.name = "own", .tools = {"offcputime"}}), "");
}

}  // namespace flame_files_test
}  // namespace melisai::host

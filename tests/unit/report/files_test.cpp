#include "core/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/report/report.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr Bytes kReadMax = 1 << 20;

class ReportFiles : public ::testing::Test {
 protected:
  static std::string new_directory() {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "report-files");
    EXPECT_TRUE(made) << made.error().message;
    const std::string path = made->path();
    made->keep();
    return path;
  }
  ~ReportFiles() override { std::filesystem::remove_all(root_); }

  std::string root_ = new_directory();
};

TEST_F(ReportFiles, CreatesTheDirectoryAndWritesEveryForm) {
  const std::string directory = root_ + "/a/b";
  const Report report = fixtures::regression_report();
  const auto written = write_reports(report, directory);
  ASSERT_TRUE(written) << written.error().message;

  const auto json = read_file(directory + "/report.json", kReadMax);
  ASSERT_TRUE(json);
  const auto again = report_from_json(*json);
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again == report);
  EXPECT_EQ(*read_file(directory + "/report.md", kReadMax), render_markdown(report));

  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, UnorderedElementsAre("report.json", "report.md", "report.html"))
      << "no temporary file stays";
}

TEST_F(ReportFiles, AddsOnlyFlameGraphsThatLieBesideThem) {
  Report report = fixtures::regression_report();
  ASSERT_TRUE(make_directories(root_ + "/flame"));
  ASSERT_TRUE(write_file(root_ + "/flame/a.svg", "<svg/>"));
  ASSERT_TRUE(write_file(root_ + "/secret", "secret"));
  std::filesystem::create_symlink(root_ + "/secret", root_ + "/flame/link.svg");
  report.evidence[0].files = {{"flame_graph", "flame/a.svg"},     {"folded_base", "flame/a.svg"},
                              {"flame_graph", "flame/../secret"}, {"flame_graph", "secret"},
                              {"flame_graph", "flame/link.svg"},  {"flame_graph", "flame/none.svg"},
                              {"flame_graph", root_ + "/secret"}};
  const std::vector<ShownFlame> flames = read_flames(report, root_);
  ASSERT_EQ(flames.size(), 1u);
  EXPECT_EQ(flames[0].path, "flame/a.svg");
  EXPECT_EQ(flames[0].svg, "<svg/>");
  ASSERT_TRUE(write_reports(report, root_));
  EXPECT_THAT(*read_file(root_ + "/report.html", kReadMax), HasSubstr("base64,PHN2Zy8+"));
}

TEST_F(ReportFiles, ReplacesAnOlderReport) {
  ASSERT_TRUE(write_reports(fixtures::regression_report(), root_));
  ASSERT_TRUE(write_reports(fixtures::pass_report(), root_));
  EXPECT_THAT(*read_file(root_ + "/report.md", kReadMax), ::testing::StartsWith("## PASS"));
}

TEST_F(ReportFiles, RemovesWhatAnEarlierRunLeft) {
  ASSERT_TRUE(make_directories(root_ + "/flame"));
  ASSERT_TRUE(write_file(root_ + "/flame/cli.svg", "<svg/>"));
  ASSERT_TRUE(write_file(root_ + "/report.json", "{}"));
  ASSERT_TRUE(prepare_directory(root_));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/flame"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/report.json"));
}

TEST_F(ReportFiles, NamesThePathAndTheWayOutWhenTheDirectoryIsAFile) {
  ASSERT_TRUE(write_file(root_ + "/occupied", "x"));
  const auto written = write_reports(fixtures::pass_report(), root_ + "/occupied");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::io);
  EXPECT_THAT(written.error().message, HasSubstr("cannot write the report"));
  EXPECT_THAT(written.error().message, HasSubstr(root_ + "/occupied"));
  EXPECT_THAT(written.error().message, HasSubstr("--output-dir"));
}

/// As somebody who may not write there: 0 good, 1 wrong.
int write_without_permission(const std::string& directory) {
  constexpr uid_t kNobody = 65534;
  if (::chmod(directory.c_str(), 0500) != 0) return 1;
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 1;
  const auto written = write_reports(fixtures::pass_report(), directory);
  const bool good = !written && written.error().code == Errc::io &&
                    written.error().message.find(directory) != std::string::npos;
  return good ? 0 : 1;
}

/// What `body` returns in a child process, which may change what this process must not.
int in_child(int (*body)(const std::string&), const std::string& directory) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body(directory));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST_F(ReportFiles, RefusesAReadOnlyDirectory) {
  EXPECT_EQ(in_child(write_without_permission, root_), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 0700), 0);
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

/// Makes us root of a new user namespace, without which nothing can be created in it.
bool map_to_root(uid_t user, gid_t group) {
  const auto write = [](const char* file, const std::string& text) {
    std::ofstream stream(file);
    stream << text << std::flush;
    return stream.good();
  };
  return write("/proc/self/setgroups", "deny") &&
         write("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") &&
         write("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

/// In a child with a file system of its own that has room for almost nothing: 0 good, 1 wrong, 77
/// not allowed here.
int write_to_full_disk(const std::string& directory) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  const int namespaces = user == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
  if (::unshare(namespaces) != 0 || (user != 0 && !map_to_root(user, group)) ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", directory.c_str(), "tmpfs", 0, "size=4k") != 0) {
    return 77;
  }
  const auto written = write_reports(fixtures::regression_report(), directory);
  const bool good = !written && written.error().code == Errc::disk_full &&
                    written.error().message.find("free some space") != std::string::npos &&
                    std::filesystem::is_empty(directory);
  return good ? 0 : 1;
}

TEST_F(ReportFiles, KeepsTheCodeOfAFullDiskAndLeavesNoHalfFile) {
  const int outcome = in_child(write_to_full_disk, root_);
  if (outcome == 77) GTEST_SKIP() << "this machine allows no file system of our own";
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace melisai::report

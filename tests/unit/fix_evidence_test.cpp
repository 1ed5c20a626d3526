#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/fix.h"

namespace melisai {
namespace fix_evidence_test {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::SizeIs;

class FixEvidenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.emplace(TemporaryDirectory::make(::testing::TempDir(), "evidence-").value());
    evidence_.run = "demo/build#12";
    evidence_.directory = directory_->path();
    evidence_.result.outcome = PipelineRun::Outcome::failed;
    evidence_.result.stages = {{.name = "build", .side = "head", .log = "log"}};
  }
  std::string path(const std::string& name) const { return directory_->path() + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  json told() const { return json::parse(to_json(evidence_, {}, "/source")); }
  std::string log_end() const { return told()["stages"][0]["log_end"]; }

  std::optional<TemporaryDirectory> directory_;
  FixEvidence evidence_;
};

TEST_F(FixEvidenceTest, HasTheEndsOfLogs) {
  write("log", std::string(100'000, 'x') + "the reason\n");
  EXPECT_THAT(log_end(), EndsWith("the reason\n"));
  EXPECT_THAT(log_end(), SizeIs(16 << 10));
  EXPECT_EQ(told()["report"], nullptr);
  write("report.json", "{}");
  EXPECT_EQ(told()["report"], path("report.json"));
}

// What a stage put in the place of its log: neither waited for nor followed.
TEST_F(FixEvidenceTest, ReadsNothingButFiles) {
  write("secret", "secret");
  std::filesystem::create_symlink(path("secret"), path("log"));
  std::filesystem::create_symlink(path("secret"), path("report.json"));
  EXPECT_EQ(log_end(), "");
  EXPECT_EQ(told()["report"], nullptr);
  std::filesystem::remove(path("log"));
  ASSERT_EQ(mkfifo(path("log").c_str(), 0600), 0);
  EXPECT_EQ(log_end(), "");
  std::filesystem::remove(path("log"));
  EXPECT_EQ(log_end(), "");
}

TEST_F(FixEvidenceTest, IsJsonWhateverTheLogHolds) {
  write("log", std::string("\xff\x00\x1b[31m\"", 8));
  EXPECT_NO_THROW(told());
}

}  // namespace fix_evidence_test
}  // namespace melisai

#include "core/serve/thorough_check.h"

#include <filesystem>
#include <fstream>

#include "core/serve/work.h"
#include "core/serve/workspace.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace thorough_check_test {

using supervise::Issue;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ThoroughCheckTest : public WithLoop {
 protected:
  void SetUp() override {
    workspace = workspace_of(config.orchestrator, directory.path());
    ASSERT_TRUE(prepare_workspace(workspace));
  }
  std::vector<Issue> issues() {
    std::optional<std::vector<Issue>> answer;
    check.check([&](const Result<std::vector<Issue>>& result) {
      ASSERT_TRUE(result);
      answer = *result;
    });
    turn_until([&] { return answer.has_value(); });
    return answer.value_or(std::vector<Issue>{});
  }
  static auto says(const std::string& text) { return Field(&Issue::message, HasSubstr(text)); }

  std::string workspace;
  bool measuring = false;
  ThoroughCheck check{context, [this] { return measuring; }};
};

TEST_F(ThoroughCheckTest, FindsNothingWhereAllWorksAndLeavesNothing) {
  EXPECT_THAT(issues(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/health"));
  EXPECT_FALSE(std::filesystem::exists(workspace + "/health"));
}

TEST_F(ThoroughCheckTest, NamesWhatCannotBeWritten) {
  std::filesystem::remove_all(workspace);
  const std::vector<Issue> found = issues();
  EXPECT_THAT(found, ElementsAre(says("workspace: ")));
  EXPECT_EQ(found.front().severity, supervise::IssueSeverity::high) << "degraded, not restarted";
}

TEST_F(ThoroughCheckTest, NamesADamagedQueue) {
  for (const char* ending : {"", "-wal", "-shm"})
    std::filesystem::remove(directory.path() + "/queue.db" + ending);
  std::ofstream(directory.path() + "/queue.db") << std::string(8'192, 'x');
  EXPECT_THAT(issues(), ElementsAre(says("queue: ")));
}

TEST_F(ThoroughCheckTest, AsksTheGitHelperOnceThereIsARepository) {
  git.failure = Error{Errc::timeout, "the helper is silent"};
  EXPECT_THAT(issues(), IsEmpty());
  std::filesystem::create_directories(repository_of(directory.path(), "demo"));
  EXPECT_THAT(issues(), ElementsAre(says("git: the helper is silent")));
}

TEST_F(ThoroughCheckTest, LooksAtNothingWhileABenchmarkRuns) {
  measuring = true;
  std::filesystem::remove_all(workspace);
  EXPECT_THAT(issues(), IsEmpty());
  measuring = false;
  EXPECT_THAT(issues(), ElementsAre(says("workspace: ")));
  measuring = true;
  EXPECT_THAT(issues(), ElementsAre(says("workspace: "))) << "nothing new is known";
}

TEST_F(ThoroughCheckTest, EndsItsLookWhenABenchmarkBegins) {
  std::filesystem::remove_all(workspace);
  int asked = 0;
  ThoroughCheck half{context, [&] { return ++asked == 3; }};
  std::optional<std::vector<Issue>> answer;
  half.check([&](const Result<std::vector<Issue>>& result) { answer = result.value(); });
  turn_until([&] { return answer.has_value(); });
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(*answer, IsEmpty()) << "the workspace was not looked at any more";
}

}  // namespace thorough_check_test
}  // namespace melisai::serve

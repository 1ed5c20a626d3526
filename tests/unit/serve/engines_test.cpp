#include "core/serve/engines.h"

#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace engines_test {

using supervise::Issue;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EnginesTest : public WithLoop {
 protected:
  ~EnginesTest() override {
    engines.stop([](const Result<void>&) {});
  }
  void start() {
    bool started = false;
    engines.start([&](const Result<void>& done) { started = done.has_value(); });
    turn_until([&] { return started; });
  }
  std::vector<Issue> issues() {
    std::vector<Issue> found;
    engines.check([&](const Result<std::vector<Issue>>& checked) {
      ASSERT_TRUE(checked);
      found = *checked;
    });
    return found;
  }
  /// No attempt can have a directory.
  void block_attempts() { ASSERT_TRUE(write_file(directory.path() + "/attempts", "in the way")); }

  Engines engines{context};
};

TEST_F(EnginesTest, ARunThatCouldStartAndDoesNotIsAnIssue) {
  block_attempts();
  start();
  EXPECT_THAT(issues(), IsEmpty());
  add_run("demo", kShaA, "build");
  engines.wake();
  EXPECT_THAT(issues(), ElementsAre(Field(&Issue::message, HasSubstr("demo/build#1 could start"))));
}

TEST_F(EnginesTest, StartWhileEveryGitServerHangs) {
  slow_servers.hang(kUrl);
  for (std::size_t thread = 0; thread < kPoolThreads; ++thread)
    boost::asio::post(pool, [this] { (void)slow_servers.open(remote)->refs({.url = kUrl}); });
  start();
}

TEST_F(EnginesTest, ARunThatWaitsForSomethingIsNone) {
  block_attempts();
  start();
  add_run("demo", kShaA, "build");
  ASSERT_TRUE(engines.pause("by hand"));
  EXPECT_THAT(issues(), IsEmpty());
}

}  // namespace engines_test
}  // namespace melisai::serve

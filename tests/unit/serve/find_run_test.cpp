#include "core/serve/find_run.h"

#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace find_run_test {

using ::testing::HasSubstr;

class FindRun : public WithQueue {
 protected:
  const PipelineRun first = add_run("demo", kShaA, "build");
  const PipelineRun second = add_run("demo", kShaB, "build");
  const PipelineRun other = add_run("fork", kShaA, "build");

  std::int64_t id_of(const std::string& text) const {
    const auto run = find_run(text, queue);
    EXPECT_TRUE(run) << run.error().message;
    return run ? run->id : -1;
  }
};

TEST_F(FindRun, ByItsNumber) { EXPECT_EQ(id_of(std::to_string(second.id)), second.id); }

TEST_F(FindRun, ByItsName) {
  EXPECT_EQ(id_of("demo/build#1"), first.id);
  EXPECT_EQ(id_of("fork/build#1"), other.id);
}

TEST_F(FindRun, WithoutTheProjectWhereThatIsEnough) { EXPECT_EQ(id_of("build#2"), second.id); }

TEST_F(FindRun, TwoThatFitAreNamed) {
  const auto run = find_run("build#1", queue);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::usage);
  EXPECT_THAT(run.error().message, HasSubstr("demo/build#1"));
  EXPECT_THAT(run.error().message, HasSubstr("fork/build#1"));
}

TEST_F(FindRun, OneThatIsNotThere) {
  for (const char* text : {"999", "build#3", "demo/test#1", "#1", "99999999999999999999#1"}) {
    const auto run = find_run(text, queue);
    ASSERT_FALSE(run) << text;
    EXPECT_EQ(run.error().code, Errc::not_found) << text;
  }
}

TEST_F(FindRun, WhatIsNoNameOfARun) {
  for (const char* text : {"", "build", "build#", "build#0", "build#-1", "build#1x", "0", "-1"}) {
    const auto run = find_run(text, queue);
    ASSERT_FALSE(run) << text;
    EXPECT_EQ(run.error().code, Errc::usage) << text;
  }
}

}  // namespace find_run_test
}  // namespace melisai::serve

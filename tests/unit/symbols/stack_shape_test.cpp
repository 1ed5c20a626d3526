#include "core/symbols/stack_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::symbols {
namespace {

using ::testing::HasSubstr;

TEST(StackShape, HasNoAdviceForWholeStacks) {
  StackShape shape;
  shape.add({.rooted = true, .leaf_named = true, .weight = 85});
  shape.add({.rooted = false, .leaf_named = true, .weight = 15});
  EXPECT_DOUBLE_EQ(shape.rootless(), 0.15);
  EXPECT_EQ(shape.advice(), "");
  EXPECT_EQ(StackShape().advice(), "");
}

TEST(StackShape, AdvisesFramePointersWhereStacksEndBeforeMain) {
  StackShape shape;
  shape.add({.rooted = true, .leaf_named = true, .weight = 50});
  shape.add({.rooted = false, .leaf_named = false, .weight = 50});
  EXPECT_DOUBLE_EQ(shape.rootless(), 0.5);
  EXPECT_THAT(shape.advice(), HasSubstr("50 %"));
  EXPECT_THAT(shape.advice(), HasSubstr("-fno-omit-frame-pointer"));
}

TEST(StackShape, AdvisesSymbolsWhereLeavesHaveNoNames) {
  StackShape shape;
  shape.add({.rooted = true, .leaf_named = false, .weight = 30});
  shape.add({.rooted = true, .leaf_named = true, .weight = 70});
  EXPECT_THAT(shape.advice(), HasSubstr("do not strip"));
}

TEST(StackShape, KnowsWhereThreadsStart) {
  for (const char* root : {"main", "_start", "__libc_start_main@@GLIBC_2.34", "start_thread"})
    EXPECT_TRUE(starts_a_thread({root})) << root;
  for (const char* other : {"parse", "[app]", "domain"}) EXPECT_FALSE(starts_a_thread({other}));
}

}  // namespace
}  // namespace melisai::symbols

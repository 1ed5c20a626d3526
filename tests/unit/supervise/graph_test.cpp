#include "core/supervise/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::supervise {
namespace graph_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error_of(const std::vector<Node>& nodes) {
  const Result<Graph> graph = Graph::make(nodes);
  return graph ? "" : graph.error().message;
}

TEST(Graph, OrdersADiamondByItsDependencies) {
  const Graph graph =
      Graph::make(
          {{"top", {"left", "right"}}, {"left", {"base"}}, {"right", {"base"}}, {"base", {}}})
          .value();
  EXPECT_THAT(graph.order(), ElementsAre(3, 1, 2, 0));
  EXPECT_THAT(graph.levels(), ElementsAre(ElementsAre(3), ElementsAre(1, 2), ElementsAre(0)));
  EXPECT_THAT(graph.dependencies(0), ElementsAre(1, 2));
  EXPECT_THAT(graph.dependents(3), ElementsAre(1, 2));
  EXPECT_THAT(graph.all_dependents(3), ElementsAre(1, 2, 0));
  EXPECT_THAT(graph.all_dependents(0), IsEmpty());
}

TEST(Graph, KeepsTheOrderOfRegistrationAmongEquals) {
  const Graph graph = Graph::make({{"b", {}}, {"a", {}}, {"c", {}}}).value();
  EXPECT_THAT(graph.order(), ElementsAre(0, 1, 2));
  EXPECT_EQ(graph.levels().size(), 1U);
}

TEST(Graph, PutsANodeBelowItsDeepestDependency) {
  const Graph graph = Graph::make({{"a", {}}, {"b", {"a"}}, {"c", {"a", "b"}}}).value();
  EXPECT_EQ(graph.level(2), 2U);
}

TEST(Graph, CountsADependencyThatIsNamedTwiceOnce) {
  const Graph graph = Graph::make({{"a", {}}, {"b", {"a", "a"}}}).value();
  EXPECT_THAT(graph.dependencies(1), ElementsAre(0));
  EXPECT_THAT(graph.order(), ElementsAre(0, 1));
}

TEST(Graph, IsEmptyWithoutModules) {
  const Graph graph = Graph::make({}).value();
  EXPECT_THAT(graph.order(), IsEmpty());
  EXPECT_THAT(graph.levels(), IsEmpty());
}

TEST(Graph, NamesACircleWithoutItsSurroundings) {
  EXPECT_THAT(
      error_of({{"outside", {"a"}}, {"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}, {"base", {}}}),
      HasSubstr("circle: 'a' -> 'b' -> 'c' -> 'a'; drop"));
  EXPECT_THAT(error_of({{"self", {"self"}}}), HasSubstr("'self' -> 'self'"));
}

TEST(Graph, NamesAnUnknownDependencyAndWhatWasMeant) {
  EXPECT_THAT(
      error_of({{"store", {}}, {"poller", {"stroe"}}}),
      HasSubstr("'poller' depends on 'stroe', which is not registered; did you mean 'store'?"));
  EXPECT_THAT(error_of({{"poller", {"elephant"}}}), HasSubstr("register it"));
}

TEST(Graph, RefusesAnIdTwice) {
  EXPECT_THAT(error_of({{"a", {}}, {"a", {}}}), HasSubstr("'a' is registered twice"));
}

}  // namespace graph_test
}  // namespace melisai::supervise

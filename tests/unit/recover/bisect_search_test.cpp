#include "core/recover/bisect_search.h"

#include <gmock/gmock.h>

#include <bit>
#include <functional>
#include <set>

namespace melisai::recover {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

/// "1" is the child of the good commit "0", "2" of "1" ...
std::vector<Candidate> line_of(int commits) {
  std::vector<Candidate> line;
  for (int i = 1; i <= commits; ++i) line.push_back({std::to_string(i), {std::to_string(i - 1)}});
  return line;
}

/// Searches until nothing can be tried. Returns the number of answers.
int run(BisectSearch& search, const std::function<Answer(const std::string&)>& ask) {
  int answers = 0;
  while (const auto next = search.next()) {
    search.answer(*next, ask(*next));
    if (++answers > 1000) break;
  }
  return answers;
}

/// What a line of commits answers when `culprit` is the first slow one.
std::function<Answer(const std::string&)> slow_from(int culprit) {
  return [culprit](const std::string& sha) {
    return std::stoi(sha) >= culprit ? Answer::slow : Answer::fast;
  };
}

TEST(BisectSearch, FindsEveryCulpritOfALineInLogarithmicallyManyAnswers) {
  for (int commits = 1; commits <= 33; ++commits) {
    const int enough = std::bit_width(static_cast<unsigned>(commits - 1));
    for (int culprit = 1; culprit <= commits; ++culprit) {
      BisectSearch search(line_of(commits), std::to_string(commits));
      EXPECT_EQ(search.steps_left(), enough);
      EXPECT_LE(run(search, slow_from(culprit)), enough) << culprit << " of " << commits;
      EXPECT_THAT(search.suspects(), ElementsAre(std::to_string(culprit)));
      EXPECT_EQ(search.steps_left(), 0);
    }
  }
}

TEST(BisectSearch, TriesTheMiddleFirst) { EXPECT_EQ(BisectSearch(line_of(32), "32").next(), "16"); }

TEST(BisectSearch, NeverTriesTheBadCommitItself) {
  BisectSearch search(line_of(1), "1");
  EXPECT_EQ(search.next(), std::nullopt);
  EXPECT_THAT(search.suspects(), ElementsAre("1"));
}

TEST(BisectSearch, TakesCandidatesInAnyOrder) {
  std::vector<Candidate> line = line_of(9);
  std::reverse(line.begin(), line.end());
  BisectSearch search(line, "9");
  run(search, slow_from(4));
  EXPECT_THAT(search.suspects(), ElementsAre("4"));
}

TEST(BisectSearch, IgnoresCommitsThatTheBadOneCannotReach) {
  std::vector<Candidate> line = line_of(4);
  line.push_back({"elsewhere", {"3"}});
  line.push_back({"far away", {"elsewhere"}});
  BisectSearch search(line, "4");
  EXPECT_THAT(search.suspects(), ElementsAre("1", "2", "3", "4"));
}

TEST(BisectSearch, TriesTheNeighboursOfAnUnknownCommit) {
  BisectSearch search(line_of(8), "8");
  std::set<std::string> tried;
  run(search, [&](const std::string& sha) {
    EXPECT_TRUE(tried.insert(sha).second) << sha << " was tried twice";
    return sha == "4" ? Answer::unknown : slow_from(6)(sha);
  });
  EXPECT_THAT(search.suspects(), ElementsAre("6"));
}

TEST(BisectSearch, EndsInTheShortestRangeWhenTheCulpritHidesBehindUnknownCommits) {
  BisectSearch search(line_of(16), "16");
  run(search, [](const std::string& sha) {
    const int commit = std::stoi(sha);
    return commit >= 7 && commit <= 9 ? Answer::unknown : slow_from(8)(sha);
  });
  EXPECT_THAT(search.suspects(), ElementsAre("7", "8", "9", "10"));
}

TEST(BisectSearch, LeavesEverythingWhenNothingCanBeTried) {
  BisectSearch search(line_of(3), "3");
  EXPECT_EQ(run(search, [](const std::string&) { return Answer::unknown; }), 2);
  EXPECT_THAT(search.suspects(), ElementsAre("1", "2", "3"));
}

/// Two branches of three commits leave the good commit, merge in m, and t follows.
std::vector<Candidate> two_branches() {
  return {{"a1", {"good"}}, {"b1", {"good"}}, {"a2", {"a1"}},      {"b2", {"b1"}},
          {"a3", {"a2"}},   {"b3", {"b2"}},   {"m", {"a3", "b3"}}, {"t", {"m"}}};
}

/// `culprit` and everything after it is slow.
std::function<Answer(const std::string&)> slow_after(const std::string& culprit) {
  return [culprit](const std::string& sha) {
    const bool same_branch = sha.front() == culprit.front() && sha >= culprit;
    return same_branch || sha == "t" ? Answer::slow : Answer::fast;
  };
}

TEST(BisectSearch, FindsTheCulpritOnEitherBranch) {
  for (const std::string culprit : {"a1", "a2", "a3", "b1", "b2", "b3"}) {
    BisectSearch search(two_branches(), "t");
    EXPECT_LE(run(search, slow_after(culprit)), 4);

    EXPECT_THAT(search.suspects(), ElementsAre(culprit));
  }
}

TEST(BisectSearch, NeverTriesAMerge) {
  BisectSearch search(two_branches(), "t");
  run(search, [](const std::string& sha) {
    EXPECT_NE(sha, "m");
    return Answer::fast;
  });
  EXPECT_THAT(search.suspects(), ElementsAre("m", "t"));
  EXPECT_TRUE(search.is_merge("m"));
  EXPECT_EQ(search.first_parent("t"), "m");
  EXPECT_EQ(search.first_parent("m"), "a3") << "the branch that was merged into";
}

TEST(BisectSearch, FindsAMergeByElimination) {
  std::vector<Candidate> history = two_branches();
  history.pop_back();
  BisectSearch search(history, "m");
  run(search, [](const std::string&) { return Answer::fast; });
  EXPECT_THAT(search.suspects(), ElementsAre("m"));
}

TEST(BisectSearch, TakesAnAnswerAboutAMergeThatSomebodyMeasured) {
  BisectSearch search(two_branches(), "t");
  run(search, [](const std::string&) { return Answer::fast; });
  search.answer("m", Answer::slow);
  EXPECT_THAT(search.suspects(), ElementsAre("m"));
}

TEST(BisectSearch, SearchesASideBranchOnceItsTipIsSlow) {
  BisectSearch search(two_branches(), "t");
  search.answer("b3", Answer::slow);
  EXPECT_THAT(search.suspects(), ElementsAre("b1", "b2", "b3"));
  search.answer("b1", Answer::fast);
  EXPECT_EQ(search.next(), "b2");
}

/// The slower of two culprits comes later; both are real.
TEST(BisectSearch, EndsAtOneOfTwoCulprits) {
  for (int first = 1; first <= 20; ++first) {
    for (int second = first; second <= 20; ++second) {
      for (const Answer between : {Answer::slow, Answer::fast}) {
        BisectSearch search(line_of(20), "20");
        run(search, [&](const std::string& sha) {
          const int commit = std::stoi(sha);
          return commit < first ? Answer::fast : commit >= second ? Answer::slow : between;
        });
        EXPECT_THAT(search.suspects(),
                    ElementsAre(AnyOf(std::to_string(first), std::to_string(second))));
      }
    }
  }
}

TEST(BisectSearch, KeepsASuspectWhenAnswersContradictEachOther) {
  BisectSearch search(line_of(4), "4");
  search.answer("2", Answer::slow);
  search.answer("3", Answer::fast);
  search.answer("2", Answer::fast);
  EXPECT_THAT(search.suspects(), ElementsAre("1", "2"));
}

TEST(BisectSearch, SearchesTenThousandCommits) {
  BisectSearch search(line_of(10'000), "10000");
  EXPECT_LE(run(search, slow_from(7'777)), 14);
  EXPECT_THAT(search.suspects(), ElementsAre("7777"));
}

}  // namespace
}  // namespace melisai::recover

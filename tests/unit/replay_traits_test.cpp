// What lines say of their series beside the numbers: level, tier, threshold, direction.
#include <gmock/gmock.h>

#include <array>

#include "tests/unit/replay_fixture.h"

namespace melisai {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReplayTraits : public ReplayTest {
 protected:
  std::string decision(const std::string& text, ReplayRequest request = {}) {
    return decided(text, std::move(request))[0]["decision"];
  }
};

TEST_F(ReplayTraits, ASeriesHasItsOwnThreshold) {
  const std::string pairs = pairs_of("b/x", 0.03, 60, R"(, "threshold": 0.01)");
  EXPECT_EQ(decision(pairs), "regressed");
  EXPECT_EQ(decision(pairs_of("b/x", 0.03, 60)), "clear");
  EXPECT_EQ(*run(pairs_of("b/x", 0.1, 60, R"(, "threshold": 0.2)")), 0);
  EXPECT_THAT(out_, HasSubstr("slowdowns of 20 % or more are ruled out"));
}

TEST_F(ReplayTraits, JsonSaysWhichSeriesHaveNoVote) {
  const json all =
      decided(pairs_of("b/bare", 0.2, 60) + pairs_of("b/off", 0.2, 60, R"(, "level": "off")") +
              pairs_of("b/warn", 0.2, 60, R"(, "level": "warn")") +
              pairs_of("b/unknown", 0, 60, R"(, "better": "unknown")"));
  EXPECT_FALSE(all[0].contains("level")) << "as tools of others expect it";
  EXPECT_EQ(all[1]["decision"], "regressed");
  EXPECT_EQ(all[1].value("level", ""), "off");
  EXPECT_EQ(all[2].value("level", ""), "warn");
  EXPECT_EQ(all[3].value("level", ""), "off");
}

TEST_F(ReplayTraits, OneThresholdOverrulesThoseOfTheSeries) {
  ReplayRequest request{.one_threshold = true};
  request.policy.threshold = 0.2;
  EXPECT_EQ(decision(pairs_of("b/x", 0.03, 60, R"(, "threshold": 0.01)"), request), "clear");
  request.policy.threshold = 0.01;
  EXPECT_EQ(decision(pairs_of("b/x", 0.03, 60, R"(, "threshold": 0.2)"), request), "regressed");
  request.policy.threshold = 0.2;
  EXPECT_EQ(decision(pairs_of("b/minor_faults", 0.1, 60, R"(, "tier": 2)"), request), "clear");
}

TEST_F(ReplayTraits, ATierBringsTheThresholdOfCheckAndItsFloor) {
  const std::string counts = R"(, "tier": 2)";
  EXPECT_EQ(decision(pairs_of("b/faults", 0.03, 60)), "clear") << "5 % like any other";
  EXPECT_EQ(decision(pairs_of("b/instructions", 0.03, 60, counts)), "regressed") << "1 %";
  EXPECT_EQ(decision(pairs_of("b/minor_faults", 0.03, 60, counts)), "clear") << "fewer than 16";
  std::string few;
  std::string many;
  for (int i = 0; i < 20; ++i) {
    few += line_of("b/minor_faults", 0, 10, counts);
    many += line_of("b/minor_faults", 0, 17, counts);
  }
  EXPECT_EQ(decision(few), "clear");
  EXPECT_EQ(decision(many), "regressed");
}

TEST_F(ReplayTraits, OfATimeACoarseClockIsNoProof) {
  const std::string time = R"(, "tier": 3)";
  std::string ticks;
  std::string zeros;
  std::string plain_ticks;
  for (int i = 0; i < 60; ++i) {
    ticks += line_of("b/wall_time", 10 + (i % 2), 10 + (i % 2), time);
    plain_ticks += line_of("b/wall_time", 10 + (i % 2), 10 + (i % 2));
    zeros += line_of("b/wall_time", 0, 0, time);
  }
  EXPECT_EQ(decision(plain_ticks), "clear");
  EXPECT_EQ(decision(ticks), "inconclusive");
  EXPECT_EQ(*run(ticks), 0);
  EXPECT_THAT(out_, HasSubstr("the clock is too coarse"));
  EXPECT_EQ(decision(zeros), "failed");
  EXPECT_EQ(*run(zeros), 4) << "as a check that could not measure";
  EXPECT_THAT(out_, AllOf(HasSubstr("error: b could not be measured"), HasSubstr("measured 0: ")));
}

TEST_F(ReplayTraits, WhatIsOnlyShownHasNoVoteAndNoShareOfTheAlarms) {
  const std::string off = R"(, "level": "off")";
  const std::string text = pairs_of("app/wall", 0.01, 60) + pairs_of("app/waits", 0.5, 60, off);
  EXPECT_EQ(*run(text), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("pass: 1 benchmark metric is clear"),
                          HasSubstr("level off: shown, no vote")));
  EXPECT_LT(out_.find("app/wall"), out_.find("app/waits")) << "last, however bad";
  EXPECT_EQ(decided(text)[1]["decision"], "regressed");
  EXPECT_LT(decided(text)[1]["pairs_used"], 8) << "without confirmation";
  std::string suite = pairs_of("app/wall", 0.01, 60);
  for (int i = 0; i < 1'000; ++i) suite += line_of("s" + std::to_string(i), 1, 1, off);
  EXPECT_EQ(decided(suite)[0], decided(text)[0]);
  run(text, {.independent = true}).value();
  EXPECT_THAT(out_, HasSubstr("each series on its own: 1 clear, 1 only shown"));
}

TEST_F(ReplayTraits, AWarningTakesItsShareAndHasNoVote) {
  const std::string warn = R"(, "level": "warn")";
  const std::string wall = pairs_of("app/wall", 0.01, 60);
  EXPECT_EQ(*run(wall + pairs_of("app/rss", 0.5, 60, warn)), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("pass: 1 benchmark metric is clear"),
                          HasSubstr("1 warning: app rss +5"), HasSubstr("level warn: no vote")));
  EXPECT_EQ(decided(pairs_of("app/rss", 0.5, 60, warn))[0]["pairs_used"], 8) << "confirmed";
  std::string suite = wall;
  for (int i = 0; i < 1'000; ++i) suite += line_of("s" + std::to_string(i), 1, 1, warn);
  EXPECT_NE(decided(suite)[0], decided(wall)[0]);
}

TEST_F(ReplayTraits, TheHealthOfTheHostTakesItsShare) {
  const std::string wall = pairs_of("app/wall", 0.01, 60);
  const json alone = decided(wall)[0];
  const json beside_another = decided(wall + line_of("app/rss", 1, 1))[0];
  ASSERT_NE(alone, beside_another);
  const auto with_health = [&](const std::string& level) {
    return decided(pairs_of("app/wall", 0.01, 60, R"(, "health": ")" + level + '"'))[0];
  };
  EXPECT_EQ(with_health("fail"), beside_another);
  EXPECT_EQ(with_health("warn"), alone);
  EXPECT_FALSE(run(pairs_of("app/wall", 0.01, 60, R"(, "health": "good")")));
  const auto with_counted = [&](const std::string& number) {
    return decided(pairs_of("app/wall", 0.01, 60, R"(, "counted": )" + number))[0];
  };
  EXPECT_EQ(with_counted("1"), beside_another);
  EXPECT_EQ(with_counted("0"), alone);
  for (const char* number : {"-1", "0.5", "1e9", "\"1\""})
    EXPECT_FALSE(run(pairs_of("app/wall", 0.01, 60, R"(, "counted": )" + std::string(number))));
}

TEST_F(ReplayTraits, ASuiteThatIsOnlyShownIsNotCalledOneSided) {
  EXPECT_EQ(*run(pairs_of("app/waits", 0, 60, R"(, "better": "unknown")") +
                 pairs_of("app/x", 0, 60, R"(, "level": "off")")),
            0);
  EXPECT_THAT(out_, AllOf(HasSubstr("inconclusive: nothing was judged"), HasSubstr("level off"),
                          HasSubstr("direction unknown: shown"), Not(HasSubstr("on both"))));
}

TEST_F(ReplayTraits, TheForecastOfAnOpenSeriesIsToldInFull) {
  std::string text;
  constexpr std::array kNoise{-0.2, 0.25, 0.1, -0.15, 0.0, 0.05};
  for (std::size_t i = 0; i < 20; ++i)
    text += line_of("app/wall", 100, 102 + 100 * kNoise[i % kNoise.size()]);
  run(text).value();
  EXPECT_THAT(out_, AllOf(HasSubstr("pairs would settle it"), HasSubstr("given up, since no more"),
                          Not(HasSubstr("…"))));
}

}  // namespace
}  // namespace melisai

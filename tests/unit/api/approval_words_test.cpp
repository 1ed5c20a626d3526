#include "core/api/approval_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::api {
namespace approval_words_test {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
using Action = store::Approval::Action;

const std::string kHead = "0123456789ab" + std::string(28, 'c');
constexpr WallTime kThen{1'000'000s};

std::string read(std::string_view text) {
  const auto command = comment_command(text);
  if (!command) return "refused";
  if (!*command) return "none";
  return ((*command)->action == Action::retry ? "retry " : "approve ") + (*command)->sha;
}

TEST(ApprovalWords, ACommandIsTheFirstLine) {
  EXPECT_EQ(read("/melisai-gate approve"), "approve ");
  EXPECT_EQ(read("/melisai-gate approve 0123456789AB\r\nlooks good"), "approve 0123456789ab");
  EXPECT_EQ(read("/melisai-gate\tretry  " + kHead + "  "), "retry " + kHead);
}

TEST(ApprovalWords, WhatIsNotForUsIsNone) {
  for (const char* text :
       {"", "looks good", " /melisai-gate approve", "> /melisai-gate approve",
        "looks good\n/melisai-gate approve", "```\n/melisai-gate approve\n```",
        "/melisai-gates approve", "/melisai-gate-approve", "melisai-gate approve"})
    EXPECT_EQ(read(text), "none") << text;
}

TEST(ApprovalWords, WhatCannotBeUnderstoodIsRefused) {
  for (const char* text :
       {"/melisai-gate", "/melisai-gate aprove", "/melisai-gate approve 0123456789a",
        "/melisai-gate approve main", "/melisai-gate approve 0123456789ab please",
        "/melisai-gate approve 0123456789ag", "/melisai-gate Approve"})
    EXPECT_EQ(read(text), "refused") << text;
  EXPECT_EQ(read("/melisai-gate approve " + std::string(65, 'a')), "refused");
}

store::PullRequest known() {
  store::PullRequest request;
  request.sha = kHead;
  request.open = true;
  request.waits = true;
  request.since = kThen;
  return request;
}

std::string answer(const AskedFor& asked, const store::PullRequest& request = known()) {
  const Result<std::string> head = asked_head(asked, request, 60s);
  return head ? *head : head.error().message;
}

TEST(ApprovalWords, WhoNamesTheHeadMeansIt) {
  const AskedFor asked{.sha = "0123456789ab", .names_it = true, .at = kThen, .received_at = kThen};
  EXPECT_EQ(answer(asked), kHead) << "also at once";
  AskedFor other = asked;
  other.sha = "0123456789ac";
  EXPECT_THAT(answer(other), HasSubstr("its head is 0123456789ab now, not 0123456789ac"));
  store::PullRequest closed = known();
  closed.open = false;
  EXPECT_EQ(answer(asked, closed), "it is closed");
}

TEST(ApprovalWords, WhoNamesNoneMeansWhatTheyCouldRead) {
  EXPECT_EQ(answer({.at = kThen + 60s, .received_at = kThen + 61s}), kHead);
  EXPECT_THAT(answer({.at = kThen + 59s, .received_at = kThen + 90s}),
              HasSubstr("/melisai-gate approve 0123456789ab"))
      << "it was written too early, and came late";
  EXPECT_THAT(answer({.at = kThen + 1h, .received_at = kThen + 59s}), HasSubstr("name it"))
      << "their clock is ahead";
  EXPECT_THAT(answer({.at = {}, .received_at = kThen + 1h}), HasSubstr("name it"))
      << "nobody says when";
  EXPECT_THAT(answer({.at = kThen - 1s, .received_at = kThen + 1h}), HasSubstr("name it"));
}

TEST(ApprovalWords, AForgeThatNamesTheHeadDoesNotSayThatItWasRead) {
  AskedFor label{.sha = kHead, .at = kThen + 59s, .received_at = kThen + 59s};
  EXPECT_THAT(answer(label), HasSubstr("name it"));
  label.at = label.received_at = kThen + 60s;
  EXPECT_EQ(answer(label), kHead);
  label.sha = std::string(40, 'd');
  EXPECT_THAT(answer(label), HasSubstr("its head is"));
}

}  // namespace approval_words_test
}  // namespace melisai::api

// Logs: whole, in ranges, and live.
#include <sys/stat.h>
#include <unistd.h>

#include "core/api/log_files.h"
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

class LogsTest : public ApiTest {
 protected:
  std::string target(const std::string& rest = "") {
    return "/api/v1/runs/" + std::to_string(run) + "/logs" + rest;
  }
  std::string log(const std::string& query = "", const std::string& range = "") {
    Asked asked{.target = target(query), .token = "read"};
    if (!range.empty()) asked.headers.push_back({"Range", range});
    const http::Response response = ask(asked);
    content_range = header(response, "Content-Range");
    last_status = response.status;
    return text_of_answer(response);
  }

  std::int64_t run = add_run();
  Attempt attempt = begin(run);
  std::string content_range;
  int last_status = 0;
};

TEST_F(LogsTest, AreTheTextOfAllStages) {
  write_log(attempt, "logs/head-build.log", "built\n");
  write_log(attempt, "work.log", "said\n");
  EXPECT_EQ(log(), "==> head-build.log <==\nbuilt\n==> work.log <==\nsaid\n");
  EXPECT_EQ(log("?stage=head-build"), "built\n");
  EXPECT_EQ(log("?stage=work&attempt=1"), "said\n");
  EXPECT_EQ(status({.target = target("?stage=none")}), 404);
  EXPECT_EQ(status({.target = target("?attempt=2")}), 404);
  EXPECT_EQ(status({.target = target("?attempt=0")}), 400);
}

TEST_F(LogsTest, OfARunThatHasNotBegunAreEmpty) {
  run = add_run();
  EXPECT_EQ(log(), "");
  EXPECT_EQ(last_status, 200);
}

TEST_F(LogsTest, ComeInRanges) {
  write_log(attempt, "logs/a.log", "0123456789");
  EXPECT_EQ(log("?stage=a", "bytes=2-4"), "234");
  EXPECT_EQ(last_status, 206);
  EXPECT_EQ(content_range, "bytes 2-4/10");
  EXPECT_EQ(log("?stage=a", "bytes=7-"), "789");
  EXPECT_EQ(log("?stage=a", "bytes=-3"), "789");
  EXPECT_EQ(log("?stage=a", "bytes=8-99"), "89");
  EXPECT_EQ(content_range, "bytes 8-9/10");
  EXPECT_EQ(log("", "bytes=10-15"), "<==\n01");  // the line above a file, and the file
  log("?stage=a", "bytes=10-");
  EXPECT_EQ(last_status, 416);
  EXPECT_EQ(content_range, "bytes */10");
  for (const char* const odd : {"bytes=4-2", "bytes=x-", "lines=1-2", "bytes=1-2,4-5", "bytes=-"}) {
    EXPECT_EQ(log("?stage=a", odd), "0123456789") << odd;
    EXPECT_EQ(last_status, 200);
  }
}

TEST_F(LogsTest, LongOnesComeInPieces) {
  const std::string text(5 * kLogPieceBytes + 17, 'x');
  write_log(attempt, "logs/a.log", text);
  const http::Response response = ask({.target = target("?stage=a")});
  ASSERT_NE(response.stream, nullptr);
  EXPECT_EQ(response.body, "");
  std::size_t total = 0;
  while (const auto piece = response.stream->next()) {
    EXPECT_LE(piece->size(), kLogPieceBytes);
    total += piece->size();
  }
  EXPECT_EQ(total, text.size());
  EXPECT_FALSE(response.stream->is_broken());
}

TEST_F(LogsTest, ThatVanishOrShrinkWhileTheyAreSentAreNotWhole) {
  for (const bool vanishes : {true, false}) {
    write_log(attempt, "logs/a.log", std::string(2 * kLogPieceBytes, 'x'));
    const http::Response response = ask({.target = target("?stage=a")});
    ASSERT_NE(response.stream, nullptr);
    EXPECT_EQ(response.stream->next()->size(), kLogPieceBytes);
    const std::string path = attempt.directory + "/logs/a.log";
    ASSERT_EQ(vanishes ? unlink(path.c_str()) : truncate(path.c_str(), 1), 0);
    EXPECT_EQ(response.stream->next(), std::nullopt);
    EXPECT_TRUE(response.stream->is_broken());
  }
}

TEST_F(LogsTest, LinksAndOddNamesAreNotFollowed) {
  write_log(attempt, "logs/a.log", "good\n");
  ASSERT_TRUE(write_file(state_dir + "/secret", "secret"));
  ASSERT_EQ(symlink((state_dir + "/secret").c_str(), (attempt.directory + "/logs/b.log").c_str()),
            0);
  write_log(attempt, "logs/odd name|x.log", "odd\n");
  ASSERT_EQ(mkfifo((attempt.directory + "/logs/c.log").c_str(), 0600), 0);
  EXPECT_EQ(log(), "==> a.log <==\ngood\n");
  for (const char* const stage : {"?stage=b", "?stage=../secret", "?stage=..%2fsecret", "?stage=c"})
    EXPECT_EQ(status({.target = target(stage)}), 404) << stage;
}

class LiveLogTest : public LogsTest {
 protected:
  std::unique_ptr<http::Stream> open(const std::string& last_id = "",
                                     const std::string& query = "") {
    Asked asked{.target = target("/stream" + query), .token = "read"};
    if (!last_id.empty()) asked.headers.push_back({"Last-Event-ID", last_id});
    http::Response response = ask(asked);
    EXPECT_EQ(response.type, "text/event-stream");
    return std::move(response.stream);
  }
};

TEST_F(LiveLogTest, GrowsWithTheFileAndEndsWithTheRun) {
  const auto stream = open();
  int woken = 0;
  stream->on_more([&] { ++woken; });
  EXPECT_EQ(stream->next(), "");
  write_log(attempt, "logs/a.log", "one\n");
  scheduler.run_for(kGrowthPause);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(*stream->next(),
            "id: 1|a=4\nevent: log\n"
            "data: {\"attempt\":1,\"stage\":\"a\",\"offset\":0,\"text\":\"one\\n\"}\n\n");
  EXPECT_EQ(stream->next(), "");
  write_log(attempt, "logs/a.log", "two\n");
  end(attempt);
  EXPECT_THAT(*stream->next(),
              ::testing::AllOf(HasSubstr("\"offset\":4"), HasSubstr("two"),
                               HasSubstr("event: end\ndata: {\"outcome\":\"passed\"")));
  EXPECT_EQ(stream->next(), std::nullopt);
}

TEST_F(LiveLogTest, GoesOnWhereTheClientWas) {
  write_log(attempt, "logs/a.log", "0123456789");
  EXPECT_THAT(drained(*open("1|a=4")), HasSubstr("\"offset\":4,\"text\":\"456789\""));
  EXPECT_THAT(drained(*open("1|a=10")), IsEmpty());
  for (const char* const odd : {"x", "1|a", "1|a=x", "-1", "1|a=99999999999999999999"})
    EXPECT_EQ(status({.target = target("/stream"), .headers = {{"Last-Event-ID", odd}}}), 400)
        << odd;
}

TEST_F(LiveLogTest, GoesOnWithTheNextAttempt) {
  write_log(attempt, "logs/a.log", "first");
  const auto stream = open();
  drained(*stream);
  ASSERT_TRUE(queue.end_attempt(attempt, {.outcome = Outcome::error, .retry_at = clock.now()},
                                clock.now()));
  EXPECT_EQ(stream->next(), "");
  attempt = begin(run);
  write_log(attempt, "logs/a.log", "second");
  EXPECT_THAT(*stream->next(), ::testing::AllOf(HasSubstr("id: 2|a=6"), HasSubstr("second")));
  EXPECT_THAT(drained(*open("", "?attempt=1")),
              ::testing::AllOf(HasSubstr("first"), HasSubstr("event: end")));
}

TEST_F(LiveLogTest, EndsWithItsToken) {
  const auto stream = open();
  EXPECT_EQ(stream->next(), "");
  write_log(attempt, "logs/a.log", "secret\n");
  revoke("read");
  EXPECT_EQ(stream->next(), std::nullopt);
}

TEST_F(LiveLogTest, CutsNoCharacter) {
  write_log(attempt, "logs/a.log", "gr\xC3");
  const auto stream = open();
  EXPECT_THAT(*stream->next(), HasSubstr("\"text\":\"gr\""));
  write_log(attempt, "logs/a.log", "\xBC\xC3\x9F");
  EXPECT_THAT(*stream->next(), HasSubstr("\"offset\":2,\"text\":\"\xC3\xBC\xC3\x9F\""));
}

TEST_F(LiveLogTest, LooksSeldomWhileABenchmarkIsTimed) {
  measuring = true;
  const auto stream = open();
  int woken = 0;
  stream->on_more([&] { ++woken; });
  scheduler.run_for(kMeasuringPause - Milliseconds(1));
  EXPECT_EQ(woken, 0);
  scheduler.run_for(Milliseconds(1));
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace melisai::api

// Collectors that tell in more than numbers: parts and their results, through a real worker.
#include <gmock/gmock.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/plugins/worker_process.h"

namespace melisai {
namespace {

using protocol::Hello;
using protocol::HelloRequest;
using protocol::Started;
using protocol::StartRequest;
using protocol::Stopped;
using protocol::StopRequest;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Parts, AreDeclaredWithoutAnyMetric) {
  WorkerProcess worker({zoo_plugin("parts")});
  const auto hello = worker.expect<Hello>(HelloRequest{});
  EXPECT_THAT(hello.metrics, IsEmpty());
  ASSERT_THAT(hello.parts, SizeIs(2));
  EXPECT_EQ(hello.parts[0].name, "wings");
  EXPECT_EQ(hello.parts[0].category, "cpu");
  EXPECT_EQ(hello.parts[0].tier, 1);
  EXPECT_EQ(hello.parts[1].tier, 3);
}

TEST(Parts, ThatThisMachineDoesNotGiveSayWhyNot) {
  WorkerProcess worker({zoo_plugin("parts")});
  const auto hello = worker.expect<Hello>(HelloRequest{});
  EXPECT_TRUE(hello.available);
  ASSERT_THAT(hello.parts, SizeIs(2));
  EXPECT_EQ(hello.parts[0].unavailable, "");
  EXPECT_EQ(hello.parts[1].unavailable, "lost in a trap");
}

TEST(Parts, SayOneResultAWindow) {
  WorkerProcess worker({zoo_plugin("parts")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.expect<Stopped>(StopRequest{.id = 4});
  ASSERT_THAT(worker.results(), SizeIs(2));
  EXPECT_EQ(worker.results()[0].id, 4);
  EXPECT_EQ(worker.results()[0].part, "wings");
  EXPECT_EQ(worker.results()[0].json, R"({"data":{"samples":0}})");
  EXPECT_EQ(worker.results()[1].part, "tail");
  EXPECT_EQ(worker.results()[1].json, R"({"errors":["cut"]})");
}

TEST(Parts, WhatIsNoResultIsLoggedAndLeftOut) {
  WorkerProcess worker({zoo_plugin("parts")});
  worker.expect<Hello>(HelloRequest{});
  worker.expect<Started>(StartRequest{.id = 1});
  worker.expect<Stopped>(StopRequest{.id = 1});
  EXPECT_THAT(worker.log_texts(), Contains(HasSubstr("'beak', which it does not declare")));
  EXPECT_THAT(worker.log_texts(), Contains(HasSubstr("'wings' is not a JSON object")));
}

TEST(Parts, ThatNobodyWantsNeedNotBeStarted) {
  WorkerProcess worker({zoo_plugin("parts")});
  worker.expect<Hello>(HelloRequest{});
  const std::vector<std::string> wings = {"wings"};
  worker.expect<Started>(StartRequest{.id = 1, .parts = wings});
  worker.expect<Stopped>(StopRequest{.id = 1});
  ASSERT_THAT(worker.results(), SizeIs(1));
  EXPECT_EQ(worker.results()[0].part, "wings");
}

TEST(Parts, TheConfigurationSaysHowOftenToSample) {
  WorkerProcess worker({zoo_plugin("parts")});
  worker.expect<Hello>(HelloRequest{.config = R"({"sample_interval_ms":2})"});
  worker.expect<Started>(StartRequest{.id = 1});
  const auto said = worker.next();  // when the first sample is taken
  ASSERT_TRUE(said && std::holds_alternative<protocol::Log>(*said));
  EXPECT_EQ(std::get<protocol::Log>(*said).text, "sampled");
  worker.expect<Stopped>(StopRequest{.id = 1});
  ASSERT_THAT(worker.results(), SizeIs(2));
  EXPECT_THAT(worker.results()[0].json, ::testing::Not(HasSubstr(":0}")));
}

}  // namespace
}  // namespace melisai

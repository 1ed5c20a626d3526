#include "core/supervise/event_bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "tests/fakes/fake_clock.h"

namespace melisai::supervise {
namespace event_bus_test {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class EventBusTest : public testing::Test {
 protected:
  void publish(int count) {
    for (int i = 0; i < count; ++i) bus.publish({.message = std::to_string(++published)});
  }

  FakeClock clock;
  EventBus bus{clock};
  int published = 0;
};

std::vector<std::string> messages(const EventBatch& batch) {
  std::vector<std::string> texts;
  for (const Event& event : batch.events) texts.push_back(event.message);
  return texts;
}

TEST_F(EventBusTest, TellsEverySubscriberEverythingSinceItCame) {
  publish(1);
  Subscription first = bus.subscribe();
  publish(1);
  Subscription second = bus.subscribe();
  publish(1);
  EXPECT_THAT(messages(first.take()), ElementsAre("2", "3"));
  EXPECT_THAT(messages(second.take()), ElementsAre("3"));
  EXPECT_THAT(messages(first.take()), IsEmpty());
}

TEST_F(EventBusTest, KeepsAllFieldsAndAddsNumberAndTime) {
  Subscription reader = bus.subscribe();
  bus.publish({.type = EventType::workflow_failed,
               .severity = EventSeverity::error,
               .source = "engine-1",
               .run = "demo/build#12",
               .pipeline = "build",
               .engine = "1",
               .message = "tests failed",
               .data = R"({"exit":1})"});
  const Event event = reader.take().events.at(0);
  EXPECT_EQ(name_of(event.type), "workflow_failed");
  EXPECT_EQ(name_of(event.severity), "error");
  EXPECT_EQ(event.source + event.run + event.pipeline + event.engine,
            "engine-1demo/build#12build1");
  EXPECT_EQ(event.message, "tests failed");
  EXPECT_EQ(event.data, R"({"exit":1})");
  EXPECT_EQ(event.number, 1U);
  EXPECT_EQ(event.time, clock.wall);
}

TEST_F(EventBusTest, DropsTheOldestOfASubscriberThatDoesNotRead) {
  Subscription stuck = bus.subscribe();
  Subscription reading = bus.subscribe();
  for (int i = 0; i < 250; ++i) {
    publish(1);
    EXPECT_THAT(reading.take().events, SizeIs(1));
  }
  EXPECT_EQ(stuck.dropped(), 150U);
  EXPECT_EQ(reading.dropped(), 0U);
  const EventBatch batch = stuck.take();
  EXPECT_THAT(batch.events, SizeIs(100));
  EXPECT_EQ(batch.events.front().message, "151");
  EXPECT_EQ(batch.dropped, 150U);
  publish(1);
  EXPECT_EQ(stuck.take().dropped, 0U) << "told once";
  EXPECT_EQ(stuck.dropped(), 150U);
}

TEST_F(EventBusTest, CountsWhatAllSubscribersLostAlsoThoseThatLeft) {
  Subscription stays = bus.subscribe();
  {
    const Subscription leaves = bus.subscribe();
    publish(110);
    EXPECT_EQ(bus.counters().subscribers, 2U);
    EXPECT_EQ(bus.counters().dropped, 20U);
  }
  EXPECT_EQ(bus.counters().subscribers, 1U);
  EXPECT_EQ(bus.counters().dropped, 20U);
  EXPECT_EQ(bus.counters().published, 110U);
}

TEST_F(EventBusTest, TakesInPortionsWithoutLoss) {
  Subscription reader = bus.subscribe();
  publish(5);
  EXPECT_THAT(messages(reader.take(2)), ElementsAre("1", "2"));
  EXPECT_THAT(messages(reader.take(2)), ElementsAre("3", "4"));
  EXPECT_THAT(messages(reader.take(2)), ElementsAre("5"));
}

TEST_F(EventBusTest, KeepsTheLastThousandForReadersWithACursor) {
  EXPECT_THAT(bus.after(0, 10).events, IsEmpty());
  publish(3);
  EventBatch batch = bus.after(0, 2);
  EXPECT_THAT(messages(batch), ElementsAre("1", "2"));
  batch = bus.after(batch.cursor, 2);
  EXPECT_THAT(messages(batch), ElementsAre("3"));
  EXPECT_EQ(batch.dropped, 0U);

  publish(1001);
  const EventBatch late = bus.after(batch.cursor, SIZE_MAX);
  EXPECT_THAT(late.events, SizeIs(1000));
  EXPECT_EQ(late.dropped, 1U);
  EXPECT_EQ(late.events.front().number, 5U);
  EXPECT_EQ(late.cursor, 1004U);
  EXPECT_THAT(bus.after(late.cursor, SIZE_MAX).events, IsEmpty());
  EXPECT_EQ(bus.after(9999, SIZE_MAX).cursor, 1004U) << "a cursor of a bus that was before";
}

TEST_F(EventBusTest, WakesOnceUntilEverythingIsTaken) {
  int wakes = 0;
  Subscription reader = bus.subscribe([&] { ++wakes; });
  EXPECT_EQ(wakes, 0);
  publish(3);
  EXPECT_EQ(wakes, 1);
  reader.take(1);
  publish(1);
  EXPECT_EQ(wakes, 1) << "not all was taken";
  reader.take();
  publish(2);
  EXPECT_EQ(wakes, 2);
}

TEST_F(EventBusTest, WakesOutsideOfItsLocks) {
  std::optional<Subscription> reader;
  std::vector<std::string> seen;
  reader = bus.subscribe([&] {
    for (const std::string& text : messages(reader->take())) seen.push_back(text);
    if (seen.size() == 1) bus.publish({.message = "from the wake"});
  });
  publish(1);
  EXPECT_THAT(seen, ElementsAre("1", "from the wake"));
}

TEST_F(EventBusTest, CutsWhatIsTooLong) {
  Subscription reader = bus.subscribe();
  bus.publish({.message = std::string(kMessageBytesMax - 1, 'x') + "\u00e9",
               .data = "\"" + std::string(kDataBytesMax, 'y') + "\""});
  const Event event = reader.take().events.at(0);
  EXPECT_EQ(event.message, std::string(kMessageBytesMax - 1, 'x')) << "no half of a character";
  EXPECT_EQ(event.data, "{\"omitted_bytes\":4098}");
}

TEST_F(EventBusTest, MovedSubscriptionsReadOn) {
  Subscription first = bus.subscribe();
  publish(1);
  Subscription second = std::move(first);
  EXPECT_THAT(second.take().events, SizeIs(1));
  second = bus.subscribe();
  EXPECT_EQ(bus.counters().subscribers, 1U);
  publish(1);
  EXPECT_THAT(messages(second.take()), ElementsAre("2"));
}

// For ThreadSanitizer, and for the counters: everything is either read or counted.
TEST(EventBusThreads, LoseNothingUncounted) {
  constexpr int kPublishers = 4;
  constexpr int kEvents = 2000;
  SystemClock clock;
  EventBus bus(clock);
  std::atomic<int> wakes = 0;
  std::atomic<bool> over = false;
  std::uint64_t seen = 0;
  std::uint64_t out_of_order = 0;
  Subscription reader = bus.subscribe([&] { ++wakes; });
  Subscription stuck = bus.subscribe();

  auto read = [&, last = std::uint64_t{0}]() mutable {
    const EventBatch batch = reader.take();
    seen += batch.events.size();
    for (const Event& event : batch.events)
      out_of_order += std::exchange(last, event.number) >= event.number;
  };
  std::thread reads([&] {
    while (!over) read();
    read();
  });
  std::thread comes_and_goes([&] {
    while (!over) {
      int woken = 0;  // must not be touched after the subscription has ended
      const Subscription brief = bus.subscribe([&woken] { ++woken; });
      bus.after(0, 10);
      bus.counters();
    }
  });
  std::vector<std::thread> publishers;
  for (int i = 0; i < kPublishers; ++i)
    publishers.emplace_back([&] {
      for (int event = 0; event < kEvents; ++event) bus.publish({.message = "x"});
    });
  for (std::thread& publisher : publishers) publisher.join();
  over = true;
  reads.join();
  comes_and_goes.join();

  EXPECT_EQ(seen + reader.dropped(), kPublishers * kEvents);
  EXPECT_EQ(out_of_order, 0U);
  EXPECT_EQ(stuck.dropped(), kPublishers * kEvents - 100U);
  EXPECT_GE(wakes.load(), 1);
  EXPECT_EQ(bus.counters().published, static_cast<std::uint64_t>(kPublishers * kEvents));
}

}  // namespace event_bus_test
}  // namespace melisai::supervise

#include <random>

#include "core/base/fd.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::HasSubstr;

constexpr int kKills = 20;
constexpr int kSeries = 30;

Pair numbered_pair(int index) {
  std::map<SeriesId, Values> values;
  for (int i = 0; i < kSeries; ++i)
    values[{"suite/" + std::to_string(i), "wall_time"}] = {index + 0.25, index + 0.5};
  return measured(index, values);
}

/// Adds pairs until it is killed, and says after each that it is done.
int add_pairs_forever(const std::string& state_dir, const RunStart& start, int acknowledge) {
  auto store = Store::open_writer(state_dir, {.command = "writer"}, at(kNow));
  if (!store) return 1;
  const auto run = store->begin_run(start);
  if (!run) return 2;
  for (int index = 1;; ++index) {
    if (!store->add_pair(*run, "suite", numbered_pair(index))) return 3;
    if (write(acknowledge, &index, sizeof index) != sizeof index) return 4;
  }
}

struct Moment {
  int pairs = 0;         // that it said were done,
  int microseconds = 0;  // and how much longer it works on
};

/// Kills it; the last pair that it said was done.
int killed_at(const Moment& moment, pid_t pid, int acknowledged) {
  int last = 0;
  while (last < moment.pairs && read(acknowledged, &last, sizeof last) == sizeof last) continue;
  usleep(static_cast<useconds_t>(moment.microseconds));
  kill(pid, SIGKILL);
  int index = 0;
  while (read(acknowledged, &index, sizeof index) == sizeof index) last = index;
  return last;
}

class KilledWriter : public StoreTest {};

TEST_F(KilledWriter, LosesNoPairThatItFinished) {
  std::mt19937 random(20261121);
  std::size_t runs = 0;  // at least; begun ones may have no pair
  for (int kill_number = 1; kill_number <= kKills; ++kill_number) {
    Pipe pipe = *Pipe::make();
    const pid_t pid =
        start_child([&] { return add_pairs_forever(state_dir, start(), pipe.write_end.get()); });
    pipe.write_end.reset();
    const Moment moment{// before the first pair: while it opens the store or begins its run
                        .pairs = std::uniform_int_distribution<int>(0, 40)(random),
                        .microseconds = std::uniform_int_distribution<int>(0, 3'000)(random)};
    const int last = killed_at(moment, pid, pipe.read_end.get());
    ASSERT_EQ(wait_for(pid), -SIGKILL);
    ASSERT_GE(last, moment.pairs);
    const Store store = writer();
    if (last == 0) continue;
    ++runs;

    const RunId run = *store.newest_run();
    const auto pairs = pairs_of(store, run);
    const int stored = store.run(run)->summary.pairs;
    ASSERT_EQ(pairs.size(), static_cast<std::size_t>(stored) * kSeries) << "half a pair";
    EXPECT_GE(stored, last);
    EXPECT_LE(stored, last + 1);  // one may be done and not said
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      ASSERT_EQ(pairs[i].index, static_cast<int>(i / kSeries) + 1);
      ASSERT_EQ(pairs[i].head, pairs[i].index + 0.5);
    }
  }
  const Store store = writer();
  for (const RunSummary& run : *store.runs({})) {
    EXPECT_EQ(run.state, RunState::abandoned);
    EXPECT_FALSE(run.verdict);
    EXPECT_THAT(run.reason, HasSubstr("its process ended before the run did"));
  }
  EXPECT_GE(store.runs({})->size(), runs);
}

TEST_F(KilledWriter, LeavesFinishedRunsAsTheyAre) {
  {
    Store store = writer();
    finished(store, fixtures::pass_report(), green());
    begin(store);
  }
  Store store = writer();
  EXPECT_EQ(store.run(1)->summary.state, RunState::finished);
  const auto abandoned = store.run(2);
  ASSERT_TRUE(abandoned) << abandoned.error().message;
  EXPECT_EQ(abandoned->summary.state, RunState::abandoned);
  EXPECT_FALSE(abandoned->report);
  EXPECT_FALSE(store.finish_run(2, fixtures::pass_report(), green()));
}

TEST_F(KilledWriter, LeavesWhatAReaderCanReadBeforeAnybodyCleansUp) {
  Pipe pipe = *Pipe::make();
  const pid_t pid =
      start_child([&] { return add_pairs_forever(state_dir, start(), pipe.write_end.get()); });
  pipe.write_end.reset();
  const int last = killed_at({.pairs = 10}, pid, pipe.read_end.get());
  ASSERT_EQ(wait_for(pid), -SIGKILL);
  const Store store = reader();
  EXPECT_EQ(store.run(1)->summary.state, RunState::abandoned) << "its process is gone";
  EXPECT_GE(pairs_of(store, 1).size(), static_cast<std::size_t>(last) * kSeries);
}

/// One look at everything: the first error, or what does not fit together.
Result<void> look(const std::string& state_dir) {
  MELISAI_TRY(const auto store, Store::open_reader(state_dir));
  if (!store) return {};
  MELISAI_TRY(const auto runs, store->runs({}));
  for (const RunSummary& run : runs) {
    std::size_t values = 0;
    MELISAI_CHECK(store->for_each_pair(run.id, [&](const StoredPair&) -> Result<void> {
      ++values;
      return {};
    }));
    if (values % kSeries != 0 || values < static_cast<std::size_t>(run.pairs) * kSeries)
      return Error{Errc::internal, "a pair is missing or not whole"};
    MELISAI_CHECK(store->run(run.id));
  }
  return {};
}

/// Again and again until the other end of `stop` is closed; 0 when nothing ever failed.
int look_until(const std::string& state_dir, int stop) {
  fcntl(stop, F_SETFL, O_NONBLOCK);
  char byte = 0;
  while (read(stop, &byte, 1) != 0) {
    const auto looked = look(state_dir);
    if (looked) continue;
    std::fprintf(stderr, "reader: %s\n", looked.error().message.c_str());
    return 1;
  }
  return 0;
}

TEST_F(KilledWriter, DisturbsNoReader) {
  std::vector<pid_t> readers;
  Pipe stop = *Pipe::make();
  for (int i = 0; i < 2; ++i)
    readers.push_back(start_child([&] {
      stop.write_end.reset();
      return look_until(state_dir, stop.read_end.get());
    }));
  for (int kill_number = 1; kill_number <= 5; ++kill_number) {
    Pipe pipe = *Pipe::make();
    const pid_t pid =
        start_child([&] { return add_pairs_forever(state_dir, start(), pipe.write_end.get()); });
    pipe.write_end.reset();
    EXPECT_GE(killed_at({.pairs = 100}, pid, pipe.read_end.get()), 100);
    EXPECT_EQ(wait_for(pid), -SIGKILL);
  }
  for (int i = 0; i < 20; ++i) writer();  // the last one to leave removes the -wal
  stop.write_end.reset();
  for (const pid_t pid : readers) EXPECT_EQ(wait_for(pid), 0);
}

}  // namespace
}  // namespace melisai::store
